import { createHash } from "node:crypto";
import type {
  Fingerprint,
  Flag,
  HostFacts,
  Lists,
  Role,
} from "../../model/facts";
import { emptyList } from "../../model/facts";
import { policyNames } from "../../model/policies";
import { winrmPolicyOf } from "./cmdlets";
import { readList } from "./lists";
import { localPolicyOff, registryPolOf } from "./localPolicy";
import { dwordOf, sortedByKey } from "./registry";
import type { Registry } from "./registry";
import type { HostState } from "./state";

/** Where Encryption Oracle Remediation stands, below HKLM (CredSsp.admx). */
export const oracleKey =
  "Software\\Microsoft\\Windows\\CurrentVersion\\Policies\\System\\CredSSP\\Parameters";

/** The facts an observation of this state gives. The state must be settled. */
export function factsOf(state: HostState): HostFacts {
  const damaged = state.faults.damagedRegistryPol === true;
  const facts = {
    computer: {
      ...state.computer,
      powershellVersion: "5.1.20348.1",
      wow64: state.faults.wow64 === true,
    },
    elevated: state.faults.nonElevated !== true,
    winrm: {
      status: state.winrm.status,
      startType: state.winrm.startType,
    },
    client: flagOf(state, "client"),
    service: flagOf(state, "service"),
    live: listsOf(state.hklm),
    applied: listsOf(state.applied),
    local: damaged ? noLists : listsOf(registryPolOf(state)),
    localUnreadable: damaged ? "no Registry.pol header at offset 0" : null,
    localPolicyOff: localPolicyOff(state),
    openEditors: state.faults.openEditors === true,
    encryptionOracle: dwordOf(state.hklm, oracleKey, "AllowEncryptionOracle"),
    ledger: state.ledger,
  };
  return { ...facts, fingerprint: fingerprintOf(state, facts) };
}

/** The local part is all of Registry.pol: a writer replaces the whole file. */
function fingerprintOf(
  state: HostState,
  facts: Omit<HostFacts, "fingerprint">,
): Fingerprint {
  const { client, service, live, applied, ledger } = facts;
  return {
    roles: hash([client, service, state.winrm]),
    live: hash([live, applied]),
    local: hash([
      facts.localUnreadable ?? sortedByKey(registryPolOf(state)),
      facts.localPolicyOff,
      facts.openEditors,
    ]),
    ledger: hash(ledger),
  };
}

function flagOf(state: HostState, role: Role): Flag {
  const policy = winrmPolicyOf(state, role);
  if (policy !== null) return { on: policy !== 0, source: "policy" };
  const { clientCredSSP, serviceCredSSP } = state.winrm;
  return {
    on: role === "client" ? clientCredSSP : serviceCredSSP,
    source: "local",
  };
}

function listsOf(store: Registry): Lists {
  return Object.fromEntries(
    policyNames.map((policy) => [policy, readList(store, policy)]),
  ) as Lists;
}

const noLists = Object.fromEntries(
  policyNames.map((policy) => [policy, emptyList]),
) as Lists;

function hash(part: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(part))
    .digest("hex")
    .slice(0, 32);
}
