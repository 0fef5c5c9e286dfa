import {
  foreignWithoutDomain,
  keysTakenAway,
  type Instances,
} from "./instances";
import type {
  DwordBefore,
  DwordRecord,
  ListRecord,
  Store,
  SwitchRecord,
} from "./ledger";
import { isMine, joined, others } from "./ownership";
import { listKeyOf, type PolicyName } from "./policies";
import {
  dwordProvenance,
  isUnset,
  stores,
  type PolicyFacts,
  type Stores,
} from "./policyFacts";
import type { DesiredPolicy, Dword, Request } from "./request";
import type { StoreChange } from "./steps";

/** A policy's DWORDs, as the ledger records them. */
export type SwitchRecords = Pick<ListRecord, Dword>;

/** What is to happen to a policy's switch and to its "concatenate OS defaults". */
export interface SwitchesPlan {
  readonly during: SwitchRecords;
  readonly after: SwitchRecords;
  readonly change: Stores<Pick<StoreChange, Dword>>;
  readonly warnings: readonly string[];
}

/** The same for one of the two; null: no record. */
interface DwordPlan<R extends DwordRecord = DwordRecord> {
  readonly during: R | null;
  readonly after: R | null;
  readonly change: { readonly [S in Store]?: number | null };
}

/** Leaves both as they are, and the records too. */
export function keepSwitches(record: ListRecord): SwitchesPlan {
  return both(keep(record.switch), keep(record.concatenate));
}

/** Sets the switch as declared, and "concatenate" as declared or as a list that we make has it. */
export function joinSwitches(
  policy: PolicyFacts,
  of: Instances,
  record: ListRecord,
  desired: DesiredPolicy,
  request: Request,
): SwitchesPlan {
  const value = desired.enabled ? 1 : 0;
  const owners = joined(record.switch?.owners ?? [], request);
  const set = setDword("switch", policy, record.switch, value, owners, request);
  // Whoever was there when the switch was last in others' hands does not live by ours; who was there
  // when it was taken over does.
  const isFlipped = set.change.live !== undefined;
  const isTaken =
    request.options.adopt &&
    !isFlipped &&
    record.switch?.before.live === undefined;
  const foreign = isTaken
    ? []
    : record.switch && !isFlipped
      ? record.switch.foreign
      : [
          ...new Set([
            ...foreignWithoutDomain(of, record.entries),
            ...keysTakenAway(record),
          ]),
        ];
  const withForeign = (one: DwordRecord | null): SwitchRecord | null =>
    one && { ...one, foreign };
  return both(
    {
      during: withForeign(set.during),
      after: withForeign(set.after),
      change: set.change,
    },
    joinConcatenate(policy, record, desired, request),
  );
}

function joinConcatenate(
  policy: PolicyFacts,
  record: ListRecord,
  desired: DesiredPolicy,
  request: Request,
): DwordPlan {
  const known = record.concatenate;
  const set = (value: number, owners: readonly string[]): DwordPlan =>
    setDword("concatenate", policy, known, value, owners, request);
  if (listKeyOf(desired.policy) === null) return keep(undefined);
  if (desired.concatenate !== null) {
    const owners = joined(known?.owners ?? [], request);
    return set(Number(desired.concatenate), owners);
  }
  if (known && isMine(known.owners, request)) {
    return leaveOpinion(policy, record, known, request);
  }
  if (known) {
    // A crash in the middle: a change that was not finished, or local policy has it and HKLM not yet.
    const isHalf =
      known.was !== undefined ||
      (policy.live.concatenate === null &&
        policy.local.concatenate === known.value);
    return isHalf ? set(known.value, known.owners) : keep(known);
  }
  // Leaving it off would drop Windows' own TERMSRV/* from a list that had it until now.
  if (stores.every((store) => isUnset(policy[store]))) return set(1, []);
  return keep(takenOver(policy, request));
}

/** The "concatenate" of a list that is taken over whole, or that was ours in a ledger that was lost: as it stands. */
function takenOver(
  policy: PolicyFacts,
  { added, options }: Request,
): DwordRecord | undefined {
  const value = policy.live.concatenate;
  if (value === null) return undefined;
  // Of the domain's word in HKLM nothing is ours; what we had written into local policy before it is.
  const isDomains =
    dwordProvenance(policy, "concatenate", undefined) === "domain";
  const before = stores
    .filter((store) => !(isDomains && store === "live"))
    .filter((store) => policy[store].concatenate === value)
    .map((store) => {
      const first = added.dwords.concatenate?.[store];
      const isTaken = options.adopt && !isDomains;
      return [store, isTaken ? (first ?? null) : first] as const;
    })
    .filter(([, first]) => first !== undefined);
  return before.length === 0
    ? undefined
    : { owners: [], value, before: Object.fromEntries(before) };
}

/** Gives up an opinion of a list that others of ours still need. */
function leaveOpinion(
  policy: PolicyFacts,
  record: ListRecord,
  known: DwordRecord,
  request: Request,
): DwordPlan {
  const owners = others(known.owners, request);
  if (owners.length > 0) {
    return { during: known, after: { ...known, owners }, change: {} };
  }
  // A list that we made is as if nobody had ever had an opinion.
  if (record.switch?.before.live === null) {
    return setDword("concatenate", policy, known, 1, [], request);
  }
  return putBack("concatenate", policy, known);
}

/**
 * Leaves both, and puts them back when nobody of ours needs the policy any more.
 * @param isHeld whether other owners have entries in it.
 */
export function leaveSwitches(
  name: PolicyName,
  policy: PolicyFacts,
  of: Instances,
  record: ListRecord,
  isHeld: boolean,
  request: Request,
): SwitchesPlan {
  const { switch: enabled, concatenate } = record;
  const owners = others(enabled?.owners ?? [], request);
  if (owners.length > 0 || isHeld) {
    return both(
      { ...keep(enabled), after: enabled ? { ...enabled, owners } : null },
      concatenate && isMine(concatenate.owners, request)
        ? leaveOpinion(policy, record, concatenate, request)
        : keep(concatenate),
    );
  }
  const back = enabled
    ? putBack("switch", policy, enabled)
    : drop<SwitchRecord>(enabled);
  const come =
    enabled?.value === 1 &&
    policy.live.switch === 1 &&
    Object.keys(back.change).length > 0
      ? foreignWithoutDomain(of, record.entries).filter(
          (key) => !enabled.foreign.includes(key),
        )
      : [];
  if (come.length > 0) {
    const gone = both(drop(enabled), drop(concatenate));
    const warning = `${name} stays enabled: somebody else has come to use it (${come.join(", ")}).`;
    return { ...gone, warnings: [warning] };
  }
  return both(
    back,
    concatenate
      ? putBack("concatenate", policy, concatenate)
      : drop(concatenate),
  );
}

/** Sets a DWORD, and records what stood there where we set it. */
function setDword(
  which: Dword,
  policy: PolicyFacts,
  record: DwordRecord | undefined,
  value: number,
  owners: readonly string[],
  { added, options }: Request,
): DwordPlan {
  // What the domain sets needs nothing of ours, but ours of before must not stay behind;
  // where it sets another value, the plan was refused.
  const isDomains = dwordProvenance(policy, which, record) === "domain";
  const isStale = (store: Store): boolean =>
    store === "local" &&
    record !== undefined &&
    isOurs(policy.local[which], record) &&
    policy.local[which] !== value;
  const flipped = stores.filter((store) =>
    isDomains ? isStale(store) : isWrong(which, policy, store, value),
  );
  const known = record?.before ?? added.dwords[which] ?? {};
  // The last value that somebody else left: not the one we wrote ourselves.
  const before = (store: Store): number | null | undefined => {
    const current = policy[store][which];
    const first = known[store];
    if (first !== undefined && isOurs(current, record ?? { value })) {
      return first;
    }
    if (first !== undefined || flipped.includes(store)) return current;
    const isTaken = options.adopt && current === value && !isDomains;
    return isTaken ? null : undefined;
  };
  const was = [record?.value, record?.was].find(
    (one) => one !== undefined && one !== value,
  );
  const after: DwordRecord = {
    owners,
    value,
    before: Object.fromEntries(
      stores
        .map((store) => [store, before(store)] as const)
        .filter(([, one]) => one !== undefined),
    ),
  };
  return {
    during:
      was === undefined || flipped.length === 0 ? after : { ...after, was },
    after,
    change: Object.fromEntries(flipped.map((store) => [store, value])),
  };
}

/**
 * Whether a store has to be set. Local policy gets a DWORD that HKLM lacks, and keeps in step where
 * it has one: what somebody wrote straight into HKLM the pass after ours would take away as its own.
 */
function isWrong(
  which: Dword,
  { local, live, applied }: PolicyFacts,
  store: Store,
  value: number,
): boolean {
  return store === "live"
    ? live[which] !== value
    : local[which] !== value &&
        (local[which] !== null ||
          live[which] === null ||
          applied[which] !== null);
}

/**
 * A DWORD goes back to what it was, unless somebody has set it to something else since. The ledger
 * says where to before the host is changed: half way, nothing else could tell.
 */
function putBack<R extends DwordRecord>(
  which: Dword,
  policy: PolicyFacts,
  record: R,
): DwordPlan<R> {
  // A pass has made live what stands in somebody else's policy: it is theirs, even if we had put it there before.
  const isTheirs =
    dwordProvenance(policy, which, record) === "domain" ||
    (record.before.local === undefined &&
      policy.local[which] === policy.live[which] &&
      policy.applied[which] === policy.live[which]);
  // Without us the pass that has made ours live would have made live what stood in local policy.
  const { local: inLocal, live: inLive } = record.before;
  const isPassed = policy.applied[which] === policy.live[which];
  const toLive = isPassed && typeof inLocal === "number" ? inLocal : inLive;
  const before: DwordBefore = {
    ...record.before,
    ...(toLive !== undefined && { live: toLive }),
  };
  const back = stores
    .filter((store) => !(store === "live" && isTheirs))
    .filter((store) => isOurs(policy[store][which], record))
    .map((store) => [store, before[store]] as const)
    .filter(([store, b]) => b !== undefined && b !== policy[store][which]);
  return {
    during: { ...record, before },
    after: null,
    change: Object.fromEntries(back),
  };
}

/** Whether a DWORD stands as we set it, now or before our mind changed. */
function isOurs(
  current: number | null,
  { value, was }: Pick<DwordRecord, "value" | "was">,
): boolean {
  return current !== null && (current === value || current === was);
}

function keep<R extends DwordRecord>(record: R | undefined): DwordPlan<R> {
  return { during: record ?? null, after: record ?? null, change: {} };
}

function drop<R extends DwordRecord>(record: R | undefined): DwordPlan<R> {
  return { during: record ?? null, after: null, change: {} };
}

function both(
  enabled: DwordPlan<SwitchRecord>,
  concatenate: DwordPlan,
): SwitchesPlan {
  const records = (when: "during" | "after"): SwitchRecords => ({
    ...(enabled[when] && { switch: enabled[when] }),
    ...(concatenate[when] && { concatenate: concatenate[when] }),
  });
  const change = (store: Store) => ({
    ...(enabled.change[store] !== undefined && {
      switch: enabled.change[store],
    }),
    ...(concatenate.change[store] !== undefined && {
      concatenate: concatenate.change[store],
    }),
  });
  return {
    during: records("during"),
    after: records("after"),
    change: { local: change("local"), live: change("live") },
    warnings: [],
  };
}
