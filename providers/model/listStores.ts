import { spnKey } from "./delegates";
import type { ListState, ListValue } from "./facts";
import type { Store } from "./ledger";

/** Something for each of the two stores of a list policy. */
export type Stores<T> = Readonly<Record<Store, T>>;

/** Both stores: local policy first, as it is what a policy pass makes live. */
export const stores = ["local", "live"] as const satisfies readonly Store[];

/** A list's values by what their SPNs are compared by, each in the store's order. */
export type Index = ReadonlyMap<string, readonly ListValue[]>;

/** Makes an index of a list, so that a thousand entries are looked up in a thousand steps. */
export function indexOf(list: ListState): Index {
  const index = new Map<string, ListValue[]>();
  for (const value of list.values) {
    const key = spnKey(value.data);
    const known = index.get(key);
    if (known) known.push(value);
    else index.set(key, [value]);
  }
  return index;
}

/** Whether a list is not configured at all. */
export function isUnset(list: ListState): boolean {
  return (
    list.switch === null &&
    list.concatenate === null &&
    list.values.length === 0
  );
}
