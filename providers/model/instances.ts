import { spnKey } from "./delegates";
import type { ListValue, PolicyState } from "./facts";
import type { EntryRecord, ListRecord } from "./ledger";
import {
  provenanceOf,
  stores,
  type PolicyFacts,
  type Stores,
} from "./policyFacts";

/** A list's values by what their SPNs are compared by, each in the store's order. */
type Index = ReadonlyMap<string, readonly ListValue[]>;

/** A list's values in both stores, and which of the live ones the domain sets. */
export interface Instances extends Stores<Index> {
  /** The names of live values that RSoP says the domain sets. */
  readonly domain: ReadonlySet<string>;
}

/** Makes the indexes of a list, so that a thousand entries are looked up in a thousand steps. */
export function instancesOf(policy: PolicyFacts): Instances {
  const isDomains = (value: ListValue): boolean =>
    policy.origin !== null && provenanceOf(policy, value, true) === "domain";
  return {
    local: indexOf(policy.local),
    live: indexOf(policy.live),
    domain:
      Object.keys(policy.origin?.values ?? {}).length === 0
        ? new Set()
        : namesOf(policy.live.values.filter(isDomains)),
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

/** The names of values, as Windows compares them: without case. */
export function namesOf(values: readonly ListValue[]): ReadonlySet<string> {
  return new Set(values.map(({ name }) => name.toLowerCase()));
}

/** An entry's instances but for what the domain sets, which nobody on the host can own. */
export function ownable(
  key: string,
  of: Instances,
): Stores<readonly ListValue[]> {
  return {
    local: of.local.get(key) ?? [],
    live: (of.live.get(key) ?? []).filter(
      ({ name }) => !of.domain.has(name.toLowerCase()),
    ),
  };
}

/**
 * Which of an entry's instances are ours: those under the numbers that we wrote. The policy editor
 * numbers a list anew, so unless others had the entry too another instance counts for one that is
 * there no more, if local policy has it, and never more of them than we wrote.
 */
export function oursOf(
  record: Omit<EntryRecord, "owners"> | undefined,
  key: string,
  of: Instances,
): Stores<readonly ListValue[]> {
  if (record === undefined || record.written.length === 0) return noValues;
  const there = ownable(key, of);
  const written = new Set(record.written.map((name) => name.toLowerCase()));
  const isNamed = ({ name }: ListValue): boolean =>
    written.has(name.toLowerCase());
  const named = {
    local: there.local.filter(isNamed),
    live: there.live.filter(isNamed),
  };
  if (record.exact) return named;
  const lost =
    record.written.length - namesOf([...named.local, ...named.live]).size;
  // The editor numbers local policy, and a pass brings that to HKLM.
  const strange = [...namesOf(there.local)].filter(
    (name) => !written.has(name),
  );
  const inLive = namesOf(there.live);
  const [pairs, singles] = partition(strange, (name) => inLive.has(name));
  // Ledgers of the first version knew no numbers.
  const direct = written.has("")
    ? [...inLive].filter((name) => !strange.includes(name))
    : [];
  const found = new Set([...pairs, ...singles, ...direct].slice(0, lost));
  const isOurs = (value: ListValue): boolean =>
    isNamed(value) || found.has(value.name.toLowerCase());
  return { local: there.local.filter(isOurs), live: there.live.filter(isOurs) };
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
  return foreignKeys(of, records).filter((key) => {
    const { local, live } = ownable(key, of);
    return local.length + live.length > 0;
  });
}

/** The entries of others that `exclusive` took away: they are there all the same, and no newcomers when they come back. */
export function keysTakenAway(
  record: ListRecord | undefined,
): readonly string[] {
  const { local = [], live = [] } = record?.removed?.values ?? {};
  return [...new Set([...local, ...live].map(({ data }) => spnKey(data)))];
}

const noValues: Stores<readonly ListValue[]> = { local: [], live: [] };

/** Those of which something holds, and the rest, each in order. */
export function partition<T>(
  all: readonly T[],
  isFirst: (one: T) => boolean,
): readonly [readonly T[], readonly T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}
