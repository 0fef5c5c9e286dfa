import { toBatches } from "./batches";
import { problem, type Problem } from "./errors";
import type { HostFacts, Role } from "./facts";
import { needsService, refuseToSwitchOn, unfitFor } from "./fitness";
import { newLedger, parseLedger, type Ledger } from "./ledger";
import type { Outcome } from "./outcomes";
import { planPolicy, type PolicyPlan } from "./planPolicy";
import { planRole, type RolePlan } from "./planRole";
import { policyNames, type PolicyName } from "./policies";
import { nothingAdded, type Request } from "./request";
import type { Batch } from "./steps";
import { warningsOf } from "./warnings";

/** The answer to a request. */
export interface Plan {
  /** In this order; only the first is carried out before the next observation. Empty: nothing is to be done. */
  readonly batches: readonly Batch[];
  /** Entries that policy processing has still to bring to HKLM. Not empty: look again later. */
  readonly waiting: readonly string[];
  /** What the role and the policy that are desired came to; null where none is, or where a refusal came first. */
  readonly flag: Outcome | null;
  readonly list: Outcome | null;
  /** Why something cannot be switched on or added. What is no longer desired still goes, by `batches`. */
  readonly refusals: readonly Problem[];
  readonly warnings: readonly string[];
  /** The ledger as it stands once the plan is empty. */
  readonly ledger: Ledger;
}

/** What is to become of each role and each policy of a host. */
export interface Facets {
  readonly roles: Readonly<Record<Role, RolePlan>>;
  readonly policies: Readonly<Record<PolicyName, PolicyPlan>>;
  /** The ledger while the host is changed, and once it is. */
  readonly during: Ledger;
  readonly after: Ledger;
  readonly waiting: readonly string[];
  readonly refusals: readonly Problem[];
  readonly warnings: readonly string[];
}

/**
 * Plans the way from what a host is to what a resource wants of it. Pure: the
 * same facts and the same request give the same plan, and on the facts that a
 * finished plan leaves it gives an empty one.
 */
export function plan(facts: HostFacts, asked: Request): Plan {
  // It sees another registry: even "nothing to do" would be a lie.
  const begun = newLedger(asked.newLedgerId, facts.computer.machineGuid);
  if (facts.computer.wow64) return refused(begun, [problem("CREDSSP209")]);
  const read = parseLedger(facts.ledger);
  if ("problem" in read) return refused(begun, [read.problem]);
  // An imaged host carries the ledger of another: what is there counts as others'.
  const ledger =
    read.ledger?.machineGuid === begun.machineGuid ? read.ledger : begun;
  // What the outputs say counts only where the ledger they were made of is lost.
  const request =
    ledger.id === asked.added.ledger
      ? { ...asked, added: nothingAdded }
      : asked;

  const wished = planFacets(facts, ledger, request, true);
  const refusals = [
    ...wished.refusals,
    ...refuseToSwitchOn(facts, request, wished),
  ];
  const facets =
    refusals.length > 0 ? planFacets(facts, ledger, request, false) : wished;
  const batches = toBatches(facts.ledger, ledger, facets);
  const unfit = unfitFor(facts, request, batches, facets);
  const { desired } = request;
  if (unfit.length > 0) return refused(ledger, unfit);
  return {
    batches: needsService(facts, batches)
      ? [[{ kind: "startService" }], ...batches]
      : batches,
    waiting: facets.waiting,
    flag: desired?.flag ? facets.roles[desired.flag].outcome : null,
    list: desired?.list ? facets.policies[desired.list.policy].outcome : null,
    refusals,
    warnings: [...facets.warnings, ...warningsOf(facts, ledger, request)],
    ledger: facets.after,
  };
}

/** A plan that does nothing, for these reasons. */
function refused(ledger: Ledger, refusals: readonly Problem[]): Plan {
  const nothing = { batches: [], waiting: [], flag: null, list: null };
  return { ...nothing, refusals, warnings: [], ledger };
}

/** @param mayAdd false after a refusal: what is desired stays as it is. */
function planFacets(
  facts: HostFacts,
  ledger: Ledger,
  request: Request,
  mayAdd: boolean,
): Facets {
  const roles = each(["service", "client"], (role) =>
    planRole(role, facts, ledger, request, mayAdd),
  );
  const policies = each(policyNames, (name) =>
    planPolicy(name, facts, ledger, request, mayAdd),
  );
  const at = (when: "during" | "after"): Ledger => ({
    ...ledger,
    flags: present(roles, when),
    lists: present(policies, when),
  });
  const every = [...Object.values(roles), ...Object.values(policies)];
  return {
    roles,
    policies,
    during: at("during"),
    after: at("after"),
    waiting: Object.values(policies).flatMap(({ waiting }) => waiting),
    refusals: every.flatMap((facet) => facet.refusals),
    warnings: every.flatMap((facet) => facet.warnings),
  };
}

function each<K extends string, P>(
  names: readonly K[],
  planned: (name: K) => P,
): Readonly<Record<K, P>> {
  return Object.fromEntries(
    names.map((name) => [name, planned(name)]),
  ) as Record<K, P>;
}

/** The records that exist, by name. */
function present<K extends string, R>(
  facets: Readonly<Record<K, { during: R | undefined; after: R | undefined }>>,
  when: "during" | "after",
): { readonly [P in K]?: R } {
  return Object.fromEntries(
    Object.entries<{ during: R | undefined; after: R | undefined }>(facets)
      .filter(([, facet]) => facet[when] !== undefined)
      .map(([name, facet]) => [name, facet[when]]),
  ) as { [P in K]?: R };
}
