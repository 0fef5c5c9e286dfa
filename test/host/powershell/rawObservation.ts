import { policyNames } from "../../../providers/model/policies";
import type { PolicyName } from "../../../providers/model/policies";

/** What it gives for the live policies: none is configured, but for those given. */
export function rawPolicies(
  set: { readonly [P in PolicyName]?: object } = {},
): readonly object[] {
  return policyNames.map((policy) => ({
    policy,
    switch: null,
    concatenate: null,
    values: [],
    ...set[policy],
  }));
}

/** What Get-HostObservation gives for a fresh host, with some of it replaced. */
export function rawObservation(
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const role = { configured: null, value: "false", source: "" };
  return {
    computer: {
      name: "APP01",
      domain: "do.local",
      osVersion: "10.0.20348",
      edition: "ServerStandard",
      machineGuid: "11111111-2222-3333-4444-555555555555",
      powershellVersion: "5.1.20348.1",
      wow64: false,
    },
    elevated: true,
    winrm: { status: "Running", startType: "Automatic" },
    client: role,
    service: role,
    live: rawPolicies(),
    registryPol: null,
    gptIni: null,
    archive: null,
    rsop: null,
    localPolicyDisabled: null,
    editors: [],
    encryptionOracle: null,
    ledger: null,
    fingerprint: { roles: "r", live: "v", local: "l", ledger: "g" },
    ...more,
  };
}
