import { problem, type Problem } from "./errors";
import type { HostFacts } from "./facts";
import { formatLedger, ledgerCap } from "./ledger";
import type { Facets } from "./plan";
import { policyNames, policyOf } from "./policies";
import type { Request } from "./request";
import { roleOf, type Batch, type Step } from "./steps";

/** Why delegation is not to be switched on here at all, where a plan would do that. */
export function refuseToSwitchOn(
  { encryptionOracle }: HostFacts,
  { options }: Request,
  facets: Facets,
): readonly Problem[] {
  const vulnerable = 2;
  return encryptionOracle === vulnerable &&
    !options.acceptVulnerableOracle &&
    switchesOn(facets)
    ? [problem("CREDSSP305")]
    : [];
}

/** Whether a plan lets credentials go, or be taken, where they could not. */
function switchesOn({ roles, policies: planned }: Facets): boolean {
  return (
    Object.values(roles).some(({ turn }) => turn === "on") ||
    policyNames.some((name) => {
      const { add, switch: to } = planned[name].change.live;
      const { deniedBy, rules } = policyOf(name);
      const isAllow = deniedBy !== undefined || rules !== undefined;
      return isAllow && planned[name].outcome !== null && isOn(to, add.length);
    })
  );
}

const isOn = (to: number | null | undefined, added: number): boolean =>
  to === 1 || (to === undefined && added > 0);

/** Why a host or a session cannot carry these batches out. */
export function unfitFor(
  facts: HostFacts,
  request: Request,
  batches: readonly Batch[],
  facets: Facets,
): readonly Problem[] {
  if (batches.length === 0) return [];
  const steps = batches.flat();
  if (!facts.elevated) return [problem("CREDSSP207")];
  if (needsService(facts, batches) && !request.options.startService) {
    const { winrm } = facts;
    const command =
      winrm.startType === "Disabled"
        ? "Set-Service WinRM -StartupType Automatic; Start-Service WinRM"
        : "Start-Service WinRM";
    return [problem("CREDSSP210", { ...winrm, command })];
  }
  if (facts.localUnreadable !== null && steps.some(touchesLocalPolicy)) {
    return [problem("CREDSSP309", { found: facts.localUnreadable })];
  }
  // WinRM's setting below the policy cannot be seen, so a policy that is lifted may cut as well.
  const { switch: service } =
    facets.policies.WinRMServiceAllowCredSSP.change.live;
  if (request.travelsOnCredssp && service !== undefined && service !== 1) {
    return [problem("CREDSSP310")];
  }
  const size = formatLedger(facets.during).length;
  return size > ledgerCap
    ? [problem("CREDSSP311", { size, cap: ledgerCap })]
    : [];
}

/** Whether WinRM has to run first. */
export function needsService(
  { winrm }: HostFacts,
  batches: readonly Batch[],
): boolean {
  const isRole = (step: Step): boolean => roleOf(step) !== null;
  return winrm.status !== "Running" && batches.flat().some(isRole);
}

function touchesLocalPolicy(step: Step): boolean {
  return (
    step.kind === "writePolicy" ||
    step.kind === "enableClient" ||
    step.kind === "disableClient"
  );
}
