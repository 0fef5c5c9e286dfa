import type { ListState } from "./facts";
import type { DwordRecord, ListRecord, Store } from "./ledger";
import { isUnset, stores, type Stores } from "./listStores";
import { joined, others } from "./ownership";
import type { DesiredList, Request } from "./request";
import type { StoreChange } from "./steps";

/** A list's two DWORDs, as the ledger records them. */
export type SwitchRecords = Pick<ListRecord, "switch" | "concatenate">;

/** What to do to a list's two DWORDs in one store. */
type SwitchChange = Pick<StoreChange, "switch" | "concatenate">;

/** What is to happen to a list's switch and to its "concatenate OS defaults". */
export interface SwitchesPlan {
  readonly during: SwitchRecords;
  readonly after: SwitchRecords;
  readonly change: Stores<SwitchChange>;
}

/** Leaves both as they are, and the records too. */
export function keepSwitches(record: ListRecord): SwitchesPlan {
  const kept: SwitchRecords = {
    ...(record.switch && { switch: record.switch }),
    ...(record.concatenate && { concatenate: record.concatenate }),
  };
  return { during: kept, after: kept, change: { local: {}, live: {} } };
}

/** Sets the switch as declared, and "concatenate" where the list is made. */
export function joinSwitches(
  state: Stores<ListState>,
  applied: ListState,
  record: ListRecord,
  desired: DesiredList,
  request: Request,
): SwitchesPlan {
  const value = desired.enabled ? 1 : 0;
  // Local policy gets it with a list that has no switch in HKLM, and keeps in step where it has one: what
  // somebody wrote straight into HKLM the pass after ours would take away as its own.
  const flipped = stores.filter((store) =>
    store === "live"
      ? state.live.switch !== value
      : state.local.switch !== value &&
        (state.local.switch !== null ||
          state.live.switch === null ||
          applied.switch !== null),
  );
  // Leaving it off would drop Windows' own TERMSRV/* from a list that had it until now.
  const isNew = stores.every((store) => isUnset(state[store]));
  const concatenate = isNew
    ? { owners: [], value: 1, before: { local: null, live: null } }
    : record.concatenate;
  // A crash between the stores: local policy has it, HKLM not yet.
  const isHalf =
    concatenate !== undefined &&
    state.live.concatenate === null &&
    state.local.concatenate === concatenate.value;

  const was = [record.switch?.value, record.switch?.was].find(
    (one) => one !== undefined && one !== value,
  );
  const after: SwitchRecords = {
    switch: {
      owners: joined(record.switch?.owners ?? [], request),
      value,
      before: Object.fromEntries(
        stores
          .filter(
            (store) =>
              flipped.includes(store) ||
              record.switch?.before[store] !== undefined,
          )
          .map((store) => [
            store,
            lastLeft(state[store].switch, record.switch, store),
          ]),
      ),
    },
    ...(concatenate && { concatenate }),
  };
  const change = (store: Store): SwitchChange => ({
    ...(flipped.includes(store) && { switch: value }),
    ...((isNew || (isHalf && store === "live")) && { concatenate: 1 }),
  });
  const during: SwitchRecords =
    was === undefined || flipped.length === 0 || after.switch === undefined
      ? after
      : { ...after, switch: { ...after.switch, was } };
  return {
    during,
    after,
    change: { local: change("local"), live: change("live") },
  };
}

/**
 * Leaves both, and puts them back when nobody of ours needs the list any more.
 * @param isHeld whether other owners have entries in it.
 */
export function leaveSwitches(
  state: Stores<ListState>,
  record: ListRecord,
  isHeld: boolean,
  request: Request,
): SwitchesPlan {
  const kept = keepSwitches(record);
  const owners = others(record.switch?.owners ?? [], request);
  if (owners.length > 0 || isHeld) {
    const after: SwitchRecords = {
      ...kept.during,
      ...(record.switch && { switch: { ...record.switch, owners } }),
    };
    return { ...kept, after };
  }
  const back = (store: Store): SwitchChange => ({
    ...putBack("switch", state[store], record.switch, store),
    ...putBack("concatenate", state[store], record.concatenate, store),
  });
  return {
    during: kept.during,
    after: {},
    change: { local: back("local"), live: back("live") },
  };
}

/** The last value that somebody else left: not the one we wrote ourselves. */
function lastLeft(
  current: number | null,
  record: DwordRecord | undefined,
  store: Store,
): number | null {
  const before = record?.before[store];
  return before !== undefined && isOurs(current, record) ? before : current;
}

/** A DWORD goes back to what it was, unless somebody has set it to something else since. */
function putBack(
  which: keyof SwitchChange,
  state: ListState,
  record: DwordRecord | undefined,
  store: Store,
): SwitchChange {
  const before = record?.before[store];
  const current = state[which];
  return before === undefined || before === current || !isOurs(current, record)
    ? {}
    : { [which]: before };
}

/** Whether a DWORD stands as we set it, now or before our mind changed. */
function isOurs(
  current: number | null,
  record: DwordRecord | undefined,
): boolean {
  return (
    current !== null && (current === record?.value || current === record?.was)
  );
}
