import * as pulumi from "@pulumi/pulumi";
import { CredSSPClient, CredSSPServer, DelegationPolicy } from "pulumi-credssp";

/** Stands for a cloud: the address of a machine is known when it has been made. */
const cloud: pulumi.dynamic.ResourceProvider = {
  create: ({ label }: { label: string }) =>
    Promise.resolve({
      id: label,
      outs: { label, address: `${label}.do.local` },
    }),
};

class Machine extends pulumi.dynamic.Resource {
  declare readonly address: pulumi.Output<string>;

  constructor(label: string) {
    super(cloud, label, { label, address: undefined });
  }
}

const connection = { transport: "simulated", fleet: "fleet" } as const;
const server = new Machine("cm12").address;
const management = new Machine("orch01").address;

new CredSSPServer("server", { host: server, connection });
new CredSSPClient("client", {
  host: management,
  delegateComputers: [server],
  connection,
});
new DelegationPolicy("policy", {
  host: management,
  policy: "AllowFreshCredentials",
  targets: [pulumi.interpolate`WSMAN/${server}`],
  connection,
});
