import {
  domainSets,
  putList,
  ruleFlag,
  switchFlag,
} from "../../providers/host/simulated/hands";
import { factsOf, oracleKey } from "../../providers/host/simulated/observe";
import { policyPass } from "../../providers/host/simulated/policyPass";
import { readList } from "../../providers/host/simulated/lists";
import { removeValue, setValue } from "../../providers/host/simulated/registry";
import type { HostState } from "../../providers/host/simulated/state";
import { spnKey } from "../../providers/model/delegates";
import type { ListValue, PolicyState, Role } from "../../providers/model/facts";
import { hostLedger } from "../../providers/model/ledger";
import {
  listKeyOf,
  policyOver,
  type PolicyName,
} from "../../providers/model/policies";
import { holds, isUnset } from "../../providers/model/policyFacts";
import type { Hand, Way } from "./actions";
import type { Oracle } from "./oracle";
import {
  countIn,
  domainIn,
  dwords,
  keysIn,
  policyIn,
  roleIn,
  stores,
  wouldBe,
  type Site,
} from "./site";

/**
 * Others at work on a site. Where a deed of theirs cannot
 * be told from ours, it is left undone: each such place says why.
 */
export class Hands {
  constructor(
    private readonly site: Site,
    private readonly oracle: Oracle,
  ) {}

  /** Everything but a lost ledger, after which our stacks have to act. */
  act(one: Exclude<Hand, { what: "ledger is lost" }>): void {
    const { site, oracle } = this;
    switch (one.what) {
      case "policy pass":
        if (!this.wouldUndo()) site.everywhere(policyPass);
        return;
      case "somebody adds":
        return this.add(this.policy(one.policy), one.data, one.by);
      case "somebody revokes":
        return this.revoke(this.policy(one.policy), one.data, one.by);
      case "somebody switches":
        return this.switch(one.role, one.on);
      case "somebody rules":
        return this.rule(one.role, one.value);
      case "somebody sets":
        return this.set(this.policy(one.policy), one.which, one.value);
      case "the domain sets":
        return this.domain(this.policy(one.policy), one.setting);
      case "policy never applies":
        oracle.neverApplies = one.on;
        oracle.wasPending = true;
        return this.fault({ policyNeverApplies: one.on });
      case "the host is silent":
        return this.fault({ unreachable: one.on });
      case "local policy is off":
        oracle.wasPending = true;
        return site.everywhere((state) => ({
          ...state,
          computer: {
            ...state.computer,
            edition: one.on ? "Core" : "ServerStandard",
          },
        }));
      case "the oracle is vulnerable":
        return site.everywhere((state) => ({
          ...state,
          hklm: one.on
            ? setValue(state.hklm, oracleKey, "AllowEncryptionOracle", 2)
            : removeValue(state.hklm, oracleKey, "AllowEncryptionOracle"),
        }));
      case "WinRM stops":
        return site.everywhere((state) => ({
          ...state,
          winrm: {
            ...state.winrm,
            status: one.how === "running" ? "Running" : "Stopped",
            startType: one.how === "disabled" ? "Disabled" : "Automatic",
          },
        }));
    }
  }

  /** The domain's administrator changes a policy object, and the host hears of it. */
  private domain(policy: PolicyName, setting: PolicyState | null): void {
    // Without RSoP, a domain that says what local policy says, ours or others', cannot be told from it.
    const isSilent = this.site.here.faults.rsopUnavailable === true;
    if (isSilent && !isUnset(policyIn(this.site.here, "local", policy))) return;
    // A Home edition is in no domain, and where no pass comes nobody hears of it.
    const isHome = this.site.here.computer.edition === "Core";
    if (this.wouldUndo() || this.oracle.neverApplies || isHome) return;
    const isList = listKeyOf(policy) !== null;
    // What `exclusive` took away comes back under a free number, out of the shadow of the domain's:
    // others alone would not have it live.
    const isAway =
      this.oracle.hasMoved(policy) ||
      this.site.on(policy).some((it) => it.isExclusive);
    const taken = policyIn(this.site.theirs, "local", policy).values;
    const isShadow = setting?.values.some(({ name, data }) =>
      taken.some((one) => one.name === name && one.data !== data),
    );
    if (isAway && isShadow === true) return;
    // Nor could anybody know of what it has away from HKLM alone, or is to have, that a domain emptied
    // the list, and went.
    const announced = hostLedger(factsOf(this.site.here))?.lists[policy];
    const isEmptied =
      setting?.clearsFirst === true &&
      policyIn(this.site.theirs, "live", policy).values.some(
        (value) =>
          (!holds(policyIn(this.site.here, "live", policy), value) ||
            holds({ values: announced?.removed?.values.live ?? [] }, value)) &&
          !taken.some(({ name }) => name === value.name),
      );
    if (isEmptied) return;
    const said: PolicyState | null =
      setting && !isList
        ? { switch: setting.switch, concatenate: null, values: [] }
        : setting;
    this.site.everywhere((state) =>
      policyPass(domainSets(state, "Server baseline", policy, said)),
    );
  }

  private policy(number: number): PolicyName {
    const { policies } = this.site;
    return policies[number % policies.length] ?? "AllowFreshCredentials";
  }

  private fault(faults: HostState["faults"]): void {
    this.site.everywhere((state) => ({
      ...state,
      faults: { ...state.faults, ...faults },
    }));
  }

  /** Somebody adds an entry under a free number: with the policy editor, or straight into HKLM. */
  add(policy: PolicyName, data: string, by: Way): void {
    if (listKeyOf(policy) === null) return;
    const { site, oracle } = this;
    const key = spnKey(data);
    if (by === "file") oracle.wasPending = true;
    const ours = site.on(policy);
    const isMissing = stores.some(
      (store) => countIn(site.here, store, policy, key) === 0,
    );
    // What somebody puts where ours is missing, or may be on its way, counts as ours.
    if (ours.some((it) => it.mayHold(key)) && isMissing) return;
    // What is taken over includes what comes before the next look.
    if (ours.some((it) => it.allows("adopt") && it.mayHold(key))) return;
    if (by === "editor" && this.wouldUndo()) return;
    const name = this.freeNumber(policy);
    site.everywhere((state) => {
      const added = (store: "local" | "live"): HostState =>
        putList(state, store, policy, {
          values: [...policyIn(state, store, policy).values, { name, data }],
        });
      if (by === "hklm") return added("live");
      return by === "file" ? added("local") : policyPass(added("local"));
    });
  }

  /**
   * A number that the last pass wrote is free only after the next, which takes it away, whoever has it by then;
   * and of one that our ledger has announced nobody could tell afterwards who had written it.
   */
  private freeNumber(policy: PolicyName): string {
    const taken = [this.site.here, this.site.theirs].flatMap((state) =>
      [
        ...stores.map((store) => policyIn(state, store, policy)),
        readList(state.applied, policy),
      ].flatMap(({ values }) => values.map(({ name }) => Number(name) || 0)),
    );
    const record = hostLedger(factsOf(this.site.here))?.lists[policy];
    const announced = Object.values(record?.entries ?? {}).flatMap(
      ({ written }) => written.map(Number),
    );
    taken.push(...announced);
    const free = [1, 2, 3, 4, 5, 6, 7, 8, 9].find((n) => !taken.includes(n));
    return String(free ?? Math.max(0, ...taken) + 1);
  }

  /** Somebody takes an SPN out, whoever had put it there. */
  private revoke(policy: PolicyName, data: string, by: Way): void {
    if (listKeyOf(policy) === null) return;
    const key = spnKey(data);
    if (by === "editor" && this.wouldUndo()) return;
    // What `exclusive` has taken away nobody can take out;
    const isAway = stores.some((store) =>
      policyIn(this.site.theirs, store, policy).values.some(
        (value) =>
          spnKey(value.data) === key &&
          !holds(policyIn(this.site.here, store, policy), value),
      ),
    );
    if (isAway) return;
    // and what it has put back is in HKLM before a pass has seen it: till then a pass does not take it away.
    const passed = readList(this.site.here.applied, policy).values;
    const isPassed = passed.some((value) => spnKey(value.data) === key);
    if (this.oracle.hasMoved(policy) && !isPassed) return;
    // Nor what it is just taking away: the ledger says so before the host does.
    const ours = this.site.on(policy);
    if (ours.some((it) => it.isExclusive && !it.isSteady)) return;
    this.site.everywhere((state) => {
      const removed = (store: "local" | "live"): HostState => {
        const { values } = policyIn(state, store, policy);
        const kept = values.filter((value) => spnKey(value.data) !== key);
        return kept.length === values.length
          ? state
          : putList(state, store, policy, { values: kept });
      };
      if (by === "hklm") return removed("live");
      return by === "file" ? removed("local") : policyPass(removed("local"));
    });
  }

  private switch(role: Role, on: boolean): void {
    const { site, oracle } = this;
    // Off and on again between two runs of ours changes nothing that can be seen.
    if ((site.wanting(role).length > 0 || oracle.mayOwe) && on) return;
    const flag = roleIn(site.here, role);
    if (flag.on === on || flag.source === "policy") return;
    site.everywhere((state) => switchFlag(state, role, on));
  }

  /** Somebody's script rules a role straight in HKLM, or no longer does. */
  private rule(role: Role, value: 0 | 1 | null): void {
    // The next pass would put ours back over it, unseen by us.
    if (this.site.on(policyOver(role)).length > 0) return;
    // What the last pass wrote, the next takes away, whoever has put something else there by then.
    const { applied } = this.site.here;
    if (readList(applied, policyOver(role)).switch !== null) return;
    this.site.everywhere((state) => ruleFlag(state, role, value));
  }

  /** Somebody sets a DWORD with the policy editor. */
  private set(
    policy: PolicyName,
    which: (typeof dwords)[number],
    value: number | null,
  ): void {
    if (listKeyOf(policy) === null && which === "concatenate") return;
    const ours = this.site.on(policy);
    const isSilent = this.site.here.faults.rsopUnavailable === true;
    if (isSilent && domainIn(this.site.here, policy).length > 0) return;
    // What we set ourselves, or are just about to, cannot be told from ours.
    if (ours.some((it) => !it.isSteady)) return;
    if (ours.length > 0 && which === "concatenate") {
      if (value === 1 || this.oracle.hasAdopted) return;
      if (ours.some((it) => it.concatenate === (value === 1))) return;
    }
    const declared = ours.some((it) => it.enabled) ? 1 : 0;
    if (ours.length > 0 && which === "switch" && value === declared) return;
    this.site.everywhere((state) =>
      policyPass(
        stores.reduce(
          (next, store) => putList(next, store, policy, { [which]: value }),
          state,
        ),
      ),
    );
  }

  /** A pass would put our DWORD back over what somebody else wrote into HKLM, unseen by us. */
  wouldUndo(): boolean {
    return this.site.policies.some((policy) => {
      const [ours, theirs, live] = [
        policyIn(this.site.here, "local", policy),
        policyIn(this.site.theirs, "local", policy),
        policyIn(this.site.here, "live", policy),
      ];
      return dwords.some(
        (which) => ours[which] !== theirs[which] && ours[which] !== live[which],
      );
    });
  }

  /** At the end nothing is wrong with the host any more. */
  mend(): void {
    this.oracle.neverApplies = false;
    this.site.everywhere((state) => ({
      ...state,
      faults: {},
      computer: { ...state.computer, edition: "ServerStandard" },
      winrm: { ...state.winrm, status: "Running", startType: "Automatic" },
    }));
  }

  /** Others' policies over the roles are lifted, and the host has heard of it. */
  liftRules(): void {
    const roles = ["client", "service"] as const;
    const isSaid = roles.some(
      (role) => domainIn(this.site.here, policyOver(role)).length > 0,
    );
    this.site.everywhere((state) => {
      const lifted = roles.reduce(
        (next, role) =>
          ruleFlag(
            putList(
              domainSets(next, "Server baseline", policyOver(role), null),
              "local",
              policyOver(role),
              { switch: null },
            ),
            role,
            null,
          ),
        state,
      );
      return isSaid ? policyPass(lifted) : lifted;
    });
  }

  /** The live values of others that the next policy pass takes away. */
  goingValues(policy: PolicyName): readonly ListValue[] {
    const { theirs } = this.site;
    const kept = policyIn(wouldBe(theirs), "live", policy);
    return policyIn(theirs, "live", policy).values.filter(
      (value) => !holds(kept, value),
    );
  }

  /** The entries of others of which the next policy pass leaves nothing live. */
  going(policy: PolicyName): readonly string[] {
    const { theirs } = this.site;
    const kept = keysIn(wouldBe(theirs), "live", policy);
    return keysIn(theirs, "live", policy).filter((key) => !kept.includes(key));
  }
}
