import { covers, spnKey } from "./delegates";
import { problem, type Problem } from "./errors";
import type { Flag, HostFacts, ListValue } from "./facts";
import { hostLedger, isWritten, type ListRecord } from "./ledger";
import { policyOf } from "./policies";
import {
  domainDword,
  holds,
  isReplaced,
  objectsBehind,
  policyFacts,
  provenanceOf,
} from "./policyFacts";
import type { DesiredPolicy, Dword } from "./request";

/** What a facet came to: a role's flag, or a policy. */
export type Outcome = "ours" | "satisfiedByPolicy" | "blockedByPolicy";

/** What a role's flag came to: policy that switches it wins. */
export function flagOutcome({ on, source }: Flag): Outcome {
  if (source === "local") return "ours";
  return on ? "satisfiedByPolicy" : "blockedByPolicy";
}

/** What a policy came to. */
export interface PolicyOutcome {
  readonly outcome: Outcome;
  /** Wanted entries that are not in the list, by the entry that covers them: the domain holds the list. */
  readonly coveredBy: Readonly<Record<string, string>>;
  /** Why the domain's policy blocks it. */
  readonly problem: Problem | null;
}

/**
 * How what is wanted of a policy stands to the domain's policy, which comes after
 * local policy. Where it sets a DWORD, that one stands; where it empties the list
 * first, only its own entries do; otherwise the two lists merge and ours is ours.
 */
export function policyOutcome(
  facts: HostFacts,
  record: ListRecord | undefined,
  desired: DesiredPolicy,
): PolicyOutcome {
  const { policy: name, entries, enabled, concatenate } = desired;
  const policy = policyFacts(facts, name);
  const domains = (which: Dword): number | null =>
    domainDword(policy, which, record?.[which]);
  const by = objectsBehind(policy);
  const wanted: readonly (readonly [Dword, number])[] = [
    ["switch", Number(enabled)],
    ...(concatenate === null
      ? []
      : [["concatenate", Number(concatenate)] as const]),
  ];
  for (const [which, wish] of wanted) {
    const found = domains(which);
    if (found === null || found === wish) continue;
    const value = policyOf(name)[which] ?? "";
    return blocked(problem("CREDSSP313", { by, value, found }));
  }
  const denied = enabled ? deniedByDomain(facts, desired) : null;
  if (denied) return blocked(denied);

  if (!isReplaced(policy)) {
    const isTheirs = entries.length === 0 && domains("switch") !== null;
    return {
      outcome: isTheirs ? "satisfiedByPolicy" : "ours",
      coveredBy: {},
      problem: null,
    };
  }
  // Only what the last pass has written survives the next: what stands there beside is emptied with the list.
  const kept = policy.live.values.filter((value) =>
    holds(policy.applied, value),
  );
  const present = new Set(kept.map(({ data }) => spnKey(data)));
  const absent = entries.filter((spn) => !present.has(spnKey(spn)));
  const exceptions = denials(facts, desired);
  const coverOf = coverIn(kept);
  const pairs = absent.map((spn) => {
    const isDenied = exceptions.some(({ data }) => covers(data, spn));
    return [spn, isDenied ? undefined : coverOf(spn)] as const;
  });
  const missing = pairs.flatMap(([spn, cover]) => (cover ? [] : [spn]));
  if (missing.length > 0) {
    const details = { policy: name, by, missing: missing.join(", ") };
    return blocked(problem("CREDSSP312", details));
  }
  return {
    outcome: "satisfiedByPolicy",
    coveredBy: Object.fromEntries(pairs) as Record<string, string>,
    problem: null,
  };
}

function blocked(one: Problem): PolicyOutcome {
  return { outcome: "blockedByPolicy", coveredBy: {}, problem: one };
}

/** Finds the value, another than itself, that reaches an SPN. */
export function coverIn(
  values: readonly ListValue[],
): (spn: string) => string | undefined {
  // Only these can be wider than an entry.
  const wildcards = values
    .map(({ data }) => data)
    .filter((data) => data.includes("*"));
  return (spn) =>
    wildcards.find((data) => spnKey(data) !== spnKey(spn) && covers(data, spn));
}

/** The live entries of the list that makes exceptions from a policy, if that list is enabled, with where each comes from. */
export function denials(
  facts: HostFacts,
  { policy: name }: DesiredPolicy,
): readonly { readonly data: string; readonly isDomains: boolean }[] {
  const { deniedBy } = policyOf(name);
  if (deniedBy === undefined) return [];
  const deny = policyFacts(facts, deniedBy);
  const record = hostLedger(facts)?.lists[deniedBy];
  return deny.live.switch !== 1
    ? []
    : deny.live.values.map((value) => ({
        data: value.data,
        isDomains:
          provenanceOf(deny, value, isWritten(record, value)) === "domain",
      }));
}

function deniedByDomain(
  facts: HostFacts,
  desired: DesiredPolicy,
): Problem | null {
  const { deniedBy } = policyOf(desired.policy);
  if (deniedBy === undefined) return null;
  const rules = denials(facts, desired).filter(({ isDomains }) => isDomains);
  const denied = desired.entries.filter((spn) =>
    rules.some(({ data }) => covers(data, spn)),
  );
  return denied.length === 0
    ? null
    : problem("CREDSSP314", {
        by: objectsBehind(policyFacts(facts, deniedBy)),
        policy: deniedBy,
        denied: denied.join(", "),
      });
}
