import { createHash } from "node:crypto";
import type {
  Fingerprint,
  Flag,
  HostFacts,
  Origin,
  Origins,
  Role,
} from "../../model/facts";
import { noPolicies } from "../../model/facts";
import { policyNames, policyOf } from "../../model/policies";
import type { PolicyName } from "../../model/policies";
import { winrmPolicyOf } from "./cmdlets";
import { clearedBy, isInstruction } from "./instructions";
import { listKey, policiesIn } from "./lists";
import { localPolicyOff, registryPolOf } from "./localPolicy";
import { dataOf, dwordOf, sortedByKey, valuesOf } from "./registry";
import type { Data, Registry } from "./registry";
import type { HostState } from "./state";

/** Where Encryption Oracle Remediation stands, below HKLM (CredSsp.admx). */
export const oracleKey =
  "Software\\Microsoft\\Windows\\CurrentVersion\\Policies\\System\\CredSSP\\Parameters";

/** What was observed of states, which never change: a host is looked at more often than it does. */
const known = new WeakMap<HostState, HostFacts>();

/** The facts an observation of this state gives. The state must be settled. */
export function factsOf(state: HostState): HostFacts {
  let facts = known.get(state);
  if (!facts) known.set(state, (facts = observed(state)));
  return facts;
}

function observed(state: HostState): HostFacts {
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
    live: policiesIn(state.hklm),
    applied: policiesIn(state.applied),
    local: damaged ? noPolicies : policiesIn(registryPolOf(state)),
    origins: originsIn(state),
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
  const { client, service, live, applied, origins, ledger } = facts;
  return {
    roles: hash([client, service, state.winrm]),
    live: hash([live, applied, origins]),
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

/** What RSoP says of the domain: it answers administrators only. */
function originsIn({ faults, rsop }: HostState): Origins | null {
  if (faults.nonElevated || faults.rsopUnavailable) return null;
  return Object.fromEntries(
    policyNames.flatMap((policy) => {
      const origin = originOf(rsop, policy);
      return origin === null ? [] : [[policy, origin]];
    }),
  );
}

/** The domain's objects behind one policy, or null where none has a say in it. */
function originOf(rsop: Registry, policy: PolicyName): Origin | null {
  const { key, switch: enabled, concatenate } = policyOf(policy);
  const list = listKey(policy);
  const of = (name: string | null): string | undefined =>
    name === null ? undefined : objectIn(dataOf(rsop, key, name));
  const [one, two] = [of(enabled), of(concatenate)];
  const clearsFirst = clearedBy(rsop, list);
  const values = Object.fromEntries(
    Object.entries(valuesOf(rsop, list) ?? {})
      .filter(([name]) => !isInstruction(name))
      .map(([name, object]) => [name.toLowerCase(), objectIn(object) ?? ""]),
  );
  const origin = {
    ...(one !== undefined && { switch: one }),
    ...(two !== undefined && { concatenate: two }),
    ...(clearsFirst !== undefined && { clearsFirst }),
  };
  const isSilent =
    Object.keys(origin).length + Object.keys(values).length === 0;
  return isSilent ? null : { ...origin, values };
}

/** The name of a policy object, as RSoP's record keeps it. */
const objectIn = (data: Data | undefined): string | undefined =>
  typeof data === "string" ? data : undefined;

function hash(part: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(part))
    .digest("hex")
    .slice(0, 32);
}
