import { localPolicyOff, registryPolOf } from "./localPolicy";
import { createKey, removeValue, setValue, valuesOf } from "./registry";
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
 * Policy processing: what it wrote last time leaves HKLM, what local policy holds
 * now is written, and the archive remembers that. Keys stay. Where local policy is
 * off, or its file is damaged, HKLM stays as it is.
 */
export function policyPass(state: HostState): HostState {
  const idle = { ...state, policyPassDue: null };
  const { policyNeverApplies, damagedRegistryPol } = state.faults;
  if (policyNeverApplies || damagedRegistryPol) return idle;
  if (localPolicyOff(state) !== null) return idle;
  const wanted = registryPolOf(state);
  const cleaned = Object.entries(state.applied).reduce(
    (hklm, [key, values]) => without(hklm, key, Object.keys(values)),
    state.hklm,
  );
  const hklm = Object.entries(wanted).reduce(
    (into, [key, values]) => applyKey(into, key, values),
    cleaned,
  );
  return { ...idle, hklm, applied: settings(wanted) };
}

/** One key of Registry.pol brought to HKLM: its instructions first, then its values. */
function applyKey(hklm: Registry, key: string, values: Values): Registry {
  const present = Object.keys(valuesOf(hklm, key) ?? {});
  const deleted = Object.keys(values).flatMap((name) => deletes(name, present));
  return Object.entries(values)
    .filter(([name]) => !isInstruction(name))
    .reduce(
      (into, [name, data]) => setValue(into, key, name, data),
      without(createKey(hklm, key), key, deleted),
    );
}

/** Registry.pol without its instructions. */
function settings(registryPol: Registry): Registry {
  const keys = Object.entries(registryPol).map(([key, values]) => [
    key,
    Object.fromEntries(
      Object.entries(values).filter(([name]) => !isInstruction(name)),
    ),
  ]);
  return Object.fromEntries(keys) as Registry;
}

/** Names that begin with two stars are no values but instructions ([MS-GPREG]). */
const isInstruction = (name: string): boolean => name.startsWith("**");

/** The values an instruction deletes; `**Del.` and `**DelVals.` are simulated, others do nothing. */
function deletes(name: string, present: readonly string[]): readonly string[] {
  if (/^\*\*delvals\.$/i.test(name)) return present;
  const one = /^\*\*del\.(.+)$/is.exec(name)?.[1];
  return one === undefined ? [] : [one];
}

function without(
  registry: Registry,
  key: string,
  names: readonly string[],
): Registry {
  return names.reduce((next, name) => removeValue(next, key, name), registry);
}
