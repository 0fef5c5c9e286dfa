import { spnKey } from "../model/delegates";
import type { Role } from "../model/facts";
import {
  entryBefore,
  type DwordBefore,
  type DwordRecord,
  type FlagRecord,
  type Ledger,
  type ListRecord,
} from "../model/ledger";
import { policyNames, type PolicyName } from "../model/policies";

/** One thing a ledger records, and who of us owns it. */
export type Holding = {
  /** Nobody: a debt, which a later run on the host settles. */
  readonly owners: readonly string[];
} & (
  | {
      readonly kind: "role";
      readonly role: Role;
      readonly before: FlagRecord["before"];
    }
  | {
      readonly kind: "entry";
      readonly policy: PolicyName;
      /** As the ledger compares it: in lower case. */
      readonly entry: string;
      readonly before: "present" | "absent";
    }
  | {
      readonly kind: "switch" | "concatenate";
      readonly policy: PolicyName;
      readonly value: number;
      readonly before: DwordBefore;
    }
  | {
      /** `exclusive` took it away: it comes back when its owners leave. */
      readonly kind: "removed";
      readonly policy: PolicyName;
      readonly entry: string;
    }
);

/** Everything a ledger records: the roles, then policy by policy. */
export function holdingsOf(ledger: Ledger): readonly Holding[] {
  const roles = (["client", "service"] as const).flatMap((role) => {
    const record = ledger.flags[role];
    if (record === undefined) return [];
    const { owners, before } = record;
    return [{ kind: "role", role, before, owners } as const];
  });
  const policies = policyNames.flatMap((policy) => {
    const list = ledger.lists[policy];
    return list === undefined ? [] : ofPolicy(policy, list);
  });
  return [...roles, ...policies];
}

function ofPolicy(policy: PolicyName, list: ListRecord): readonly Holding[] {
  const entries = Object.entries(list.entries).map(
    ([entry, record]) =>
      ({
        kind: "entry",
        policy,
        entry,
        before: entryBefore(record),
        owners: record.owners,
      }) as const,
  );
  // Nobody's own opinion: it came with the list, and goes with the last of those who own that.
  const everybody = [
    ...new Set([
      ...entries.flatMap(({ owners }) => owners),
      ...(list.switch?.owners ?? []),
    ]),
  ];
  const dword = (
    kind: "switch" | "concatenate",
    record: DwordRecord | undefined,
  ): readonly Holding[] => {
    if (record === undefined) return [];
    const { value, before } = record;
    const owners = record.owners.length > 0 ? record.owners : everybody;
    return [{ kind, policy, value, before, owners }];
  };
  const { owners = [], values = { local: [], live: [] } } = list.removed ?? {};
  const removed = new Map(
    [...values.local, ...values.live].map(({ data }) => [spnKey(data), data]),
  );
  return [
    ...dword("switch", list.switch),
    ...dword("concatenate", list.concatenate),
    ...entries,
    ...[...removed.values()].map(
      (entry) => ({ kind: "removed", policy, entry, owners }) as const,
    ),
  ];
}

/** Every owner a ledger knows, once, in order. */
export function ownersIn(holdings: readonly Holding[]): readonly string[] {
  return [...new Set(holdings.flatMap(({ owners }) => owners))].sort();
}

/** What a holding is, as two cells: the role or policy, and what of it. */
export function namesOf(holding: Holding): readonly [string, string] {
  switch (holding.kind) {
    case "role":
      return [`${roleName(holding.role)} role`, "on"];
    case "entry":
      return [holding.policy, holding.entry];
    case "switch":
      return [holding.policy, holding.value === 1 ? "enabled" : "disabled"];
    case "concatenate":
      return [
        holding.policy,
        holding.value === 1 ? "with OS defaults" : "without OS defaults",
      ];
    case "removed":
      return [holding.policy, `${holding.entry} taken away`];
  }
}

/** What was there before us, in a word. */
export function beforeIn(holding: Holding): string {
  switch (holding.kind) {
    case "role":
      return holding.before === "unknown"
        ? "set by policy before"
        : `${holding.before} before`;
    case "entry":
      return holding.before === "present" ? "there before" : "not there before";
    case "switch":
    case "concatenate":
      return isUnwritten(holding.before)
        ? "so before"
        : `${dwordBefore(holding.before)} before`;
    case "removed":
      return "there before";
  }
}

/** What stood in a DWORD before us: live counts, because that is what Windows acts on. */
export function dwordBefore({ live, local }: DwordBefore): string {
  const before = live === undefined ? local : live;
  return before === undefined || before === null
    ? "not configured"
    : String(before);
}

/** Whether it stood as we want it when we came, so that we never wrote it. */
export function isUnwritten({ live, local }: DwordBefore): boolean {
  return live === undefined && local === undefined;
}

/** A role as people call it: WinRM says service, the cmdlets say server. */
export function roleName(role: Role): string {
  return role === "service" ? "server" : "client";
}
