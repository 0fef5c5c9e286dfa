import { isBroad, spnKey } from "./delegates";
import type { ListValue } from "./facts";
import type { ListRecord, RemovedRecord, Store } from "./ledger";
import { joined, others } from "./ownership";
import { freeNumbers, type EntriesPlan } from "./planEntries";
import { policyOf, type PolicyName } from "./policies";
import {
  hasName,
  holds,
  isFading,
  isReplaced,
  provenanceOf,
  stores,
  type PolicyFacts,
  type Stores,
} from "./policyFacts";
import type { Request } from "./request";

/** What `exclusive` takes away from others, or gives back to them. */
export interface ExclusivePlan {
  readonly during: RemovedRecord | undefined;
  readonly after: RemovedRecord | undefined;
  readonly change: EntriesPlan["change"];
  readonly warnings: readonly string[];
}

/** Whether a resource wants a list for itself, does not, or was refused: then neither goes anything on its account nor comes back. */
export type Wanting = "alone" | "shared" | "as before";

/**
 * Takes every entry out of a list that nobody of ours owns, once it is recorded;
 * and puts them back when nobody of ours wants the list for itself any more.
 */
export function planExclusive(
  name: PolicyName,
  policy: PolicyFacts,
  before: ListRecord,
  entries: EntriesPlan,
  wanting: Wanting,
  request: Request,
): ExclusivePlan {
  const record = withoutAdopted(before, entries);
  const { removed } = record;
  if (wanting === "alone") {
    const owners = joined(removed?.owners ?? [], request);
    return takeAway(policy, record, entries, owners);
  }
  if (!removed) return { during: undefined, after: undefined, ...noChange };
  const owners =
    wanting === "shared" ? others(removed.owners, request) : removed.owners;
  if (owners.length === 0) {
    return giveBack(name, policy, removed, entries, request);
  }
  // Another that wants the list alone had nothing against an entry while one of ours declared it, whoever has it too.
  const isAnothers = others(owners, request).length > 0;
  const isLeft = ({ data }: ListValue): boolean =>
    isAnothers && Object.hasOwn(record.entries, spnKey(data));
  const plan = takeAway(policy, record, entries, removed.owners, isLeft);
  return { ...plan, after: plan.during && { ...plan.during, owners } };
}

/** What had come back and was then taken over is not to come back once more. */
function withoutAdopted(
  { removed, ...record }: ListRecord,
  { during }: EntriesPlan,
): ListRecord {
  if (!removed) return record;
  const isOthers = ({ name, data }: ListValue): boolean =>
    during[spnKey(data)]?.written.includes(name) !== true;
  const values = each((store) => removed.values[store].filter(isOthers));
  return { ...record, removed: { ...removed, values } };
}

/**
 * Whether a live entry is one that `exclusive` takes away: nobody of ours has a record of it, and the
 * domain does not set it. A list that the domain replaces is the domain's whole.
 */
export function isTakenAway(
  policy: PolicyFacts,
  record: Pick<ListRecord, "entries" | "removed"> | undefined,
  value: ListValue,
): boolean {
  // What has been taken away in local policy, and was not yet in HKLM when the session went down.
  const isHalfAway = holds(
    { values: record?.removed?.values.live ?? [] },
    value,
  );
  return (
    !isReplaced(policy) &&
    hasAName(value) &&
    !Object.hasOwn(record?.entries ?? {}, spnKey(value.data)) &&
    provenanceOf(policy, value, isHalfAway) !== "domain"
  );
}

/** A key's default value has no name, and PowerShell's cmdlets remove none by it. */
function hasAName({ name }: ListValue): boolean {
  return name !== "";
}

function takeAway(
  policy: PolicyFacts,
  record: ListRecord,
  entries: EntriesPlan,
  owners: readonly string[],
  isMeant: (value: ListValue) => boolean = () => true,
): ExclusivePlan {
  const remove = each((store) =>
    policy[store].values
      .filter(isMeant)
      .filter(
        (value) => !holds({ values: entries.change[store].remove }, value),
      )
      .filter((value) =>
        store === "live"
          ? isTakenAway(policy, { ...record, entries: entries.after }, value)
          : !isReplaced(policy) &&
            hasAName(value) &&
            !Object.hasOwn(entries.after, spnKey(value.data)),
      ),
  );
  // Recorded also where there was nothing to take away: what another resource leaves behind later is.
  const removed: RemovedRecord = {
    owners,
    values: each((store) => {
      const before = record.removed?.values[store] ?? [];
      const taken = remove[store].filter(
        (value) =>
          !holds({ values: before }, value) &&
          (store === "local" || !isFading(policy, value)),
      );
      return [...before, ...taken];
    }),
  };
  return {
    during: removed,
    after: removed,
    change: {
      local: { add: [], remove: remove.local },
      live: { add: [], remove: remove.live },
    },
    warnings: [],
  };
}

function giveBack(
  name: PolicyName,
  policy: PolicyFacts,
  removed: RemovedRecord,
  { change }: EntriesPlan,
  request: Request,
): ExclusivePlan {
  // One that is half back, from a run that was allowed to, comes back whole.
  const isRefused = (value: ListValue): boolean =>
    policyOf(name).deniedBy !== undefined &&
    isBroad(value.data) &&
    !request.options.allowBroadDelegation &&
    !stores.some((store) => holds(policy[store], value));
  const staying = each((store) =>
    policy[store].values.filter(
      (v) => !holds({ values: change[store].remove }, v),
    ),
  );
  const coming = each((store) => change[store].add);
  const { local, live } = removed.values;
  const free = freeNumbers(policy, { removed }, [
    ...coming.local,
    ...coming.live,
  ]);
  // The domain would have emptied the list, or overwritten the number, had it stayed.
  const isOvertaken = (value: ListValue): boolean =>
    isReplaced(policy) ||
    policy.live.values.some(
      (one) =>
        hasName({ values: [one] }, value) &&
        one.data !== value.data &&
        provenanceOf(policy, one, false) === "domain",
    );
  // One that stood in both stores under one number gets one number again; the
  // ledger knows it before the host does, so that a crash makes no second one.
  const numbers = new Map<string, string>();
  const renamed = (value: ListValue): ListValue => {
    const isTaken = stores
      .filter((store) => holds({ values: removed.values[store] }, value))
      .filter((store) => store === "local" || !isOvertaken(value))
      .some(
        (store) =>
          hasName({ values: coming[store] }, value) ||
          (hasName({ values: staying[store] }, value) &&
            !holds({ values: staying[store] }, value)),
      );
    if (!isTaken) return value;
    const name = numbers.get(value.name) ?? free();
    numbers.set(value.name, name);
    return { ...value, name };
  };
  const values = each((store) =>
    removed.values[store]
      .filter((value) => !isRefused(value))
      .filter((value) => store === "local" || !isOvertaken(value))
      .map(renamed),
  );
  const refused = new Set(
    [...local, ...live].filter(isRefused).map(({ data }) => data),
  );
  return {
    during: { ...removed, values },
    after: undefined,
    change: each((store) => ({
      add: values[store].filter((value) => !holds(policy[store], value)),
      remove: [],
    })),
    warnings: [...refused].map(
      (data) =>
        `${data} stood in ${name} before this resource and does not come back: it is too broad without allowBroadDelegation.`,
    ),
  };
}

const noChange = {
  change: {
    local: { add: [], remove: [] },
    live: { add: [], remove: [] },
  },
  warnings: [],
} as const;

function each<T>(of: (store: Store) => T): Stores<T> {
  return { local: of("local"), live: of("live") };
}
