import { spnKey } from "./delegates";
import type { HostFacts, ListValue, Origin, PolicyState } from "./facts";
import type { DwordRecord, Store } from "./ledger";
import type { PolicyName } from "./policies";

/** Something for each of the two stores of a policy. */
export type Stores<T> = Readonly<Record<Store, T>>;

/** Both stores: local policy first, as it is what a policy pass makes live. */
export const stores = ["local", "live"] as const satisfies readonly Store[];

/** All that is known of one policy on a host. */
export interface PolicyFacts extends Stores<PolicyState> {
  readonly applied: PolicyState;
  /** The domain's say; null where RSoP gives no answer. */
  readonly origin: Origin | null;
}

/** What an observation holds of one policy. */
export function policyFacts(facts: HostFacts, name: PolicyName): PolicyFacts {
  return {
    local: facts.local[name],
    live: facts.live[name],
    applied: facts.applied[name],
    origin: facts.origins && (facts.origins[name] ?? { values: {} }),
  };
}

/** Where something live comes from: `direct` is what somebody wrote straight into HKLM. */
export type Provenance = "local" | "domain" | "direct";

/**
 * Where a live value comes from. RSoP knows; without it, what a pass has written
 * and local policy does not hold comes from the domain, unless we wrote it (after
 * a pass everything of local policy stands in its archive too).
 */
export function provenanceOf(
  { local, applied, origin }: PolicyFacts,
  value: ListValue,
  isOurs: boolean,
): Provenance {
  const isIn = (state: PolicyState): boolean => holds(state, value);
  const isSet = origin
    ? Object.hasOwn(origin.values, value.name.toLowerCase())
    : !isOurs && !isIn(local);
  if (isSet && isIn(applied)) return "domain";
  return isIn(local) ? "local" : "direct";
}

/**
 * Whether the next pass takes a live value away: the last one wrote one of its name, whoever has it
 * by now, and no policy says it any more.
 */
export function isFading(policy: PolicyFacts, value: ListValue): boolean {
  return (
    hasName(policy.applied, value) &&
    !hasName(policy.local, value) &&
    provenanceOf(policy, value, true) !== "domain"
  );
}

/** Whether a live value is still there after the next pass, and still names the same servers. */
export function isLasting(policy: PolicyFacts, value: ListValue): boolean {
  const isDomains = provenanceOf(policy, value, true) === "domain";
  const next = valueNamed(policy.local, value);
  return (
    isDomains ||
    (next ? spnKey(next.data) === spnKey(value.data) : !isFading(policy, value))
  );
}

/** Where a live DWORD comes from, by the same rule; null where there is none. */
export function dwordProvenance(
  { local, live, applied, origin }: PolicyFacts,
  which: "switch" | "concatenate",
  record: DwordRecord | undefined,
): Provenance | null {
  const value = live[which];
  if (value === null) return null;
  const inLocal = local[which];
  // A record without a `before` is of a DWORD that we never had to set; what stood there before us is
  // still there when a step was left half way, and was not the domain's either.
  const isOurs =
    record !== undefined &&
    Object.keys(record.before).length > 0 &&
    [record.value, record.was, record.before.live].includes(value) &&
    // What we write to HKLM stands in local policy before.
    (record.before.local === undefined ||
      (inLocal !== null && [record.value, record.was].includes(inLocal)));
  const isSet = origin
    ? origin[which] !== undefined
    : !isOurs && local[which] !== value;
  if (isSet && applied[which] === value) return "domain";
  return local[which] === value ? "local" : "direct";
}

/**
 * What the domain says of a DWORD, as far as is known, or null: it comes back with the next pass,
 * whatever somebody has made of it in HKLM since the last.
 */
export function domainDword(
  policy: PolicyFacts,
  which: "switch" | "concatenate",
  record: DwordRecord | undefined,
): number | null {
  const { live, applied, origin } = policy;
  if (origin) return origin[which] === undefined ? null : applied[which];
  return dwordProvenance(policy, which, record) === "domain"
    ? live[which]
    : null;
}

/** Whether the domain empties the list before it writes its own: what local policy holds does not survive a pass. */
export function isReplaced({ local, applied, origin }: PolicyFacts): boolean {
  return origin
    ? origin.clearsFirst !== undefined
    : applied.clearsFirst === true && local.clearsFirst !== true;
}

/** Who has set a policy's switch, for a message. */
export function setBy(policy: PolicyFacts): string {
  switch (dwordProvenance(policy, "switch", undefined)) {
    case "local":
      return "local policy";
    case "domain":
      return objectsBehind(policy);
    default:
      return "a value written straight into HKLM";
  }
}

/** The domain's policy objects behind a policy, for a message. */
export function objectsBehind({ origin }: PolicyFacts): string {
  const { switch: one, concatenate, clearsFirst, values = {} } = origin ?? {};
  const names = [one, concatenate, clearsFirst, ...Object.values(values)];
  const known = [...new Set(names.filter((name) => name !== undefined))];
  return known.length > 0
    ? known.map((n) => `"${n}"`).join(", ")
    : "a policy of the domain";
}

/** Whether a store has this very value. Windows compares names without case; an SPN's spelling is data. */
export function holds(
  { values }: Pick<PolicyState, "values">,
  value: ListValue,
): boolean {
  return values.some((one) => isNamed(one, value) && one.data === value.data);
}

/** A store's value of this name, if there is one. */
export function valueNamed(
  { values }: Pick<PolicyState, "values">,
  value: Pick<ListValue, "name">,
): ListValue | undefined {
  return values.find((one) => isNamed(one, value));
}

/** Whether a store has a value of this name. */
export function hasName(
  state: Pick<PolicyState, "values">,
  value: Pick<ListValue, "name">,
): boolean {
  return valueNamed(state, value) !== undefined;
}

function isNamed(
  one: Pick<ListValue, "name">,
  { name }: Pick<ListValue, "name">,
): boolean {
  return one.name.toLowerCase() === name.toLowerCase();
}

/** Whether a policy is not configured at all in a store. */
export function isUnset(state: PolicyState): boolean {
  return (
    state.switch === null &&
    state.concatenate === null &&
    state.values.length === 0
  );
}
