import { winrmPolicyOf } from "../../providers/host/simulated/cmdlets";
import { readList } from "../../providers/host/simulated/lists";
import { registryPolOf } from "../../providers/host/simulated/localPolicy";
import { policyPass } from "../../providers/host/simulated/policyPass";
import type { MemoryFleet } from "../../providers/host/simulated/memoryFleet";
import type { HostState } from "../../providers/host/simulated/state";
import { spnKey } from "../../providers/model/delegates";
import type {
  Flag,
  ListValue,
  PolicyState,
  Role,
} from "../../providers/model/facts";
import type { Store } from "../../providers/model/ledger";
import { holds, isUnset } from "../../providers/model/policyFacts";
import type { PolicyName } from "../../providers/model/policies";
import type { Declared } from "./declared";

/** Both stores of a policy. */
export const stores = ["local", "live"] as const satisfies readonly Store[];

/** A policy's DWORDs. */
export const dwords = ["switch", "concatenate"] as const;

/** A policy of a host, as one store holds it. */
export function policyIn(
  state: HostState,
  store: Store,
  policy: PolicyName,
): PolicyState {
  const from = store === "live" ? state.hklm : registryPolOf(state);
  return readList(from, policy);
}

/** A role of a host, as Windows sees it. */
export function roleIn(state: HostState, role: Role): Flag {
  const ruled = winrmPolicyOf(state, role);
  if (ruled !== null) return { on: ruled !== 0, source: "policy" };
  const { clientCredSSP, serviceCredSSP } = state.winrm;
  const on = role === "client" ? clientCredSSP : serviceCredSSP;
  return { on, source: "local" };
}

/** What the domain says of a policy. */
export function domainIn(
  { domain }: HostState,
  policy: PolicyName,
): readonly PolicyState[] {
  return domain
    .map(({ registryPol }) => readList(registryPol, policy))
    .filter((one) => one.clearsFirst === true || !isUnset(one));
}

/** Whether a live value is one that the domain sets. */
export function isDomains(
  state: HostState,
  policy: PolicyName,
  { name, data }: ListValue,
): boolean {
  return domainIn(state, policy).some(({ values }) =>
    values.some((one) => one.name === name && one.data === data),
  );
}

/** Without RSoP, what a pass has written and local policy does not hold may be the domain's. */
export function seemsDomains(
  state: HostState,
  policy: PolicyName,
  value: ListValue,
): boolean {
  return (
    state.faults.rsopUnavailable === true &&
    holds(readList(state.applied, policy), value) &&
    !holds(policyIn(state, "local", policy), value)
  );
}

/** The same for a policy's DWORDs. */
export function seemsSaid(state: HostState, policy: PolicyName): boolean {
  const [applied, live, local] = [
    readList(state.applied, policy),
    policyIn(state, "live", policy),
    policyIn(state, "local", policy),
  ];
  return (
    state.faults.rsopUnavailable === true &&
    dwords.some(
      (which) =>
        live[which] !== null &&
        live[which] === applied[which] &&
        live[which] !== local[which],
    )
  );
}

/** What hosts would be: every check asks for the same ones. */
const passes = new WeakMap<HostState, HostState>();

/** A host after the next policy pass, when nothing keeps that from coming. */
export function wouldBe(state: HostState): HostState {
  const known = passes.get(state);
  if (known) return known;
  const passed = policyPass({
    ...state,
    faults: {},
    computer: { ...state.computer, edition: "ServerStandard" },
  });
  passes.set(state, passed);
  return passed;
}

/** The SPNs of a store, as they compare. */
export function keysIn(
  state: HostState,
  store: Store,
  policy: PolicyName,
): readonly string[] {
  return policyIn(state, store, policy).values.map(({ data }) => spnKey(data));
}

/** How often a store holds an SPN. */
export function countIn(
  state: HostState,
  store: Store,
  policy: PolicyName,
  key: string,
): number {
  return keysIn(state, store, policy).filter((one) => one === key).length;
}

/**
 * One host twice: as it is, and as it would be if only others had been at work on it.
 * What we do is right when the two differ in nothing but what is ours.
 */
export class Site {
  /** The resources of all stacks on this host, in no order that matters. */
  readonly resources: Declared[] = [];
  /** Others have been at work: what they made drift is looked for. */
  onHands: () => void = () => undefined;

  constructor(
    readonly host: string,
    private readonly fleet: MemoryFleet,
    private readonly control: MemoryFleet,
    /** The policies that matter in this run. */
    readonly policies: readonly PolicyName[],
  ) {}

  /** The host as it is. */
  get here(): HostState {
    return this.fleet.state(this.host);
  }

  /** The host as others alone have made it. */
  get theirs(): HostState {
    return this.control.state(this.host);
  }

  /** Others do something. */
  everywhere(change: (state: HostState) => HostState): void {
    this.editHere(change);
    this.editTheirs(change);
    this.onHands();
  }

  /** Something happens to the host that no control has: its ledger is ours alone. */
  editHere(change: (state: HostState) => HostState): void {
    this.fleet.edit(this.host, change);
  }

  /** Something of ours has become theirs, or of theirs ours. */
  editTheirs(change: (state: HostState) => HostState): void {
    this.control.edit(this.host, change);
  }

  /** The resources that the host, or Pulumi's state, may know. */
  known(): readonly Declared[] {
    return this.resources.filter(({ isKnown }) => isKnown);
  }

  /** Those of them that are about a policy. */
  on(policy: PolicyName): readonly Declared[] {
    return this.known().filter((it) => it.policy === policy);
  }

  /** Those of them that want a role. */
  wanting(role: Role): readonly Declared[] {
    return this.known().filter((it) => it.definition.role === role);
  }
}
