import type { PolicyState, PolicyStates } from "../../model/facts";
import type { StoreChange } from "../../model/steps";
import { listKeyOf, policyNames, policyOf } from "../../model/policies";
import type { PolicyName } from "../../model/policies";
import { clears, isInstruction, withClearing } from "./instructions";
import {
  createKey,
  dataOf,
  dwordOf,
  removeIfEmpty,
  removeKey,
  removeValue,
  setValue,
  valuesOf,
} from "./registry";
import type { Registry } from "./registry";

/** The key, below HKLM, that holds a list's entries; one that never exists where the policy is no list. */
export const listKey = (policy: PolicyName): string =>
  listKeyOf(policy) ?? `${policyOf(policy).key}\\${policy}`;

/** What stores hold, which never change: a plan and its checks read the same ones many times. */
const known = new WeakMap<Registry, Map<PolicyName, PolicyState>>();

/** A policy as a store holds it. A value that is no text is no SPN, but its number is taken. */
export function readList(store: Registry, policy: PolicyName): PolicyState {
  const lists = known.get(store) ?? new Map<PolicyName, PolicyState>();
  const list = lists.get(policy) ?? listIn(store, policy);
  known.set(store, lists.set(policy, list));
  return list;
}

function listIn(store: Registry, policy: PolicyName): PolicyState {
  const { key, switch: enabled, concatenate } = policyOf(policy);
  return {
    switch: dwordOf(store, key, enabled),
    concatenate: concatenate === null ? null : dwordOf(store, key, concatenate),
    values: Object.entries(valuesOf(store, listKey(policy)) ?? {})
      .filter(([name]) => !isInstruction(name))
      .map(([name, data]) => ({
        name,
        data: typeof data === "string" ? data : "",
      })),
    ...(clears(store, listKey(policy)) && { clearsFirst: true }),
  };
}

/** Every policy as a store holds it. */
export function policiesIn(store: Registry): PolicyStates {
  return Object.fromEntries(
    policyNames.map((policy) => [policy, readList(store, policy)]),
  ) as PolicyStates;
}

/** A store after a `writePolicy`'s change. Removing comes first, so that a number can be used again. */
export function changeList(
  store: Registry,
  policy: PolicyName,
  change: StoreChange,
): Registry {
  const key = listKey(policy);
  let next = store;
  for (const { name, data } of change.remove)
    if (dataOf(next, key, name) === data) next = removeValue(next, key, name);
  for (const { name, data } of change.add)
    next = setValue(next, key, name, data);
  next = setDwords(next, policy, change);
  return next === store ? store : removeIfEmpty(next, key);
}

/**
 * A store with the given parts of a policy replaced: what an administrator with an
 * editor does. That a list is emptied first belongs to its values.
 */
export function replaceList(
  store: Registry,
  policy: PolicyName,
  list: Partial<PolicyState>,
): Registry {
  const key = listKey(policy);
  let next = setDwords(store, policy, list);
  if (list.values !== undefined)
    next = createKey(removeKey(next, key), policyOf(policy).key);
  if (list.clearsFirst) next = withClearing(next, key);
  for (const { name, data } of list.values ?? [])
    next = setValue(next, key, name, data);
  return next;
}

function setDwords(
  store: Registry,
  policy: PolicyName,
  change: Pick<StoreChange, "switch" | "concatenate">,
): Registry {
  const { key, switch: enabled, concatenate } = policyOf(policy);
  const set = (
    into: Registry,
    name: string | null,
    value: number | null | undefined,
  ): Registry => {
    if (name === null || value === undefined) return into;
    return value === null
      ? removeValue(into, key, name)
      : setValue(into, key, name, value);
  };
  return set(
    set(store, enabled, change.switch),
    concatenate,
    change.concatenate,
  );
}
