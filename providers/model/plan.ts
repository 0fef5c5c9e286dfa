import { problem, type Problem } from "./errors";
import type { HostFacts, Role } from "./facts";
import {
  formatLedger,
  ledgerCap,
  newLedger,
  parseLedger,
  type Ledger,
} from "./ledger";
import { isNoChange, planList, type ListPlan } from "./planList";
import { planRole, type Outcome, type RolePlan } from "./planRole";
import { policyNames, type PolicyName } from "./policies";
import { nothingAdded, type Request } from "./request";
import { roleOf, type Batch, type Step, type StoreChange } from "./steps";
import { warningsOf } from "./warnings";

/** The answer to a request: what to do, and what each facet came to. */
export interface Plan {
  /** In this order; only the first is carried out before the next observation. Empty: nothing is to be done. */
  readonly batches: readonly Batch[];
  /** Entries that policy processing has still to bring to HKLM. Not empty: look again later. */
  readonly waiting: readonly string[];
  readonly flag: Outcome | null;
  readonly list: Outcome | null;
  /** Why something cannot be switched on or added. What is no longer desired still goes, by `batches`. */
  readonly refusals: readonly Problem[];
  readonly warnings: readonly string[];
  /** The ledger as it stands once the plan is empty. */
  readonly ledger: Ledger;
}

/**
 * Plans the way from what a host is to what a resource wants of it. Pure: the
 * same facts and the same request give the same plan, and on the facts that a
 * finished plan leaves it gives an empty one.
 */
export function plan(facts: HostFacts, asked: Request): Plan {
  // It sees another registry: even "nothing to do" would be a lie.
  if (facts.computer.wow64) {
    return refused(facts, asked, [problem("CREDSSP209")]);
  }
  const read = parseLedger(facts.ledger);
  if ("problem" in read) return refused(facts, asked, [read.problem]);
  // An imaged host carries the ledger of another: what is there counts as others'.
  const ledger =
    read.ledger?.machineGuid === facts.computer.machineGuid
      ? read.ledger
      : newLedger(asked.newLedgerId, facts.computer.machineGuid);

  // What the outputs say counts only where the ledger they were made of is lost.
  const request =
    ledger.id === asked.added.ledger
      ? { ...asked, added: nothingAdded }
      : asked;
  const wished = planFacets(facts, ledger, request, true);
  const refusals = [
    ...wished.problems,
    ...(wished.switchesOn ? refuseToSwitchOn(facts) : []),
  ];
  const facets =
    refusals.length > 0 ? planFacets(facts, ledger, request, false) : wished;
  const batches = toBatches(facts, ledger, facets);
  const unfit = batches.length > 0 ? unfitFor(facts, batches, facets) : [];
  if (unfit.length > 0) return refused(facts, request, unfit);

  const desired = request.desired;
  return {
    batches,
    waiting: facets.waiting,
    flag: desired?.flag ? facets.roles[desired.flag].outcome : null,
    list: desired?.list ? facets.lists[desired.list.policy].outcome : null,
    refusals,
    warnings: [...facets.warnings, ...warningsOf(facts, desired?.list ?? null)],
    ledger: facets.after,
  };
}

/** A plan that does nothing, for these reasons. */
function refused(
  facts: HostFacts,
  request: Request,
  refusals: readonly Problem[],
): Plan {
  return {
    batches: [],
    waiting: [],
    flag: null,
    list: null,
    refusals,
    warnings: [],
    ledger: newLedger(request.newLedgerId, facts.computer.machineGuid),
  };
}

const roles = ["service", "client"] as const satisfies readonly Role[];

interface Facets {
  readonly roles: Readonly<Record<Role, RolePlan>>;
  readonly lists: Readonly<Record<PolicyName, ListPlan>>;
  readonly during: Ledger;
  readonly after: Ledger;
  readonly waiting: readonly string[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  readonly switchesOn: boolean;
}

function planFacets(
  facts: HostFacts,
  ledger: Ledger,
  request: Request,
  mayAdd: boolean,
): Facets {
  const ofRoles = Object.fromEntries(
    roles.map((role) => [role, planRole(role, facts, ledger, request, mayAdd)]),
  ) as Record<Role, RolePlan>;
  const ofLists = Object.fromEntries(
    policyNames.map((name) => [
      name,
      planList(name, facts, ledger, request, mayAdd),
    ]),
  ) as Record<PolicyName, ListPlan>;
  const at = (when: "during" | "after"): Ledger => ({
    ...ledger,
    flags: present(ofRoles, when),
    lists: present(ofLists, when),
  });
  const list = request.desired?.list;
  const every = [...Object.values(ofRoles), ...Object.values(ofLists)];
  return {
    roles: ofRoles,
    lists: ofLists,
    during: at("during"),
    after: at("after"),
    waiting: Object.values(ofLists).flatMap((list) => list.waiting),
    problems: every.flatMap((facet) => facet.refusals),
    warnings: Object.values(ofRoles).flatMap((role) => role.warnings),
    switchesOn:
      roles.some((role) => ofRoles[role].turn === "on") ||
      (list?.enabled === true && allows(ofLists[list.policy].change.live)),
  };
}

/** Whether a change lets credentials go where they could not. */
function allows({ add, switch: to }: StoreChange): boolean {
  return add.length > 0 || to === 1;
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

/**
 * The ledger is written before what it records on the way in, and in the batch
 * after it on the way out: a crash in between leaves a record of what is there,
 * never something of ours without a record.
 */
function toBatches(
  facts: HostFacts,
  ledger: Ledger,
  facets: Facets,
): readonly Batch[] {
  const [now, during, after] = [ledger, facets.during, facets.after].map(
    formatLedger,
  ) as [string, string, string];
  const written = facts.ledger === null ? "" : now;
  if (facets.waiting.length > 0) return [];

  const { cmdlet, together } = toSteps(facets);
  if (cmdlet === null && together.length === 0) {
    return after === written ? [] : [[{ kind: "writeLedger", text: after }]];
  }
  const before: Batch =
    during === written ? [] : [{ kind: "writeLedger", text: during }];
  const end: Batch =
    after === during ? [] : [{ kind: "writeLedger", text: after }];
  const batches: readonly Batch[] = cmdlet
    ? [before, [cmdlet], together, end]
    : [[...before, ...together], end];
  return batches.filter((batch) => batch.length > 0);
}

/** The cmdlet that goes alone, if one does exactly what is wanted; and what can go together. */
function toSteps(facets: Facets): {
  readonly cmdlet: Step | null;
  readonly together: readonly Step[];
} {
  const { client, service } = facets.roles;
  const fresh = facets.lists.AllowFreshCredentials;
  const together: Step[] = [];
  if (service.turn === "on") together.push({ kind: "enableServer" });
  if (service.turn === "off") together.push({ kind: "disableServer" });

  // Enable turns the flag on as well; a flag under policy makes it fail (2150858890).
  if (fresh.enableNames && client.turn !== "off" && client.outcome === "ours") {
    return {
      cmdlet: { kind: "enableClient", names: fresh.enableNames },
      together,
    };
  }
  if (fresh.canDisable && client.turn === "off") {
    return { cmdlet: { kind: "disableClient" }, together };
  }
  if (client.turn === "off")
    together.push({ kind: "setClientAuth", on: false });
  for (const policy of policyNames) {
    const { local, live } = facets.lists[policy].change;
    if (isNoChange(local) && isNoChange(live)) continue;
    together.push({ kind: "writeList", policy, local, live });
  }
  if (client.turn === "on") together.push({ kind: "setClientAuth", on: true });
  return { cmdlet: null, together };
}

function refuseToSwitchOn(facts: HostFacts): readonly Problem[] {
  return facts.encryptionOracle === 2 ? [problem("CREDSSP305")] : [];
}

/** Why a host or a session cannot carry these batches out at all. */
function unfitFor(
  facts: HostFacts,
  batches: readonly Batch[],
  facets: Facets,
): readonly Problem[] {
  const steps = batches.flat();
  const { winrm } = facts;
  if (!facts.elevated) return [problem("CREDSSP207")];
  if (winrm.status !== "Running" && steps.some((step) => roleOf(step))) {
    const command =
      winrm.startType === "Disabled"
        ? "Set-Service WinRM -StartupType Automatic; Start-Service WinRM"
        : "Start-Service WinRM";
    return [problem("CREDSSP210", { ...winrm, command })];
  }
  if (facts.localUnreadable !== null && steps.some(touchesLocalPolicy)) {
    return [problem("CREDSSP309", { found: facts.localUnreadable })];
  }
  const size = formatLedger(facets.during).length;
  return size > ledgerCap
    ? [problem("CREDSSP311", { size, cap: ledgerCap })]
    : [];
}

function touchesLocalPolicy(step: Step): boolean {
  return (
    step.kind === "writeList" ||
    step.kind === "enableClient" ||
    step.kind === "disableClient"
  );
}
