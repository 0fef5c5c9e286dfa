import type { PolicyState, Role } from "../../model/facts";
import { delegationKey, policyOf, policyOver } from "../../model/policies";
import type { PolicyName } from "../../model/policies";
import { changeList, readList, replaceList } from "./lists";
import {
  processing,
  registryPolOf,
  replaceRegistryPol,
  tools,
  writeLocalPolicy,
} from "./localPolicy";
import { policyPass } from "./policyPass";
import { createKey, removeIfEmpty, removeValue, setValue } from "./registry";
import type { Registry } from "./registry";
import type { DomainObject, HostState } from "./state";

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

/** HKLM comes to hold WinRM's "Allow CredSSP authentication", or (`null`) not: no policy object says so. */
export function ruleFlag(
  state: HostState,
  role: Role,
  value: 0 | 1 | null,
): HostState {
  return putList(state, "live", policyOver(role), { switch: value });
}

/** Somebody writes parts of a policy straight into a store; no policy pass follows. */
export function putList(
  state: HostState,
  store: "live" | "local",
  policy: PolicyName,
  list: Partial<PolicyState>,
): HostState {
  return store === "live"
    ? { ...state, hklm: replaceList(state.hklm, policy, list) }
    : replaceRegistryPol(
        state,
        replaceList(registryPolOf(state), policy, list),
      );
}

/**
 * The domain's policy object of this name sets exactly these parts of a policy, in
 * place of what it set of it before, or (`null`) nothing of it. A new object is
 * processed last, so it wins; one without settings is gone. No policy pass follows.
 */
export function domainSets(
  state: HostState,
  object: string,
  policy: PolicyName,
  setting: Partial<PolicyState> | null,
): HostState {
  const old = state.domain.find(({ name }) => name === object);
  const registryPol = replaceList(
    withoutPolicy(old?.registryPol ?? {}, policy),
    policy,
    setting ?? {},
  );
  const now = { name: object, registryPol };
  const domain =
    old === undefined
      ? [...state.domain, now]
      : state.domain.map((one) => (one === old ? now : one));
  return { ...state, domain: domain.filter(saysAnything) };
}

/** A policy object that has nothing of a policy. */
function withoutPolicy(registryPol: Registry, policy: PolicyName): Registry {
  const emptied = replaceList(registryPol, policy, {
    switch: null,
    concatenate: null,
    values: [],
  });
  return removeIfEmpty(emptied, policyOf(policy).key);
}

const saysAnything = ({ registryPol }: DomainObject): boolean =>
  Object.values(registryPol).some((values) => Object.keys(values).length > 0);

/** "Turn off Local Group Policy Objects processing" comes to stand in HKLM, or goes. No policy pass follows. */
export function setDisableLGPOProcessing(
  state: HostState,
  on: boolean,
): HostState {
  const { key, name } = processing;
  const hklm = on
    ? setValue(state.hklm, key, name, 1)
    : removeValue(state.hklm, key, name);
  return { ...state, hklm };
}

/** Somebody starts or stops WinRM, or sets how it starts. */
export function setService(
  state: HostState,
  service: Partial<Pick<HostState["winrm"], "status" | "startType">>,
): HostState {
  return { ...state, winrm: { ...state.winrm, ...service } };
}

/**
 * A machine made from an image of this one: everything is as there, what others and
 * what we left behind, but Windows knows that it is another machine.
 */
export function imageOf(
  state: HostState,
  machineGuid: string,
  name: Partial<Pick<HostState["computer"], "name" | "domain">> = {},
): HostState {
  return { ...state, computer: { ...state.computer, ...name, machineGuid } };
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
  const without = (list: PolicyState) => {
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

const holds = (list: PolicyState, spn: string): boolean =>
  list.values.some(({ data }) => data.toLowerCase() === spn.toLowerCase());

const highestNumber = (list: PolicyState): number =>
  list.values.reduce((high, { name }) => Math.max(high, Number(name) || 0), 0);
