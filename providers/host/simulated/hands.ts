import type { ListState, Role } from "../../model/facts";
import { delegationKey } from "../../model/policies";
import type { PolicyName } from "../../model/policies";
import { winrmPolicyKey } from "./cmdlets";
import { changeList, readList, replaceList } from "./lists";
import {
  registryPolOf,
  replaceRegistryPol,
  tools,
  writeLocalPolicy,
} from "./localPolicy";
import { policyPass } from "./policyPass";
import { createKey, removeValue, setValue } from "./registry";
import type { HostState } from "./state";

/**
 * Other people's hands: what happens to a host without us. Every function gives the
 * state afterwards; tests and `pulumi-credssp fleet` use them to break and to drift.
 */

/** Somebody switches a role in WinRM's own configuration. */
export function switchFlag(
  state: HostState,
  role: Role,
  on: boolean,
): HostState {
  const flag = role === "client" ? "clientCredSSP" : "serviceCredSSP";
  return { ...state, winrm: { ...state.winrm, [flag]: on } };
}

/** A policy sets WinRM's "Allow CredSSP authentication", or (`null`) is lifted. */
export function ruleFlag(
  state: HostState,
  role: Role,
  value: 0 | 1 | null,
): HostState {
  const key = winrmPolicyKey(role);
  const hklm =
    value === null
      ? removeValue(state.hklm, key, "AllowCredSSP")
      : setValue(state.hklm, key, "AllowCredSSP", value);
  return { ...state, hklm };
}

/** Somebody writes parts of a list straight into a store; no policy pass follows. */
export function putList(
  state: HostState,
  store: "live" | "local",
  policy: PolicyName,
  list: Partial<ListState>,
): HostState {
  return store === "live"
    ? { ...state, hklm: replaceList(state.hklm, policy, list) }
    : replaceRegistryPol(
        state,
        replaceList(registryPolOf(state), policy, list),
      );
}

/** HKLM's key of the list policies exists. */
export function createDelegationKey(state: HostState): HostState {
  return { ...state, hklm: createKey(state.hklm, delegationKey) };
}

/**
 * An administrator allows SPNs with the policy editor: under free numbers in local
 * policy, which is then applied. An entry that is there already is not added again.
 */
export function allow(
  state: HostState,
  policy: PolicyName,
  spns: readonly string[],
): HostState {
  const local = readList(registryPolOf(state), policy);
  const live = readList(state.hklm, policy);
  const missing = spns.filter((spn) => !holds(local, spn));
  if (missing.length === 0) return state;
  const first = 1 + Math.max(highestNumber(local), highestNumber(live));
  const registryPol = changeList(registryPolOf(state), policy, {
    add: missing.map((data, i) => ({ name: String(first + i), data })),
    remove: [],
    switch: 1,
    concatenate: local.concatenate ?? 1,
  });
  return policyPass(writeLocalPolicy(state, registryPol, tools.editor));
}

/**
 * An administrator takes SPNs out again, from local policy and from HKLM. A list left
 * without entries is "not configured" again. SPNs compare without case.
 */
export function revoke(
  state: HostState,
  policy: PolicyName,
  spns: readonly string[],
): HostState {
  const without = (list: ListState) => {
    const remove = list.values.filter(({ data }) =>
      spns.some((spn) => spn.toLowerCase() === data.toLowerCase()),
    );
    const emptied = remove.length > 0 && remove.length === list.values.length;
    return {
      add: [],
      remove,
      ...(emptied && { switch: null, concatenate: null }),
    };
  };
  const old = registryPolOf(state);
  const local = changeList(old, policy, without(readList(old, policy)));
  const passed =
    local === old
      ? state
      : policyPass(writeLocalPolicy(state, local, tools.editor));
  const live = without(readList(passed.hklm, policy));
  return { ...passed, hklm: changeList(passed.hklm, policy, live) };
}

const holds = (list: ListState, spn: string): boolean =>
  list.values.some(({ data }) => data.toLowerCase() === spn.toLowerCase());

const highestNumber = (list: ListState): number =>
  list.values.reduce((high, { name }) => Math.max(high, Number(name) || 0), 0);
