import { canDisable, enableNames } from "./cmdlets";
import { spnKey } from "./delegates";
import { problem, type Problem } from "./errors";
import type { HostFacts, ListState } from "./facts";
import type { Ledger, ListRecord } from "./ledger";
import { indexOf, type Stores } from "./listStores";
import { others } from "./ownership";
import { planEntries } from "./planEntries";
import type { Outcome } from "./planRole";
import { joinSwitches, keepSwitches, leaveSwitches } from "./planSwitches";
import type { PolicyName } from "./policies";
import type { DesiredList, Request } from "./request";
import type { StoreChange } from "./steps";

/** What is to happen to a list. */
export interface ListPlan {
  /** What the ledger says before the host is changed, and after it. */
  readonly during: ListRecord | undefined;
  readonly after: ListRecord | undefined;
  readonly change: Stores<StoreChange>;
  /** The names with which the cmdlet does the same as `change`, or null. */
  readonly enableNames: readonly string[] | null;
  /** The cmdlet that wipes the list does the same as `change`. */
  readonly canDisable: boolean;
  /** Entries that stand in local policy and that policy processing has still to bring to HKLM. */
  readonly waiting: readonly string[];
  readonly outcome: Outcome | null;
  readonly refusals: readonly Problem[];
}

/**
 * Plans one list: joins what is desired, leaves what no longer is.
 * @param mayAdd false after a refusal: what is held stays as it is, and only what is no longer desired goes.
 */
export function planList(
  policy: PolicyName,
  facts: HostFacts,
  ledger: Ledger,
  request: Request,
  mayAdd: boolean,
): ListPlan {
  const record = ledger.lists[policy] ?? { entries: {} };
  const list = request.desired?.list;
  const desired = list?.policy === policy ? list : null;
  const state = { local: facts.local[policy], live: facts.live[policy] };

  const wanted = desired?.entries ?? [];
  const entries = planEntries(
    state,
    facts.applied[policy],
    record.entries,
    wanted,
    request,
    mayAdd,
  );
  const isHeld = Object.keys(entries.after).length > 0;
  const switches =
    desired === null
      ? leaveSwitches(state, record, isHeld, request)
      : mayAdd
        ? joinSwitches(state, facts.applied[policy], record, desired, request)
        : keepSwitches(record);

  const after = tidy({ entries: entries.after, ...switches.after });
  const change = {
    local: { ...entries.change.local, ...switches.change.local },
    live: { ...entries.change.live, ...switches.change.live },
  };
  const cmdletWorks =
    request.cmdlet === "allowed" &&
    facts.localPolicyOff === null &&
    !facts.openEditors;
  const refusals =
    desired && mayAdd ? refuse(state, facts, record, desired, request) : [];
  return {
    during: tidy({ entries: entries.during, ...switches.during }),
    after,
    change,
    enableNames:
      cmdletWorks && desired?.byCmdlet ? enableNames(state, change) : null,
    canDisable:
      cmdletWorks &&
      after === undefined &&
      canDisable(state, facts.applied[policy], change),
    waiting: desired && request.cmdlet === "ran" ? pending(state, desired) : [],
    outcome: desired && refusals.length === 0 ? "ours" : null,
    refusals,
  };
}

/** Whether a change leaves a store as it is. */
export function isNoChange(change: StoreChange): boolean {
  return (
    change.add.length === 0 &&
    change.remove.length === 0 &&
    change.switch === undefined &&
    change.concatenate === undefined
  );
}

function refuse(
  state: Stores<ListState>,
  facts: HostFacts,
  record: ListRecord,
  desired: DesiredList,
  request: Request,
): readonly Problem[] {
  const value = desired.enabled ? 1 : 0;
  const [other] = others(record.switch?.owners ?? [], request);
  if (other !== undefined && record.switch?.value !== value) {
    const details = {
      policy: desired.policy,
      other,
      theirs: String(!desired.enabled),
    };
    return [problem("CREDSSP304", details)];
  }
  const live = indexOf(state.live);
  const isMissing =
    state.live.switch !== value ||
    desired.entries.some((spn) => !live.has(spnKey(spn)));
  return facts.localPolicyOff !== null && isMissing
    ? [problem("CREDSSP303", { reason: facts.localPolicyOff })]
    : [];
}

function pending(
  state: Stores<ListState>,
  desired: DesiredList,
): readonly string[] {
  const [local, live] = [indexOf(state.local), indexOf(state.live)];
  const late = desired.entries.filter(
    (spn) => local.has(spnKey(spn)) && !live.has(spnKey(spn)),
  );
  const isOff = state.local.switch === 1 && state.live.switch !== 1;
  return late.length > 0 || !isOff ? late : desired.entries;
}

/** A record that says nothing is no record. */
function tidy(record: ListRecord): ListRecord | undefined {
  const isEmpty =
    Object.keys(record.entries).length === 0 && record.switch === undefined;
  return isEmpty ? undefined : record;
}
