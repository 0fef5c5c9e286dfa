import { CredSSPClient, CredSSPServer, DelegationPolicy } from "pulumi-credssp";

const connection = { transport: "simulated", fleet: "fleet" } as const;

for (let i = 0; i < Number(process.env["BENCH_HOSTS"]); i++) {
  const host = `host${i}.do.local`;
  new CredSSPServer(`server${i}`, { host, connection });
  new CredSSPClient(`client${i}`, {
    host,
    delegateComputers: ["*.do.local"],
    connection,
  });
  new DelegationPolicy(`policy${i}`, {
    host,
    policy: "AllowFreshCredentials",
    targets: ["WSMAN/*.do.local"],
    connection,
  });
}
