import { spnKey } from "./delegates";
import type { ListState, ListValue } from "./facts";
import type { EntryRecord, ListRecord, Store } from "./ledger";
import { indexOf, stores, type Index, type Stores } from "./listStores";
import { isMine, joined, others } from "./ownership";
import type { Request } from "./request";
import type { StoreChange } from "./steps";

/** The records of a list's entries, by `spnKey`. */
export type EntryRecords = ListRecord["entries"];

/** What is to happen to the entries of a list. */
export interface EntriesPlan {
  readonly during: EntryRecords;
  readonly after: EntryRecords;
  readonly change: Stores<Pick<StoreChange, "add" | "remove">>;
}

/**
 * Plans the entries of a list: those wanted are joined, those of ours that are
 * no longer wanted are left.
 * @param wanted the SPNs that are declared.
 * @param mayAdd false: what is wanted stays as it is.
 */
export function planEntries(
  state: Stores<ListState>,
  records: EntryRecords,
  wanted: readonly string[],
  request: Request,
  mayAdd: boolean,
): EntriesPlan {
  const index = { local: indexOf(state.local), live: indexOf(state.live) };
  const joins = mayAdd ? wanted : [];
  const { joinedRecords, add } = join(joins, state, index, records, request);

  const keys = new Set(wanted.map(spnKey));
  const left = Object.entries(records).filter(
    ([key, { owners }]) => !keys.has(key) && isMine(owners, request),
  );
  const gone = left.filter(
    ([, { owners }]) => others(owners, request).length === 0,
  );
  const counted = gone.map(
    ([key, record]) =>
      [
        key,
        {
          ...record,
          owners: joined(record.owners, request),
          ...(record.going ? {} : goingOf(record, index, key)),
        },
      ] as const,
  );
  const during = {
    ...records,
    ...joinedRecords,
    ...Object.fromEntries(counted),
  };
  const goneKeys = new Set(gone.map(([key]) => key));
  const after = Object.fromEntries(
    Object.entries({
      ...during,
      ...Object.fromEntries(
        left.map(([key, record]) => [
          key,
          { ...record, owners: others(record.owners, request) },
        ]),
      ),
    }).filter(([key]) => !goneKeys.has(key)),
  );
  const remove = { local: [] as ListValue[], live: [] as ListValue[] };
  for (const [key, record] of counted) {
    const of = oursOf(record, index.local.get(key), index.live.get(key));
    remove.local.push(...of.local);
    remove.live.push(...of.live);
  }
  return {
    during,
    after,
    change: {
      local: { add: add.local, remove: remove.local },
      live: { add: add.live, remove: remove.live },
    },
  };
}

function join(
  wanted: readonly string[],
  state: Stores<ListState>,
  index: Stores<Index>,
  records: EntryRecords,
  request: Request,
): {
  readonly joinedRecords: EntryRecords;
  readonly add: Stores<readonly ListValue[]>;
} {
  const add = { local: [] as ListValue[], live: [] as ListValue[] };
  const names = {
    local: new Set(state.local.values.map((value) => value.name)),
    live: new Set(state.live.values.map((value) => value.name)),
  };
  let free = highest([...names.local, ...names.live]) + 1;
  const joinedRecords = wanted.map((spn) => {
    const key = spnKey(spn);
    const next = joinEntry(key, index, records[key], request);
    if (next.missing.length > 0) {
      // Where the other store has the entry already, both keep one number.
      const twin =
        next.missing.length === 1
          ? index[next.missing[0] === "live" ? "local" : "live"].get(key)?.[0]
          : undefined;
      const isFree =
        twin && next.missing.every((store) => !names[store].has(twin.name));
      const name = isFree ? twin.name : String(free++);
      for (const store of next.missing) add[store].push({ name, data: spn });
    }
    return [key, next.record] as const;
  });
  return { joinedRecords: Object.fromEntries(joinedRecords), add };
}

/** An entry that is wanted: its record, and the stores to write it to. */
function joinEntry(
  key: string,
  index: Stores<Index>,
  record: EntryRecord | undefined,
  request: Request,
): { readonly record: EntryRecord; readonly missing: readonly Store[] } {
  const owners = joined(record?.owners ?? [], request);
  // A ledger that was lost: the outputs still know what we had added.
  const claim = request.added.entries.includes(key) ? 1 : 0;
  const known: EntryRecord = record ?? {
    owners,
    before: "absent",
    written: { local: claim, live: claim },
  };
  const ours = oursOf(known, index.local.get(key), index.live.get(key));
  const isLive = index.live.has(key);
  // Ours goes into both stores where the entry is not live, whatever others have in local policy.
  const missing = stores.filter((store) =>
    store === "live"
      ? !isLive
      : ours.local.length === 0 && (!isLive || ours.live.length > 0),
  );
  const written = {
    local: missing.includes("local") ? 1 : ours.local.length,
    live: missing.includes("live") ? 1 : ours.live.length,
  };
  const before = written.local + written.live > 0 ? "absent" : "present";
  return { record: { owners, before, written }, missing };
}

/**
 * Which of an entry's instances are ours: as many as we wrote and no more. Ours have one number in both stores.
 */
export function oursOf(
  record: EntryRecord,
  local: readonly ListValue[] = [],
  live: readonly ListValue[] = [],
): Stores<readonly ListValue[]> {
  const { going } = record;
  if (going) {
    const named = (store: Store, values: readonly ListValue[]) =>
      values.filter(({ name }) => going[store].includes(name));
    return { local: named("local", local), live: named("live", live) };
  }
  const first = (
    values: readonly ListValue[],
    twins: readonly ListValue[],
    count: number,
  ): readonly ListValue[] => {
    const names = new Set(twins.map(({ name }) => name));
    return [
      ...values.filter(({ name }) => names.has(name)),
      ...values.filter(({ name }) => !names.has(name)),
    ].slice(0, count);
  };
  const { written } = record;
  const ours = first(local, live, written.local);
  return { local: ours, live: first(live, ours, written.live) };
}

/** The numbers of ours where others have instances too: once ours are gone, theirs would look like ours. */
function goingOf(
  record: EntryRecord,
  index: Stores<Index>,
  key: string,
): Pick<EntryRecord, "going"> {
  const ours = oursOf(record, index.local.get(key), index.live.get(key));
  const isAlone = stores.every(
    (store) => ours[store].length === (index[store].get(key)?.length ?? 0),
  );
  const names = (store: Store): readonly string[] =>
    ours[store].map(({ name }) => name);
  return isAlone || ours.local.length + ours.live.length === 0
    ? {}
    : { going: { local: names("local"), live: names("live") } };
}

/** The highest number among names; names that are no numbers take no part. */
function highest(names: readonly string[]): number {
  return names
    .filter((name) => /^[1-9]\d{0,8}$/u.test(name))
    .reduce((max, name) => Math.max(max, Number(name)), 0);
}
