import { spnKey } from "./delegates";
import type { ListValue, PolicyState } from "./facts";
import type { EntryRecord, ListRecord, Store } from "./ledger";
import {
  provenanceOf,
  stores,
  type PolicyFacts,
  type Stores,
} from "./policyFacts";

/** A list's values by what their SPNs are compared by, each in the store's order. */
type Index = ReadonlyMap<string, readonly ListValue[]>;

/** A list's values in both stores, what the last policy pass made live of them, and which of the live ones the domain sets. */
export interface Instances extends Readonly<Record<Store | "applied", Index>> {
  /** The names of live values that RSoP says the domain sets. */
  readonly domain: ReadonlySet<string>;
  /** The names of values that `exclusive` has put back, or is about to: they are not ours, whatever number ours have. */
  readonly back: Stores<ReadonlySet<string>>;
}

/** Makes the indexes of a list, so that a thousand entries are looked up in a thousand steps. */
export function instancesOf(
  policy: PolicyFacts,
  record: ListRecord | undefined,
): Instances {
  const isDomains = (value: ListValue): boolean =>
    policy.origin !== null && provenanceOf(policy, value, true) === "domain";
  const back = (store: Store): ReadonlySet<string> => {
    const taken = record?.removed?.values[store] ?? [];
    const isBack = ({ name, data }: ListValue): boolean =>
      taken.some((one) => one.name === name && one.data === data);
    return taken.length === 0
      ? new Set()
      : namesOf(policy[store].values.filter(isBack));
  };
  return {
    local: indexOf(policy.local),
    live: indexOf(policy.live),
    applied: indexOf(policy.applied),
    domain:
      Object.keys(policy.origin?.values ?? {}).length === 0
        ? new Set()
        : namesOf(policy.live.values.filter(isDomains)),
    back: { local: back("local"), live: back("live") },
  };
}

/** An index of one store. */
export function indexOf(list: PolicyState): Index {
  const index = new Map<string, ListValue[]>();
  for (const value of list.values) {
    const key = spnKey(value.data);
    const known = index.get(key);
    if (known) known.push(value);
    else index.set(key, [value]);
  }
  return index;
}

/** The names of values, as a set. */
export function namesOf(values: readonly ListValue[]): ReadonlySet<string> {
  return new Set(values.map(({ name }) => name));
}

/** Which of an entry's instances are ours: as many as we wrote and no more. Ours have one number in both stores. */
export function oursOf(
  record: Omit<EntryRecord, "owners"> | undefined,
  key: string,
  of: Instances,
): Stores<readonly ListValue[]> {
  if (record === undefined) return { local: [], live: [] };
  const { going, written } = record;
  const all = (store: Store): readonly ListValue[] =>
    (of[store].get(key) ?? [])
      .filter(({ name }) => !of.back[store].has(name))
      .filter(({ name }) => store !== "live" || !of.domain.has(name));
  const ours = going
    ? all("local").filter(({ name }) => going.local.includes(name))
    : first(all("local"), namesOf(all("live")), written.local);
  // What a pass has made live of others' local policy is theirs, even if we had put it there before.
  const theirs = namesOf(all("local").filter((value) => !ours.includes(value)));
  const passed = namesOf(of.applied.get(key) ?? []);
  // One of ours in each store has one number: where HKLM has it no more, what is left there is others'.
  const isPair = written.local === 1 && written.live === 1 && ours.length === 1;
  const pair = isPair && !going ? namesOf(ours) : null;
  const isTheirs = ({ name }: ListValue): boolean =>
    theirs.has(name) && passed.has(name);
  const twins = namesOf(ours.length > 0 ? ours : all("local"));
  const live = going
    ? all("live").filter(({ name }) => going.live.includes(name))
    : first(
        all("live").filter((one) => twins.has(one.name) || !isTheirs(one)),
        twins,
        written.live,
      );
  return {
    local: ours,
    live: live.filter((one) => pair?.has(one.name) !== false && !isTheirs(one)),
  };
}

/** The entries of which either store holds more instances than are ours: local policy's are live after the next pass. */
export function foreignKeys(
  of: Instances,
  records: ListRecord["entries"],
): readonly string[] {
  const foreign = stores.flatMap((store) =>
    [...of[store]]
      .filter(
        ([key, { length }]) =>
          length > oursOf(records[key], key, of)[store].length,
      )
      .map(([key]) => key),
  );
  return [...new Set(foreign)].sort();
}

/** The same without what the domain sets, which needs nothing of local policy. */
export function foreignWithoutDomain(
  of: Instances,
  records: ListRecord["entries"],
): readonly string[] {
  return foreignKeys(of, records).filter(
    (key) =>
      of.local.has(key) ||
      (of.live.get(key) ?? []).some(({ name }) => !of.domain.has(name)),
  );
}

/** The entries of others that `exclusive` took away: they are there all the same, and no newcomers when they come back. */
export function keysTakenAway(
  record: ListRecord | undefined,
): readonly string[] {
  const { local = [], live = [] } = record?.removed?.values ?? {};
  return [...new Set([...local, ...live].map(({ data }) => spnKey(data)))];
}

/** So many values, and those first that have one of these numbers. */
function first(
  values: readonly ListValue[],
  names: ReadonlySet<string>,
  count: number,
): readonly ListValue[] {
  return [
    ...values.filter(({ name }) => names.has(name)),
    ...values.filter(({ name }) => !names.has(name)),
  ].slice(0, count);
}
