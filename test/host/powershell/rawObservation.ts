/** What Get-HostObservation gives for a fresh host, with some of it replaced. */
export function rawObservation(
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const role = { configured: null, policy: null, value: "false", source: "" };
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
    live: [
      {
        policy: "AllowFreshCredentials",
        switch: null,
        concatenate: null,
        values: [],
      },
    ],
    registryPol: null,
    gptIni: null,
    archive: null,
    localPolicyDisabled: null,
    editors: [],
    encryptionOracle: null,
    ledger: null,
    fingerprint: { roles: "r", live: "v", local: "l", ledger: "g" },
    ...more,
  };
}
