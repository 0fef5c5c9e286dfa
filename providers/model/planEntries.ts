import { spnKey } from "./delegates";
import type { ListValue } from "./facts";
import { oursOf, ownable, partition, type Instances } from "./instances";
import type { EntryRecord, ListRecord } from "./ledger";
import { isMine, joined, others } from "./ownership";
import {
  hasName,
  isFading,
  isLasting,
  stores,
  valueNamed,
  type PolicyFacts,
  type Stores,
} from "./policyFacts";
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

/** The same for one entry; null: no record. */
interface EntryPlan {
  readonly key: string;
  readonly during: EntryRecord;
  readonly after: EntryRecord | null;
  readonly add: Stores<readonly ListValue[]>;
  readonly remove: Stores<readonly ListValue[]>;
}

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
  const keys = new Set(wanted.map(spnKey));
  const number = freeNumbers(policy, record);
  const away = stores.flatMap((store) => record.removed?.values[store] ?? []);
  const plans = [
    ...(joining === "keep" ? [] : wanted).map((spn) => {
      const known = record.entries[spnKey(spn)];
      return joining === "record"
        ? recordEntry(spnKey(spn), of, known, request)
        : joinEntry(spn, policy, of, known, away, request, number);
    }),
    ...Object.entries(record.entries)
      .filter(([key, { owners }]) => !keys.has(key) && isMine(owners, request))
      .map(([key, known]) => leaveEntry(key, of, known, request)),
  ];
  const after = Object.entries({
    ...record.entries,
    ...Object.fromEntries(plans.map((plan) => [plan.key, plan.after])),
  }).filter((one): one is [string, EntryRecord] => one[1] !== null);
  const change = (store: "local" | "live") => ({
    add: plans.flatMap(({ add }) => add[store]),
    remove: plans.flatMap(({ remove }) => remove[store]),
  });
  return {
    during: {
      ...record.entries,
      ...Object.fromEntries(plans.map((plan) => [plan.key, plan.during])),
    },
    after: Object.fromEntries(after),
    change: { local: change("local"), live: change("live") },
  };
}

const nothing: Stores<readonly ListValue[]> = { local: [], live: [] };

/**
 * Gives numbers above all of local policy, as the cmdlet does, but none that HKLM has, that the domain
 * will write again, or that `exclusive` will put back. Names that are no numbers take none.
 */
export function freeNumbers(
  { local, live, applied, origin }: PolicyFacts,
  { removed }: Pick<ListRecord, "removed">,
  more: readonly ListValue[] = [],
): () => string {
  const away = stores.flatMap((store) => removed?.values[store] ?? []);
  const taken = new Set([
    ...[...live.values, ...away, ...more].map(({ name }) => name),
    // Without RSoP any number of the last pass may be the domain's.
    ...(origin
      ? Object.keys(origin.values)
      : applied.values.map(({ name }) => name)),
  ]);
  let last = Math.max(
    0,
    ...local.values
      .filter(({ name }) => /^[1-9]\d{0,8}$/u.test(name))
      .map(({ name }) => Number(name)),
  );
  return () => {
    do last++;
    while (taken.has(String(last)));
    return String(last);
  };
}

/** An entry that the domain is to have: only who wants it is recorded. */
function recordEntry(
  key: string,
  of: Instances,
  known: EntryRecord | undefined,
  request: Request,
): EntryPlan {
  // The domain has emptied the list of ours, so local policy alone has it.
  const claim = claimed(key, ownable(key, of).local, request);
  const record = {
    ...(known ?? claim ?? { written: [] }),
    owners: joined(known?.owners ?? [], request),
  };
  return recorded(key, record, record);
}

/** Nothing is done but in the ledger. */
function recorded(
  key: string,
  during: EntryRecord,
  after: EntryRecord,
): EntryPlan {
  return { key, during, after, add: nothing, remove: nothing };
}

/**
 * An entry that is wanted. What is live and stays so is enough, whoever wrote it; else it gets an
 * instance of ours, under one number in both stores that nobody else has there: so no value is ever
 * both ours and somebody's.
 */
function joinEntry(
  spn: string,
  policy: PolicyFacts,
  of: Instances,
  record: EntryRecord | undefined,
  away: readonly ListValue[],
  request: Request,
  number: () => string,
): EntryPlan {
  const key = spnKey(spn);
  const owners = joined(record?.owners ?? [], request);
  const there = ownable(key, of);
  // What is only pending may be somebody else's: it was not live when ours was written, which may be gone.
  // Nor is what the next pass takes away, which may be the domain's.
  const [pairs, direct] = partition(
    there.live.filter((one) => !isFading(policy, one)),
    (one) => hasName({ values: there.local }, one),
  );
  const ours =
    request.options.adopt && (record?.written ?? []).length === 0
      ? there
      : oursOf(record ?? claimed(key, [...pairs, ...direct], request), key, of);
  const names = unique(stores.flatMap((store) => ours[store]));
  // What `exclusive` has taken away others have all the same.
  const isShared =
    away.some(
      ({ name, data }) => spnKey(data) === key && !names.includes(name),
    ) || stores.some((s) => ours[s].length < there[s].length);
  // What HKLM alone has the policy editor does not number anew.
  const isDirect = ours.live.some(
    (one) => !hasName({ values: ours.local }, one),
  );
  const say = (written: readonly string[]): EntryRecord => ({
    owners,
    written,
    ...((isShared || isDirect) && written.length > 0 && { exact: true }),
  });
  if (of.live.get(key)?.some((value) => isLasting(policy, value))) {
    return recorded(key, say(names), say(names));
  }
  /** Whether a number is ours or nobody's in both stores: else the next pass would put the other's value over ours. */
  const isWhole = (name: string): boolean =>
    stores.every((store) => {
      const cell = valueNamed(policy[store], { name });
      return cell === undefined || ours[store].includes(cell);
    });
  const kept = names.find(isWhole);
  const name = kept ?? number();
  const value: ListValue = { name, data: spn };
  const missing = (store: "local" | "live"): readonly ListValue[] =>
    valueNamed(policy[store], { name }) ? [] : [value];
  return {
    key,
    during: say([...new Set([...names, name])]),
    after: say(kept === undefined ? [name] : names),
    add: { local: missing("local"), live: missing("live") },
    remove: kept === undefined ? ours : nothing,
  };
}

/**
 * A ledger that was lost: the outputs still know that we had added the entry, and not under which number.
 * @param candidates its instances where ours would stand.
 */
function claimed(
  key: string,
  candidates: readonly ListValue[],
  { added }: Request,
): Omit<EntryRecord, "owners"> | undefined {
  const [ours] = added.entries.includes(key) ? candidates : [];
  return ours && { written: [ours.name], exact: true };
}

/** An entry of ours that is no longer wanted: when nobody else of ours wants it, what we wrote goes. */
function leaveEntry(
  key: string,
  of: Instances,
  known: EntryRecord,
  request: Request,
): EntryPlan {
  const owners = others(known.owners, request);
  if (owners.length > 0) return recorded(key, known, { ...known, owners });
  const ours = oursOf(known, key, of);
  const there = ownable(key, of);
  const isShared = stores.some((s) => ours[s].length < there[s].length);
  const written = unique(stores.flatMap((store) => ours[store]));
  return {
    key,
    // Once ours are gone, theirs would look like ours.
    during:
      isShared && written.length > 0
        ? { owners: known.owners, written, exact: true }
        : known,
    after: null,
    add: nothing,
    remove: ours,
  };
}

function unique(values: readonly ListValue[]): readonly string[] {
  return [...new Set(values.map(({ name }) => name))];
}
