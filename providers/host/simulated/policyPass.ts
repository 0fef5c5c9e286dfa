import { clears, deletedOf, isInstruction, withClearing } from "./instructions";
import { localPolicyOff, registryPolOf } from "./localPolicy";
import { createKey, dataOf, removeValue, setValue, valuesOf } from "./registry";
import type { Registry, Values } from "./registry";
import type { HostState } from "./state";

/** A host on which the policy that is on its way has landed, if it is due. */
export function settle(state: HostState, now: number): HostState {
  return state.policyPassDue !== null && Date.parse(state.policyPassDue) <= now
    ? policyPass(state)
    : state;
}

/** A host on which a policy pass is on its way: what follows a save by a cmdlet. */
export function schedulePass(state: HostState, now: number): HostState {
  const due = now + (state.faults.policyDelayMs ?? 150);
  return { ...state, policyPassDue: new Date(due).toISOString() };
}

/**
 * Policy processing: local policy first, then the domain's objects in their order,
 * each over what is there by then, value by value; what the last pass wrote and this
 * one did not leaves HKLM. Keys stay. Where local policy is off it has no say, but the
 * domain has. A damaged Registry.pol stops the whole round and HKLM stays as it is (a
 * choice: [MS-GPREG] leaves it open whether the rest is done).
 */
export function policyPass(state: HostState): HostState {
  const idle = { ...state, policyPassDue: null };
  const { policyNeverApplies, damagedRegistryPol } = state.faults;
  const hasLocal = localPolicyOff(state) === null;
  if (policyNeverApplies || (hasLocal && damagedRegistryPol)) return idle;
  const begun: Round = { hklm: state.hklm, applied: {}, rsop: {} };
  const local: Source = { object: null, registryPol: registryPolOf(state) };
  const { hklm, applied, rsop } = [
    ...(hasLocal ? [local] : []),
    ...state.domain.map(({ name, registryPol }): Source => ({
      object: name,
      registryPol,
    })),
  ].reduce(applySource, begun);
  const left = withoutStale(hklm, state.applied, applied);
  return { ...idle, hklm: left, applied, rsop };
}

/** What a round of policy processing has made of a host so far. */
type Round = Pick<HostState, "hklm" | "applied" | "rsop">;

/** One policy object; null is local policy. */
interface Source {
  readonly object: string | null;
  readonly registryPol: Registry;
}

function applySource(round: Round, { object, registryPol }: Source): Round {
  return Object.entries(registryPol).reduce(
    (into, [key, values]) => applyKey(into, key, values, object),
    round,
  );
}

/** One key of a policy object brought to HKLM: its instructions first, then its values. */
function applyKey(
  round: Round,
  key: string,
  values: Values,
  object: string | null,
): Round {
  return Object.entries(values)
    .filter(([name]) => !isInstruction(name))
    .reduce<Round>(
      ({ hklm, applied, rsop }, [name, data]) => ({
        hklm: setValue(hklm, key, name, data),
        applied: setValue(applied, key, name, data),
        rsop: object === null ? rsop : setValue(rsop, key, name, object),
      }),
      obey(round, key, values, object),
    );
}

/** The instructions of a key: what they delete goes, also what an object before this one has just written. */
function obey(
  { hklm, applied, rsop }: Round,
  key: string,
  values: Values,
  object: string | null,
): Round {
  const there = createKey(hklm, key);
  const deleted = deletedOf(values, Object.keys(valuesOf(there, key) ?? {}));
  const round = {
    hklm: without(there, key, deleted),
    applied: without(applied, key, deleted),
    rsop: without(rsop, key, deleted),
  };
  if (!clears({ [key]: values }, key)) return round;
  return {
    hklm: round.hklm,
    applied: withClearing(round.applied, key),
    rsop: object === null ? round.rsop : withClearing(round.rsop, key, object),
  };
}

/** HKLM without what the last pass wrote and this one did not. */
function withoutStale(
  hklm: Registry,
  before: Registry,
  now: Registry,
): Registry {
  return Object.entries(before).reduce(
    (next, [key, values]) =>
      without(
        next,
        key,
        Object.keys(values).filter(
          (name) =>
            !isInstruction(name) && dataOf(now, key, name) === undefined,
        ),
      ),
    hklm,
  );
}

function without(
  registry: Registry,
  key: string,
  names: readonly string[],
): Registry {
  return names.reduce((next, name) => removeValue(next, key, name), registry);
}
