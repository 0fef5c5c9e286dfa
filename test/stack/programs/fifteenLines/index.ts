import { CredSSPClient, CredSSPServer, DelegationPolicy } from "pulumi-credssp";

const connection = { transport: "simulated", fleet: "fleet" } as const;
const host = "orch01.do.local";

new CredSSPServer("cm12", { host: "cm12.do.local", connection });
new CredSSPClient("orch", {
  host,
  delegateComputers: ["*.do.local"],
  connection,
});
new DelegationPolicy("fresh", {
  host,
  policy: "AllowFreshCredentials",
  targets: ["WSMAN/*.do.local"],
  connection,
});
