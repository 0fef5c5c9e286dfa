import type { ListState } from "../../model/facts";
import type { StoreChange } from "../../model/steps";
import { delegationKey, policies } from "../../model/policies";
import type { PolicyName } from "../../model/policies";
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

/** The key, below HKLM, that holds a list's entries. */
export const listKey = (policy: PolicyName): string =>
  `${delegationKey}\\${policy}`;

/** A list policy as a store holds it. A value that is no text is no SPN, but its number is taken. */
export function readList(store: Registry, policy: PolicyName): ListState {
  return {
    switch: dwordOf(store, delegationKey, policy),
    concatenate: dwordOf(store, delegationKey, policies[policy].concatenate),
    values: Object.entries(valuesOf(store, listKey(policy)) ?? {}).map(
      ([name, data]) => ({ name, data: typeof data === "string" ? data : "" }),
    ),
  };
}

/** A store after a `writeList`'s change. Removing comes first, so that a number can be used again. */
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
  next = setDword(next, policy, change.switch);
  next = setDword(next, policies[policy].concatenate, change.concatenate);
  return next === store ? store : removeIfEmpty(next, key);
}

/** A store with the given parts of a list replaced: what an administrator with an editor does. */
export function replaceList(
  store: Registry,
  policy: PolicyName,
  list: Partial<ListState>,
): Registry {
  let next = setDword(store, policy, list.switch);
  next = setDword(next, policies[policy].concatenate, list.concatenate);
  if (list.values === undefined) return next;
  next = createKey(removeKey(next, listKey(policy)), delegationKey);
  for (const { name, data } of list.values)
    next = setValue(next, listKey(policy), name, data);
  return next;
}

function setDword(
  store: Registry,
  name: string,
  value: number | null | undefined,
): Registry {
  if (value === undefined) return store;
  return value === null
    ? removeValue(store, delegationKey, name)
    : setValue(store, delegationKey, name, value);
}
