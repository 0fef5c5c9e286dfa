import { spnKey } from "../model/delegates";
import type { HostFacts } from "../model/facts";
import { hostLedger, type Ledger } from "../model/ledger";
import {
  dwordBefore,
  holdingsOf,
  isUnwritten,
  type Holding,
} from "./ledgerHoldings";

/** What a release came to for one thing. */
export interface Outcome {
  readonly holding: Holding;
  /** What we had made `went` or `stays`; what we had taken away came `back` or stays `away`. */
  readonly outcome: "went" | "stays" | "back" | "away";
  /** How it stands now, or why it stays. */
  readonly why: string;
}

/**
 * What went and what stayed when an owner was released, by two looks at the host:
 * before, and when nothing was left to do. The planner decided; this only compares.
 * Debts that the same run settled are among it.
 */
export function outcomesOf(
  owner: string,
  first: HostFacts,
  last: HostFacts,
): readonly Outcome[] {
  const before = hostLedger(first);
  const after = hostLedger(last);
  const left = after ? holdingsOf(after) : [];
  const isSettled = (debt: Holding): boolean =>
    debt.owners.length === 0 && !left.some((one) => isSame(one, debt));
  return (before ? holdingsOf(before) : [])
    .filter((one) => one.owners.includes(owner) || isSettled(one))
    .map((holding) => {
      const others = holding.owners.filter((one) => one !== owner);
      return {
        holding,
        ...(others.length > 0
          ? {
              outcome: holding.kind === "removed" ? "away" : "stays",
              why: `${others.join(", ")} owns it, too`,
            }
          : standing(holding, last, after, left)),
      };
    });
}

/** How something stands that the owner alone had. */
function standing(
  holding: Holding,
  facts: HostFacts,
  ledger: Ledger | null,
  left: readonly Holding[],
): Omit<Outcome, "holding"> {
  switch (holding.kind) {
    case "role": {
      if (!facts[holding.role].on) return went("now off");
      const isDebt = left.some((one) => isSame(one, holding));
      return stays(whyOn(holding, facts, isDebt));
    }
    case "entry":
      if (!isLive(facts, holding)) return went("no longer there");
      return stays(
        holding.before === "present"
          ? "it was there before us"
          : "somebody else has it there, too",
      );
    case "switch":
    case "concatenate": {
      const { policy, kind, before, value } = holding;
      if (isUnwritten(before)) return stays("it was so before us");
      const current = facts.live[policy][kind];
      const now = dwordBefore({ live: current });
      if (now === dwordBefore(before)) return went(`now ${now}`);
      if (ledger?.lists[policy]) return stays("other owners have the list");
      return stays(
        current === value
          ? "others live by it"
          : `somebody else has set it to ${now}`,
      );
    }
    case "removed":
      return isLive(facts, holding)
        ? { outcome: "back", why: "in the list again" }
        : { outcome: "away", why: "not in the list again" };
  }
}

/** Why a role that nobody of ours wants any more is on. */
function whyOn(
  { role, before }: Holding & { readonly kind: "role" },
  facts: HostFacts,
  isDebt: boolean,
): string {
  if (facts[role].source === "policy") {
    return `Group Policy sets it${isDebt ? "; once that is lifted, a later run switches it off" : ""}`;
  }
  switch (before) {
    case "on":
      return "it was on before us";
    case "unknown":
      return "policy had set it when we came, so what was before is not known";
    case "off":
      return "somebody else has come to use it";
  }
}

function went(why: string): Omit<Outcome, "holding"> {
  return { outcome: "went", why };
}

function stays(why: string): Omit<Outcome, "holding"> {
  return { outcome: "stays", why };
}

function isLive(
  facts: HostFacts,
  { policy, entry }: Holding & { readonly kind: "entry" | "removed" },
): boolean {
  const key = spnKey(entry);
  return facts.live[policy].values.some(({ data }) => spnKey(data) === key);
}

/** Whether two holdings are about one thing. */
function isSame(one: Holding, other: Holding): boolean {
  return identityOf(one) === identityOf(other);
}

function identityOf(holding: Holding): string {
  const of = holding.kind === "role" ? holding.role : holding.policy;
  return JSON.stringify([
    holding.kind,
    of,
    "entry" in holding ? spnKey(holding.entry) : "",
  ]);
}
