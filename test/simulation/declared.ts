import assert from "node:assert/strict";
import { credsspClient } from "../../providers/credsspClient";
import { credsspServer } from "../../providers/credsspServer";
import { delegationPolicy } from "../../providers/delegationPolicy";
import { spnKey } from "../../providers/model/delegates";
import { listKeyOf, type PolicyName } from "../../providers/model/policies";
import type { Definition, Properties } from "../../providers/pulumi/definition";
import type { Provider } from "../../providers/pulumi/provider";
import type { Wish } from "./actions";
import type { Slot } from "./arbitraries";
import type { Site } from "./site";

/** The kinds of resources. */
export const definitions = {
  client: credsspClient,
  policy: delegationPolicy,
  server: credsspServer,
} as const satisfies Record<Slot["kind"], Definition>;

/** What Pulumi's state and the program hold of one resource. */
export class Declared {
  readonly definition: Definition;
  /** The policy it is about; null for a server. */
  readonly policy: PolicyName | null;
  /** What the program says: null when it does not have the resource (any more). */
  wish: Wish | null = null;
  outputs: Properties | null = null;
  /** Pulumi keeps it as "initialised with errors", and updates it whatever diff says. */
  isHalfDone = false;
  /** Its last operation was killed, or an update of it failed. */
  isBroken = false;
  /** Its delete failed. */
  isHalfGone = false;
  /** A finished up, and nobody has touched what it declares since. */
  isSteady = false;
  /** The owners that the host's ledger may hold for it. */
  readonly attempted = new Map<string, Properties>();
  /** The entries it may have on the host: all that were declared since it was last steady. */
  private held = new Set<string>();
  /** Whether it has been exclusive since it was last steady. */
  private wasExclusive = false;
  private inputs: Properties = {};
  /** The owners that its last update knew nothing of. */
  private unknown: readonly string[] = [];
  private renames = 0;

  constructor(
    /** Like `stack-0/client-2`. */
    readonly name: string,
    readonly kind: Slot["kind"],
    readonly site: Site,
    policy: PolicyName,
    private readonly provider: Provider,
  ) {
    this.definition = definitions[kind];
    this.policy =
      kind === "server"
        ? null
        : kind === "client"
          ? "AllowFreshCredentials"
          : policy;
  }

  /** Whether the state, or the host, may know it. */
  get isKnown(): boolean {
    return this.outputs !== null || this.attempted.size > 0;
  }

  /** Only the ledger knows what it holds. */
  get isUncertain(): boolean {
    return (
      this.isHalfDone ||
      this.isBroken ||
      this.isHalfGone ||
      this.lostOwners().length > 0
    );
  }

  /** Whether it allows; a resource without a policy has nothing to say. */
  get enabled(): boolean {
    return this.inputs["enabled"] === true;
  }

  get concatenate(): boolean | null {
    return (this.inputs["concatenateDefaults"] ?? null) as boolean | null;
  }

  /** Whether its program wants the list for itself. */
  get wantsAlone(): boolean {
    return this.inputs["exclusive"] === true;
  }

  /** Whether it wants its list for itself, or may still on the host. */
  get isExclusive(): boolean {
    const attempted = [...this.attempted.values()];
    return (
      this.wasExclusive ||
      (this.outputs !== null && this.wantsAlone) ||
      attempted.some((inputs) => inputs["exclusive"] === true)
    );
  }

  /** What its inputs allow beside what they declare. */
  allows(
    what:
      | "adopt"
      | "acceptVulnerableOracle"
      | "startService"
      | "allowBroadDelegation",
  ): boolean {
    return this.inputs[what] === true;
  }

  /** Its declared entries, as they compare. */
  get entries(): readonly string[] {
    return this.entriesOf(this.inputs);
  }

  /** Every entry it may have on the host. */
  mayHold(key: string): boolean {
    return this.held.has(key) || this.entries.includes(key);
  }

  /** Whether it may have entries on the host that it no longer declares. */
  get mayHoldMore(): boolean {
    const isGone = this.outputs === null;
    return [...this.held].some((key) => isGone || !this.entries.includes(key));
  }

  get owner(): string {
    return String(this.inputs["owner"]);
  }

  /** The owners in the ledger that its state does not know: a killed create that left the program, a killed rename. */
  lostOwners(): readonly string[] {
    const { owner, formerOwners = [] } = (this.outputs ?? {}) as {
      readonly owner?: string;
      readonly formerOwners?: readonly string[];
    };
    return [...this.attempted.keys()].filter(
      (one) => one !== owner && !formerOwners.includes(one),
    );
  }

  /** The names under which the host's ledger may know it. */
  owners(): readonly string[] {
    const { owner, formerOwners = [] } = (this.outputs ?? {}) as {
      readonly owner?: string;
      readonly formerOwners?: readonly string[];
    };
    return [
      ...this.attempted.keys(),
      ...(owner === undefined ? [] : [owner]),
      ...formerOwners,
    ];
  }

  /** What the program says now, checked. */
  async declare(wish: Wish, rename: boolean): Promise<void> {
    if (rename) this.renames++;
    this.wish = wish;
    const checked = await this.provider.check(this.outputs ?? {}, {
      host: this.site.host,
      connection: { transport: "simulated" },
      ...this.own(wish),
      owner: `org/urn:pulumi:dev::p::${this.kind}::${this.name}-${this.renames}`,
    });
    assert.deepEqual(checked.failures ?? [], [], this.name);
    this.holdMore();
    this.inputs = { ...(checked.inputs as Properties), __provider: "handle" };
  }

  /** What was declared until now may be on the host, whatever is declared next. */
  private holdMore(): void {
    for (const key of this.entries) this.held.add(key);
    this.wasExclusive ||= this.inputs["exclusive"] === true;
  }

  /** What its kind takes of a wish. */
  private own(wish: Wish): Properties {
    const common = {
      adopt: wish.adopt,
      acceptVulnerableOracle: wish.vulnerable,
    };
    // Only a prohibition makes sense without targets.
    const isList = this.policy !== null && listKeyOf(this.policy) !== null;
    const mayBeEmpty = this.kind === "policy" && !wish.enabled;
    const targets =
      wish.targets.length > 0 || mayBeEmpty ? wish.targets : ["a.do.local"];
    if (this.kind === "server") return { ...common, startService: wish.starts };
    if (this.kind === "client") {
      return {
        ...common,
        startService: wish.starts,
        delegateComputers: targets,
      };
    }
    return {
      ...common,
      policy: this.policy,
      enabled: wish.enabled,
      ...(isList && {
        targets: targets.map((name) => `WSMAN/${name}`),
        exclusive: wish.exclusive,
        allowBroadDelegation: wish.broad,
        ...(wish.concatenate !== null && {
          concatenateDefaults: wish.concatenate,
        }),
      }),
    };
  }

  /** Whether anything was done: what `pulumi up` does once the program has said what it wants. */
  async converge(force = false): Promise<boolean> {
    const { outputs, inputs } = this;
    this.unknown = this.lostOwners().filter((one) => one !== this.owner);
    if (
      outputs !== null &&
      !force &&
      !this.isHalfDone &&
      !(await this.differs())
    ) {
      return false;
    }
    this.attempted.set(this.owner, this.withEarlier(inputs));
    const done =
      outputs === null
        ? await this.provider.create(inputs)
        : await this.provider.update("id", outputs, inputs);
    this.keep(done.outs);
    return true;
  }

  /** What was asked for under this owner before, and did not finish, may be on the host as well. */
  private withEarlier(inputs: Properties): Properties {
    const earlier = this.attempted.get(this.owner);
    const { list } = this.definition;
    if (earlier === undefined || !list) return inputs;
    const entries = [earlier, inputs].flatMap(
      (one) => (one[list.property] ?? []) as readonly string[],
    );
    const exclusive = [earlier, inputs].some(
      (one) => one["exclusive"] === true,
    );
    return {
      ...inputs,
      [list.property]: [...new Set(entries)],
      ...(exclusive && { exclusive }),
    };
  }

  /** Whether a preview shows an update. */
  async differs(): Promise<boolean> {
    const diff = await this.provider.diff(
      "id",
      this.outputs ?? {},
      this.inputs,
    );
    assert.deepEqual(diff.replaces, []);
    return diff.changes === true;
  }

  async refresh(): Promise<void> {
    if (this.outputs === null) return;
    const read = await this.provider.read("id", this.outputs);
    if (read.id === "") this.outputs = null;
    else this.keep(read.props);
  }

  /** A destroy knows what stands in Pulumi's state, and nothing of what the program has said since. */
  recall(): void {
    if (this.outputs === null) return;
    this.holdMore();
    this.inputs = this.outputs;
  }

  async destroy(): Promise<void> {
    if (this.outputs === null) return;
    await this.provider.delete("id", this.outputs);
    const lost = this.lostOwners();
    this.outputs = null;
    this.forget(lost);
  }

  /** What `pulumi-credssp ledger release` does for owners that no state knows. */
  async release(): Promise<void> {
    for (const owner of this.lostOwners()) {
      const inputs = this.attempted.get(owner);
      if (inputs) {
        this.inputs = inputs;
        await this.provider.delete("id", inputs);
      }
      this.attempted.delete(owner);
    }
  }

  /** An up of it is finished: no owner but this one, and those that are lost, is known to the host. */
  finish(): void {
    this.forget(this.unknown);
    this.attempted.set(this.owner, this.inputs);
  }

  /** Nothing of a failed operation came to the host. */
  retract(before: ReadonlySet<string>): void {
    for (const owner of [...this.attempted.keys()]) {
      if (!before.has(owner)) this.attempted.delete(owner);
    }
  }

  private forget(lost: readonly string[]): void {
    for (const owner of [...this.attempted.keys()]) {
      if (!lost.includes(owner)) this.attempted.delete(owner);
    }
    this.held = new Set(
      [...this.attempted.values()].flatMap((inputs) => this.entriesOf(inputs)),
    );
    this.wasExclusive = [...this.attempted.values()].some(
      (inputs) => inputs["exclusive"] === true,
    );
    this.isHalfDone = this.isBroken = this.isHalfGone = this.isSteady = false;
  }

  /** Pulumi's state is plain JSON, and so must be what it is given. */
  keep(outs: unknown): void {
    assert.deepEqual(outs, JSON.parse(JSON.stringify(outs)));
    this.outputs = outs as Properties;
  }

  private entriesOf(inputs: Properties): readonly string[] {
    const { list } = this.definition;
    const entries = list && inputs[list.property];
    return ((entries ?? []) as readonly string[]).map((entry) =>
      spnKey(list?.spn(entry) ?? entry),
    );
  }
}
