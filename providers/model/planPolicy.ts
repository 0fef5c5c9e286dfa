import { canDisable, enableNames } from "./cmdlets";
import { spnKey } from "./delegates";
import { problem, type Problem } from "./errors";
import type { HostFacts } from "./facts";
import { indexOf, instancesOf } from "./instances";
import type { Ledger, ListRecord } from "./ledger";
import { policyOutcome, type Outcome } from "./outcomes";
import { others } from "./ownership";
import { planEntries } from "./planEntries";
import { planExclusive } from "./planExclusive";
import { joinSwitches, keepSwitches, leaveSwitches } from "./planSwitches";
import type { PolicyName } from "./policies";
import {
  isReplaced,
  policyFacts,
  type PolicyFacts,
  type Stores,
} from "./policyFacts";
import type { DesiredPolicy, Request } from "./request";
import type { StoreChange } from "./steps";

/** What is to happen to a policy. */
export interface PolicyPlan {
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
  readonly warnings: readonly string[];
}

const nobodys: PolicyPlan = {
  during: undefined,
  after: undefined,
  change: { local: { add: [], remove: [] }, live: { add: [], remove: [] } },
  enableNames: null,
  canDisable: false,
  waiting: [],
  outcome: null,
  refusals: [],
  warnings: [],
};

/**
 * Plans one policy: joins what is desired, leaves what no longer is.
 * @param mayAdd false after a refusal: what is held stays as it is, and only what is no longer desired goes.
 */
export function planPolicy(
  name: PolicyName,
  facts: HostFacts,
  ledger: Ledger,
  request: Request,
  mayAdd: boolean,
): PolicyPlan {
  const wish = request.desired?.list;
  const desired = wish?.policy === name ? wish : null;
  const known = ledger.lists[name];
  if (desired === null && known === undefined) return nobodys;

  const record = known ?? { entries: {} };
  const policy = policyFacts(facts, name);
  const of = instancesOf(policy);
  const isKept = desired !== null && !mayAdd;
  const entries = planEntries(
    policy,
    of,
    record,
    desired?.entries ?? [],
    request,
    isKept ? "keep" : isReplaced(policy) ? "record" : "write",
  );
  const exclusive = planExclusive(
    name,
    policy,
    record,
    entries,
    isKept ? "as before" : desired?.exclusive ? "alone" : "shared",
    request,
  );
  const isHeld =
    Object.keys(entries.after).length > 0 || exclusive.after !== undefined;
  const switches = isKept
    ? keepSwitches(record)
    : desired
      ? joinSwitches(policy, of, record, desired, request)
      : leaveSwitches(name, policy, of, record, isHeld, request);

  const at = (when: "during" | "after"): ListRecord | undefined =>
    tidy({
      entries: entries[when],
      ...switches[when],
      ...(exclusive[when] && { removed: exclusive[when] }),
    });
  const changeOf = (store: "local" | "live"): StoreChange => ({
    add: [...entries.change[store].add, ...exclusive.change[store].add],
    remove: [
      ...entries.change[store].remove,
      ...exclusive.change[store].remove,
    ],
    ...switches.change[store],
  });
  const change = { local: changeOf("local"), live: changeOf("live") };
  const cmdletWorks =
    request.cmdlet === "allowed" &&
    facts.localPolicyOff === null &&
    !facts.openEditors;
  const { outcome, refusals } =
    desired && mayAdd
      ? verdict(policy, facts, record, desired, request)
      : { outcome: null, refusals: [] };
  return {
    during: at("during"),
    after: at("after"),
    change,
    enableNames:
      cmdletWorks && desired?.byCmdlet ? enableNames(policy, change) : null,
    canDisable:
      cmdletWorks &&
      at("after") === undefined &&
      canDisable(policy, policy.applied, change),
    waiting:
      desired && request.cmdlet === "ran" ? pending(policy, desired) : [],
    outcome,
    refusals,
    warnings: [...switches.warnings, ...exclusive.warnings],
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

/** What a policy came to, or everything that speaks against it: another resource, the domain, a host without local policy. */
function verdict(
  policy: PolicyFacts,
  facts: HostFacts,
  record: ListRecord,
  desired: DesiredPolicy,
  request: Request,
): Pick<PolicyPlan, "outcome" | "refusals"> {
  const opposite = opposed(record, desired, request);
  if (opposite) return { outcome: null, refusals: [opposite] };
  const { outcome, problem: block } = policyOutcome(facts, record, desired);
  if (block) return { outcome, refusals: [block] };
  const live = indexOf(policy.live);
  const isMissing =
    policy.live.switch !== Number(desired.enabled) ||
    desired.entries.some((spn) => !live.has(spnKey(spn)));
  return facts.localPolicyOff !== null && outcome === "ours" && isMissing
    ? {
        outcome: "blockedByPolicy",
        refusals: [problem("CREDSSP303", { reason: facts.localPolicyOff })],
      }
    : { outcome, refusals: [] };
}

/** Another resource that wants a DWORD otherwise, if there is one. */
function opposed(
  record: ListRecord,
  { policy, enabled, concatenate }: DesiredPolicy,
  request: Request,
): Problem | null {
  const opinions = [
    ["enabled", record.switch, enabled],
    ["concatenateDefaults", record.concatenate, concatenate],
  ] as const;
  for (const [property, theirs, mine] of opinions) {
    const [other] = others(theirs?.owners ?? [], request);
    if (other === undefined || mine === null) continue;
    if (theirs?.value === Number(mine)) continue;
    const details = { policy, other, property, theirs: String(!mine) };
    return problem("CREDSSP304", details);
  }
  return null;
}

function pending(
  { local, live }: PolicyFacts,
  desired: DesiredPolicy,
): readonly string[] {
  const [inLocal, inLive] = [indexOf(local), indexOf(live)];
  const late = desired.entries.filter(
    (spn) => inLocal.has(spnKey(spn)) && !inLive.has(spnKey(spn)),
  );
  const isOff = local.switch === 1 && live.switch !== 1;
  return late.length > 0 || !isOff ? late : desired.entries;
}

/** A record that says nothing is no record. */
function tidy(record: ListRecord): ListRecord | undefined {
  const isEmpty =
    Object.keys(record.entries).length === 0 &&
    record.switch === undefined &&
    record.removed === undefined;
  return isEmpty ? undefined : record;
}
