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
  const during = { ...records, ...joinedRecords };
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
  // As many instances as we wrote and no more, the oldest first: what came later is not ours.
  const remove = (store: Store): readonly ListValue[] =>
    gone.flatMap(([key, { written }]) =>
      (index[store].get(key) ?? []).slice(0, written[store]),
    );
  return {
    during,
    after,
    change: {
      local: { add: add.local, remove: remove("local") },
      live: { add: add.live, remove: remove("live") },
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
  const there = stores.filter((store) => index[store].has(key));
  const missing = stores.filter((store) => !there.includes(store));
  const owners = joined(record?.owners ?? [], request);

  if (there.length === 0) {
    return {
      record: { owners, before: "absent", written: { local: 1, live: 1 } },
      missing,
    };
  }
  if (record === undefined) {
    // A ledger that was lost: the outputs still know what we had added.
    const ours = request.added.entries.includes(key);
    const written = (store: Store): number =>
      ours && there.includes(store) ? 1 : 0;
    return {
      record: {
        owners,
        before: ours ? "absent" : "present",
        written: { local: written("local"), live: written("live") },
      },
      // What local policy holds would become live at the next pass: no need to wait for it.
      missing: missing.filter((store) => store === "live"),
    };
  }
  return {
    record: { ...record, owners },
    missing: missing.filter(
      (store) => store === "live" || record.written[store] > 0,
    ),
  };
}

/** The highest number among names; names that are no numbers take no part. */
function highest(names: readonly string[]): number {
  return names
    .filter((name) => /^[1-9]\d{0,8}$/u.test(name))
    .reduce((max, name) => Math.max(max, Number(name)), 0);
}
