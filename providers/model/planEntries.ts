import { spnKey } from "./delegates";
import type { ListValue } from "./facts";
import { namesOf, oursOf, type Instances } from "./instances";
import type { EntryRecord, ListRecord, Store } from "./ledger";
import { isMine, joined, others } from "./ownership";
import { stores, type PolicyFacts, type Stores } from "./policyFacts";
import type { Request } from "./request";
import type { StoreChange } from "./steps";

/** The records of a list's entries, by `spnKey`. */
export type EntryRecords = ListRecord["entries"];

/** What of a list's entries is to change in each store. */
export type EntriesChange = Stores<Pick<StoreChange, "add" | "remove">>;

/** What is to happen to the entries of a list. */
export interface EntriesPlan {
  readonly during: EntryRecords;
  readonly after: EntryRecords;
  readonly change: EntriesChange;
}

/**
 * What may be done for entries that are wanted: write them; only record them, as
 * they are live by the domain's policy; or leave them and their records as they are.
 */
export type Joining = "write" | "record" | "keep";

/**
 * Plans the entries of a list: those wanted are joined, those of ours that are
 * no longer wanted are left.
 * @param wanted the SPNs that are declared.
 */
export function planEntries(
  policy: PolicyFacts,
  of: Instances,
  record: ListRecord,
  wanted: readonly string[],
  request: Request,
  joining: Joining,
): EntriesPlan {
  const records = record.entries;
  const join =
    joining === "keep"
      ? { joinedRecords: {}, coming: {}, add: nothing, move: [] }
      : joinEntries(wanted, policy, of, record, request, joining);

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
          ...(record.going ? {} : goingOf(record, of, key)),
        },
      ] as const,
  );
  const joinedRecords = { ...records, ...join.joinedRecords };
  const during = {
    ...joinedRecords,
    ...join.coming,
    ...Object.fromEntries(counted),
  };
  const goneKeys = new Set(gone.map(([key]) => key));
  const after = Object.fromEntries(
    Object.entries({
      ...joinedRecords,
      ...Object.fromEntries(
        left.map(([key, record]) => [
          key,
          { ...record, owners: others(record.owners, request) },
        ]),
      ),
    }).filter(([key]) => !goneKeys.has(key)),
  );
  const ours = counted.map(([key, record]) => oursOf(record, key, of));
  return {
    during,
    after,
    change: {
      local: {
        add: join.add.local,
        remove: [...join.move, ...ours.flatMap(({ local }) => local)],
      },
      live: { add: join.add.live, remove: ours.flatMap(({ live }) => live) },
    },
  };
}

const nothing: Stores<readonly ListValue[]> = { local: [], live: [] };

/** Gives numbers above all that are taken; names that are no numbers take none. */
export function freeNumbers(taken: readonly ListValue[]): () => string {
  let highest = 0;
  for (const { name } of taken) {
    if (/^[1-9]\d{0,8}$/u.test(name)) highest = Math.max(highest, Number(name));
  }
  return () => String(++highest);
}

function joinEntries(
  wanted: readonly string[],
  policy: PolicyFacts,
  of: Instances,
  { entries: records, removed }: ListRecord,
  request: Request,
  joining: Joining,
): {
  readonly joinedRecords: EntryRecords;
  /** Those of them that are written beside an instance of others: with the number of ours until it is there. */
  readonly coming: EntryRecords;
  readonly add: Stores<readonly ListValue[]>;
  /** Values of ours that leave their number in local policy. */
  readonly move: readonly ListValue[];
} {
  const add = { local: [] as ListValue[], live: [] as ListValue[] };
  const move: ListValue[] = [];
  // Windows compares the names of values without case.
  const liveNames = new Map(
    policy.live.values.map((value) => [value.name.toLowerCase(), value]),
  );
  const names = {
    live: liveNames,
    local: new Set(policy.local.values.map(({ name }) => name.toLowerCase())),
  };
  /** The domain has taken the number, so no pass makes it live: the domain's values come after local policy's. */
  const isShadowed = (value: ListValue): boolean => {
    const live = liveNames.get(value.name.toLowerCase());
    return (
      live !== undefined &&
      spnKey(live.data) !== spnKey(value.data) &&
      (of.applied.get(spnKey(live.data)) ?? []).some(
        ({ name }) => name === live.name,
      )
    );
  };
  const free = freeNumbers([
    ...policy.local.values,
    ...policy.live.values,
    // Who comes back finds the old number.
    ...(removed?.values.local ?? []),
    ...(removed?.values.live ?? []),
  ]);
  const coming: Record<string, EntryRecord> = {};
  const joinedRecords = wanted.map((spn) => {
    const key = spnKey(spn);
    const owners = joined(records[key]?.owners ?? [], request);
    if (joining === "record") {
      const known = records[key] ?? asFound;
      return [key, { ...known, owners }] as const;
    }
    const isTaken = request.options.adopt && records[key]?.before !== "absent";
    const record = (isTaken ? adopted(key, of) : undefined) ?? records[key];
    const next = joinEntry(key, of, record, request, isShadowed);
    move.push(...next.move);
    if (next.missing.length > 0) {
      // Where the other store has the entry already, both keep one number: that of ours before that of others.
      const [missing, ...more] = next.missing;
      const other = missing === "live" ? "local" : "live";
      const twin =
        more.length === 0
          ? (oursOf(records[key], key, of)[other][0] ??
            of[other].get(key)?.find(({ name }) => !of.back[other].has(name)))
          : undefined;
      const isFree =
        twin &&
        next.missing.every(
          (store) => !names[store].has(twin.name.toLowerCase()),
        );
      const name = isFree ? twin.name : free();
      for (const store of next.missing) add[store].push({ name, data: spn });
      const beside = (of.local.get(key)?.length ?? 0) - next.move.length;
      if (more.length > 0 && beside > 0) {
        const going = { local: [name], live: [name] };
        coming[key] = { ...next.record, owners, going };
      }
    }
    return [key, { ...next.record, owners }] as const;
  });
  return {
    joinedRecords: Object.fromEntries(joinedRecords),
    coming,
    add,
    move,
  };
}

/** An entry of which nothing is ours. */
const asFound = {
  before: "present",
  written: { local: 0, live: 0 },
} as const satisfies Omit<EntryRecord, "owners">;

/** An entry that is wanted: its record but for the owners, the stores to write it to, and what of ours has to leave local policy first. */
function joinEntry(
  key: string,
  of: Instances,
  record: Omit<EntryRecord, "owners"> | undefined,
  request: Request,
  isShadowed: (value: ListValue) => boolean,
): {
  readonly record: Omit<EntryRecord, "owners">;
  readonly missing: readonly Store[];
  readonly move: readonly ListValue[];
} {
  const locals = of.local.get(key) ?? [];
  const there = stores.filter((store) =>
    store === "local"
      ? locals.some((value) => !isShadowed(value))
      : of.live.has(key),
  );
  if (there.length === 0) {
    const written = { local: 1, live: 1 };
    const move = oursOf(record, key, of).local;
    return { record: { before: "absent", written }, missing: stores, move };
  }
  // A ledger that was lost: the outputs still know what we had added.
  const claim = request.added.entries.includes(key) ? 1 : 0;
  const known = record ?? {
    before: claim ? "absent" : "present",
    written: { local: claim, live: claim },
  };
  const ours = oursOf(known, key, of);
  // A record may speak of a step that has still to come; one that was left half way, of what has gone.
  const isSettled = record !== undefined && record.going === undefined;
  const isOurs = ours.local.length + ours.live.length > 0;
  const kept = (store: Store): number =>
    isSettled ? known.written[store] : isOurs ? 1 : 0;
  // Live, but only till the next pass: somebody has taken it out of local policy already.
  const passed = namesOf(of.applied.get(key) ?? []);
  const isFading = (of.live.get(key) ?? []).every(
    ({ name }) => passed.has(name) && !of.domain.has(name),
  );
  // What local policy holds would become live at the next pass: no need to wait for it.
  const isMissing = (store: Store): boolean =>
    !isSettled && isOurs
      ? ours[store].length === 0
      : !there.includes(store) &&
        (store === "live" || kept("local") > 0 || isFading);
  return {
    record: {
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
    move: isMissing("local") ? ours.local : [],
  };
}

/** What is there as if we had written it, but for what the domain sets; undefined where that is nothing. */
function adopted(
  key: string,
  of: Instances,
): Omit<EntryRecord, "owners"> | undefined {
  const local = of.local.get(key) ?? [];
  const live = (of.live.get(key) ?? []).filter(
    ({ name }) => !of.domain.has(name),
  );
  // A pass makes live what stands in local policy under a number of its own.
  const written = {
    local: local.length,
    live: namesOf([...local, ...live]).size,
  };
  return written.local + written.live > 0
    ? { before: "absent", written }
    : undefined;
}

/** The numbers of ours where others have instances too: once ours are gone, theirs would look like ours. */
function goingOf(
  record: EntryRecord,
  of: Instances,
  key: string,
): Pick<EntryRecord, "going"> {
  const ours = oursOf(record, key, of);
  const isAlone = stores.every(
    (store) => ours[store].length === (of[store].get(key)?.length ?? 0),
  );
  const names = (store: Store): readonly string[] =>
    ours[store].map(({ name }) => name);
  return isAlone || ours.local.length + ours.live.length === 0
    ? {}
    : { going: { local: names("local"), live: names("live") } };
}
