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
  applied: ListState,
  records: EntryRecords,
  wanted: readonly string[],
  request: Request,
  mayAdd: boolean,
): EntriesPlan {
  const index = indexesOf({ ...state, applied });
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
    const of = oursOf(record, key, index);
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
  index: Indexes,
  records: EntryRecords,
  request: Request,
): {
  readonly joinedRecords: EntryRecords;
  readonly add: Stores<readonly ListValue[]>;
} {
  const add = { local: [] as ListValue[], live: [] as ListValue[] };
  const names = {
    // Windows compares the names of values without case.
    local: new Set(state.local.values.map(({ name }) => name.toLowerCase())),
    live: new Set(state.live.values.map(({ name }) => name.toLowerCase())),
  };
  let free = highest([...names.local, ...names.live]) + 1;
  const joinedRecords = wanted.map((spn) => {
    const key = spnKey(spn);
    const next = joinEntry(key, index, records[key], request);
    if (next.missing.length > 0) {
      // Where the other store has the entry already, both keep one number: that of ours before that of others.
      const [missing, ...more] = next.missing;
      const other = missing === "live" ? "local" : "live";
      const twin =
        more.length === 0
          ? (oursOf(records[key], key, index)[other][0] ??
            index[other].get(key)?.[0])
          : undefined;
      const isFree =
        twin &&
        next.missing.every(
          (store) => !names[store].has(twin.name.toLowerCase()),
        );
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
  index: Indexes,
  record: EntryRecord | undefined,
  request: Request,
): { readonly record: EntryRecord; readonly missing: readonly Store[] } {
  const owners = joined(record?.owners ?? [], request);
  const there = stores.filter((store) => index[store].has(key));
  if (there.length === 0) {
    const written = { local: 1, live: 1 };
    return { record: { owners, before: "absent", written }, missing: stores };
  }
  // A ledger that was lost: the outputs still know what we had added.
  const claim = request.added.entries.includes(key) ? 1 : 0;
  const known: EntryRecord = record ?? {
    owners,
    before: claim ? "absent" : "present",
    written: { local: claim, live: claim },
  };
  const ours = oursOf(known, key, index);
  // A record may speak of a step that has still to come; one that was left half way, of what has gone.
  const isSettled = record !== undefined && record.going === undefined;
  const isOurs = ours.local.length + ours.live.length > 0;
  const kept = (store: Store): number =>
    isSettled ? known.written[store] : isOurs ? 1 : 0;
  // Live, but only till the next pass: somebody has taken it out of local policy already.
  const passed = namesOf(index.applied.get(key) ?? []);
  const isFading = (index.live.get(key) ?? []).every(({ name }) =>
    passed.has(name),
  );
  // What local policy holds would become live at the next pass: no need to wait for it.
  const isMissing = (store: Store): boolean =>
    !isSettled && isOurs
      ? ours[store].length === 0
      : !there.includes(store) &&
        (store === "live" || kept("local") > 0 || isFading);
  return {
    record: {
      owners,
      before:
        isMissing("local") || (!isSettled && isOurs)
          ? "absent"
          : isSettled
            ? known.before
            : "present",
      written: {
        local: isMissing("local") ? 1 : kept("local"),
        live: there.includes("live") ? kept("live") : 1,
      },
    },
    missing: stores.filter(isMissing),
  };
}

/** A list's values in both stores, and what the last policy pass made live of them. */
export type Indexes = Readonly<Record<Store | "applied", Index>>;

/** Makes the indexes of a list. */
export function indexesOf(
  lists: Readonly<Record<Store | "applied", ListState>>,
): Indexes {
  const { local, live, applied } = lists;
  return {
    local: indexOf(local),
    live: indexOf(live),
    applied: indexOf(applied),
  };
}

/** Which of an entry's instances are ours: as many as we wrote and no more. Ours have one number in both stores. */
export function oursOf(
  record: EntryRecord | undefined,
  key: string,
  index: Indexes,
): Stores<readonly ListValue[]> {
  if (record === undefined) return { local: [], live: [] };
  const { going, written } = record;
  const valuesOf = (of: Index): readonly ListValue[] => of.get(key) ?? [];
  const [local, live] = [valuesOf(index.local), valuesOf(index.live)];
  const pick = (store: Store, twins: readonly ListValue[]) =>
    going
      ? valuesOf(index[store]).filter(({ name }) => going[store].includes(name))
      : first(valuesOf(index[store]), namesOf(twins), written[store]);

  const ours = pick("local", live);
  // What a pass has made live of others' local policy is theirs, even if we had put it there before.
  const theirs = namesOf(local.filter((value) => !ours.includes(value)));
  const passed = namesOf(valuesOf(index.applied));
  return {
    local: ours,
    live: pick("live", ours.length > 0 ? ours : local).filter(
      ({ name }) => !theirs.has(name) || !passed.has(name),
    ),
  };
}

function namesOf(values: readonly ListValue[]): ReadonlySet<string> {
  return new Set(values.map(({ name }) => name));
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

/** The numbers of ours where others have instances too: once ours are gone, theirs would look like ours. */
function goingOf(
  record: EntryRecord,
  index: Indexes,
  key: string,
): Pick<EntryRecord, "going"> {
  const ours = oursOf(record, key, index);
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
