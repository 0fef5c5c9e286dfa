import assert from "node:assert/strict";
import type { Properties } from "../../providers/pulumi/definition";
import { oracleKey } from "../../providers/host/simulated/observe";
import { dwordOf } from "../../providers/host/simulated/registry";
import {
  listKeyOf,
  policyOf,
  policyOver,
  type PolicyName,
} from "../../providers/model/policies";
import { assertHolds, lacking, mayBeDenied } from "./checks";
import type { Declared } from "./declared";
import type { Place } from "./place";
import type { Sabotage } from "./sabotage";
import { domainIn, keysIn, roleIn, seemsSaid, stores } from "./site";

type Failure = Error & { readonly properties?: Properties };

const failureOf = <T>(work: Promise<T>): Promise<T | Failure> =>
  work.catch((error: unknown) => error as Failure);

/** What Pulumi does with one resource, and what has to be so afterwards. */
export class Operations {
  constructor(private readonly sabotage: Sabotage) {}

  /** Whether it went well: else the up of its stack is over. */
  async up(
    it: Declared,
    place: Place,
    rename: boolean,
    refresh: boolean,
  ): Promise<boolean> {
    const { site, oracle } = place;
    assert.ok(it.wish);
    // Half destroyed and then claimed again, somebody else's instance would count as ours.
    if (it.isHalfGone && this.isBesideOthers(it)) {
      if (!(await this.destroy(it, place))) return false;
    }
    if (refresh && !(await this.refresh(it))) return false;
    const before = new Set(it.attempted.keys());
    await it.declare(it.wish, rename);
    const allowed = this.reasonsAgainst(it, place);
    const tell = oracle.beforeUp(it);
    const wasSteady = it.isSteady;
    const done = await failureOf(it.converge());
    this.followService(it);
    if (done instanceof Error) {
      tell(false);
      it.isSteady = false;
      this.fail(it, done, before, allowed);
      this.lookAround(it, place, false);
      return false;
    }
    // Nobody has looked: what Pulumi's state says need not be so.
    if (!done && !refresh) {
      it.isSteady = wasSteady;
      return true;
    }
    it.finish();
    it.isSteady = true;
    tell(done);
    assert.equal(lacking(it, "now"), null);
    // What somebody took out of the policy file only is no drift that a refresh sees.
    // Where local policy is off, a pass takes away what an earlier one had brought.
    const isLocalOff = site.here.computer.edition === "Core";
    const { role } = it.definition;
    const isVague = [it.policy, role && policyOver(role)].some(
      (policy) => policy !== null && seemsSaid(site.here, policy),
    );
    if (done && !isLocalOff && !isVague) {
      assert.equal(lacking(it, "after a pass"), null);
    }
    assertHolds(it);
    await it.refresh();
    assert.ok(it.outputs !== null, `${it.name} is gone after its up`);
    assert.equal(await it.differs(), false, `${it.name} differs after its up`);
    if (done) await this.assertFinished(it, it.outputs, oracle.mayOwe);
    this.lookAround(it, place, true);
    place.assertPromises();
    return true;
  }

  /** A failed up: Pulumi keeps what it is told, and there must have been a reason. */
  private fail(
    it: Declared,
    failure: Failure,
    before: ReadonlySet<string>,
    allowed: readonly string[],
  ): void {
    const { broke } = this.sabotage;
    if (broke === "killed") it.isBroken = true;
    else if (failure.properties) {
      it.keep(failure.properties);
      it.isHalfDone = true;
    } else if (broke === null) it.retract(before);
    const isExpected =
      broke !== null || allowed.some((code) => failure.message.includes(code));
    assert.ok(isExpected, failure.message);
  }

  /** The same update once more writes nothing and gives the same. */
  private async assertFinished(
    it: Declared,
    outputs: Properties,
    mayOwe: boolean,
  ): Promise<void> {
    const { written } = this.sabotage;
    await it.converge(true);
    assert.ok(
      this.sabotage.written === written || mayOwe,
      `a second up of ${it.name} on ${it.site.host} still has something to do`,
    );
    // Warnings tell of others' entries too, which a refresh does not look at.
    const warnings = it.outputs?.["warnings"];
    assert.deepEqual(it.outputs, { ...outputs, warnings });
  }

  /** Whether it went well. */
  async destroy(it: Declared, place: Place): Promise<boolean> {
    return this.leave(it, place, () => it.destroy());
  }

  /** What `pulumi-credssp ledger release` does for the owners of it that no state knows. */
  async release(it: Declared, place: Place): Promise<boolean> {
    return this.leave(it, place, () => it.release(), true);
  }

  private async leave(
    it: Declared,
    place: Place,
    work: () => Promise<void>,
    isRelease = false,
  ): Promise<boolean> {
    if (!it.isKnown) return true;
    it.recall();
    const before = it.site.here;
    const wasExclusive = it.isExclusive;
    const allowed = this.reasonsAgainst(it, place);
    const failure = await failureOf(work());
    const isFinished = !(failure instanceof Error);
    const { broke } = this.sabotage;
    if (!isFinished) {
      it.isSteady = false;
      it.isHalfGone ||= broke !== null;
      const isExpected =
        broke !== null ||
        allowed.some((code) => failure.message.includes(code));
      assert.ok(isExpected, failure.message);
    }
    this.followService(it);
    // What a lost owner had been allowed, its program may say otherwise by now.
    const isKnown = isFinished && !isRelease;
    place.oracle.afterDestroy(it, before, isKnown, wasExclusive);
    this.lookAround(it, place, isFinished);
    place.assertPromises();
    return isFinished;
  }

  /** Whether the host answered. */
  async refresh(it: Declared): Promise<boolean> {
    const failure = await failureOf(it.refresh());
    if (!(failure instanceof Error)) return true;
    const isSilent = it.site.here.faults.unreachable === true;
    assert.ok(isSilent || this.sabotage.broke !== null, failure.message);
    return false;
  }

  /** No stack sees another's work as drift. */
  async assertUndisturbed(place: Place): Promise<void> {
    const { site } = place;
    if (site.here.faults.unreachable === true) return;
    for (const it of site.resources) {
      if (!it.isSteady) continue;
      await it.refresh();
      assert.ok(it.outputs !== null, `${it.name} is gone from ${site.host}`);
      assert.equal(lacking(it, "now"), null);
      assert.equal(
        await it.differs(),
        false,
        `${it.name} was disturbed on ${site.host}`,
      );
    }
  }

  /** The codes of refusals for which there is a reason. */
  private reasonsAgainst(it: Declared, place: Place): readonly string[] {
    const { here } = it.site;
    const { role } = it.definition;
    const isSaid = (policy: PolicyName | null): boolean =>
      policy !== null &&
      (domainIn(here, policy).length > 0 || seemsSaid(here, policy));
    const reasons: readonly (readonly [string, boolean])[] = [
      ["CREDSSP206", here.faults.unreachable === true],
      [
        "CREDSSP210",
        here.winrm.status !== "Running" &&
          !it.allows("startService") &&
          (role !== null || place.oracle.mayOwe),
      ],
      [
        "CREDSSP301",
        role !== null && (!roleIn(here, role).on || isSaid(policyOver(role))),
      ],
      ["CREDSSP302", place.oracle.neverApplies],
      ["CREDSSP303", here.computer.edition === "Core"],
      ["CREDSSP312", isSaid(it.policy)],
      ["CREDSSP313", isSaid(it.policy)],
      [
        "CREDSSP314",
        mayBeDenied(it) ||
          (it.policy !== null && isSaid(policyOf(it.policy).deniedBy ?? null)),
      ],
      // An owner that no state knows has its opinions until it is released.
      ["CREDSSP304", this.contradicts(it) || it.lostOwners().length > 0],
      [
        "CREDSSP305",
        dwordOf(here.hklm, oracleKey, "AllowEncryptionOracle") === 2 &&
          !it.allows("acceptVulnerableOracle"),
      ],
    ];
    return reasons.flatMap(([code, holds]) => (holds ? [code] : []));
  }

  /** Another resource of ours says the opposite, or did when it was last written. */
  private contradicts(it: Declared): boolean {
    const { policy } = it;
    if (policy === null) return false;
    const enabled = (one: Declared): boolean =>
      one.kind === "client" || one.enabled;
    return it.site
      .on(policy)
      .some(
        (one) =>
          one !== it &&
          (!one.isSteady ||
            one.isUncertain ||
            enabled(one) !== enabled(it) ||
            (one.concatenate !== null &&
              it.concatenate !== null &&
              one.concatenate !== it.concatenate)),
      );
  }

  private isBesideOthers({ policy, site, entries }: Declared): boolean {
    if (policy === null) return false;
    const theirs = stores.flatMap((store) =>
      keysIn(site.theirs, store, policy),
    );
    return entries.some((key) => theirs.includes(key));
  }

  /** A service that we may start keeps running. */
  private followService(it: Declared): void {
    if (!it.allows("startService")) return;
    const { status, startType } = it.site.here.winrm;
    it.site.editTheirs((state) => ({
      ...state,
      winrm: { ...state.winrm, status, startType },
    }));
  }

  /**
   * What a resource of ours may do to another of ours: rule its role, put a Deny entry of somebody
   * else's in force, or leave an entry of somebody else's that is no longer ours, too, in a list that
   * is to be ours alone.
   */
  private lookAround(it: Declared, { site }: Place, isFinished: boolean): void {
    const isRule = it.policy !== null && listKeyOf(it.policy) === null;
    for (const one of site.resources) {
      if (one === it || !one.isSteady) continue;
      const denies =
        it.policy !== null &&
        one.policy !== null &&
        policyOf(one.policy).deniedBy === it.policy;
      const mayDrift =
        denies || one.isExclusive || (isRule && one.definition.role !== null);
      if (!mayDrift) continue;
      // What only the ledger knows may be an entry of somebody else's by now.
      const isVague =
        one.policy !== null &&
        site.on(one.policy).some((ours) => ours.mayHoldMore);
      one.isSteady = isFinished && !isVague && lacking(one, "now") === null;
    }
  }
}
