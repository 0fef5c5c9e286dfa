import { isWsman } from "./delegates";
import { problem, type Problem } from "./errors";
import type { HostFacts, Role } from "./facts";
import { foreignKeys, instancesOf, keysTakenAway } from "./instances";
import type { FlagRecord, Ledger } from "./ledger";
import { flagOutcome, type Outcome } from "./outcomes";
import { isMine, joined, others } from "./ownership";
import { policyOf, policyOver } from "./policies";
import { domainDword, objectsBehind, policyFacts, setBy } from "./policyFacts";
import type { Request } from "./request";

/** What is to happen to a role. */
export interface RolePlan {
  /** What the ledger says before the host is changed, and after it. */
  readonly during: FlagRecord | undefined;
  readonly after: FlagRecord | undefined;
  /** Null: leave the flag alone. */
  readonly turn: "on" | "off" | null;
  readonly outcome: Outcome | null;
  readonly refusals: readonly Problem[];
  readonly warnings: readonly string[];
}

/**
 * Plans one role: joins it, leaves it, or settles what nobody owns any more.
 * @param mayAdd false after a refusal: a role that is desired stays as it is.
 */
export function planRole(
  role: Role,
  facts: HostFacts,
  ledger: Ledger,
  request: Request,
  mayAdd: boolean,
): RolePlan {
  const record = ledger.flags[role];
  if (request.desired?.flag === role) {
    return mayAdd ? join(role, facts, ledger, request) : unchanged(record);
  }
  if (
    record &&
    (isMine(record.owners, request) || record.owners.length === 0)
  ) {
    return leave(role, facts, ledger, record, request);
  }
  return unchanged(record);
}

/** Keeps what stands in the ledger. */
function unchanged(record: FlagRecord | undefined): RolePlan {
  return {
    during: record,
    after: record,
    turn: null,
    outcome: null,
    refusals: [],
    warnings: [],
  };
}

function join(
  role: Role,
  facts: HostFacts,
  ledger: Ledger,
  request: Request,
): RolePlan {
  const record = ledger.flags[role];
  const flag = facts[role];
  const refusal = forbidden(role, facts, ledger);
  if (refusal) return { ...unchanged(record), refusals: [refusal] };
  const owners = joined(record?.owners ?? [], request);
  const known = record ?? {
    owners,
    before: firstBefore(role, facts, request),
    foreign: foreignEntries(role, facts, ledger.lists),
  };
  // `before` is the last state that somebody else left, so a role found off starts over.
  const adopted = known.before === "on" && request.options.adopt;
  const next: FlagRecord =
    flag.source === "local" && !flag.on
      ? {
          ...known,
          owners,
          before: "off",
          foreign: foreignEntries(role, facts, ledger.lists),
        }
      : { ...known, owners, ...(adopted && { before: "off" }) };
  return {
    during: next,
    after: next,
    turn: flag.on ? null : "on",
    outcome: flagOutcome(flag),
    refusals: [],
    warnings: [],
  };
}

/** Policy that switches a role off, if there is one: now, or as the domain will have it again after the next pass. */
function forbidden(
  role: Role,
  facts: HostFacts,
  { lists }: Ledger,
): Problem | null {
  const name = policyOver(role);
  const policy = policyFacts(facts, name);
  const isOff = facts[role].source === "policy" && !facts[role].on;
  const isComing = domainDword(policy, "switch", lists[name]?.switch) === 0;
  if (!isOff && !isComing) return null;
  const { key, switch: value } = policyOf(name);
  return problem("CREDSSP301", {
    role,
    value: `HKLM\\${key}\\${value}`,
    by: isOff
      ? setBy(policy)
      : `${objectsBehind(policy)} from the next policy pass on`,
  });
}

function firstBefore(
  role: Role,
  facts: HostFacts,
  request: Request,
): FlagRecord["before"] {
  // A ledger that was lost: the outputs still know that we had switched it on.
  if (request.added.flag || !facts[role].on) return "off";
  return facts[role].source === "policy" ? "unknown" : "on";
}

function leave(
  role: Role,
  facts: HostFacts,
  ledger: Ledger,
  record: FlagRecord,
  request: Request,
): RolePlan {
  const owners = others(record.owners, request);
  const flag = facts[role];
  if (
    owners.length > 0 ||
    record.before !== "off" ||
    (!flag.on && flag.source === "local")
  ) {
    const after = owners.length > 0 ? { ...record, owners } : undefined;
    return { ...unchanged(record), after };
  }
  if (flag.source === "policy") {
    return {
      ...unchanged(record),
      after: { ...record, owners: [] },
      warnings: [
        `The ${role} role is under policy now; once that is lifted, the next run on this host switches the role off.`,
      ],
    };
  }
  const come = newcomers(role, facts, ledger, record);
  if (come.length > 0) {
    return {
      ...unchanged(record),
      after: undefined,
      warnings: [
        `The client role stays on: somebody else has come to delegate by it (${come.join(", ")}).`,
      ],
    };
  }
  if (role === "service" && request.travelsOnCredssp) {
    // A debt waits for a run that travels otherwise.
    if (record.owners.length === 0) return unchanged(record);
    return { ...unchanged(record), refusals: [problem("CREDSSP310")] };
  }
  return { ...unchanged(record), after: undefined, turn: "off" };
}

/** The `wsman` entries of others that were not there when the role was recorded. */
function newcomers(
  role: Role,
  facts: HostFacts,
  ledger: Ledger,
  record: FlagRecord,
): readonly string[] {
  return foreignEntries(role, facts, ledger.lists).filter(
    (spn) => !record.foreign.includes(spn),
  );
}

/** The `wsman` entries of others, in either store: what local policy holds is live after the next pass. */
function foreignEntries(
  role: Role,
  facts: HostFacts,
  lists: Ledger["lists"],
): readonly string[] {
  if (role !== "client") return [];
  const name = "AllowFreshCredentials";
  const record = lists[name];
  const of = instancesOf(policyFacts(facts, name));
  const foreign = [
    ...foreignKeys(of, record?.entries ?? {}),
    ...keysTakenAway(record),
  ];
  return [...new Set(foreign)].filter(isWsman).sort();
}
