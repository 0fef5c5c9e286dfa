import * as pulumi from "@pulumi/pulumi";

/** Every method there is, and none does anything. One object, so that Pulumi serialises it once. */
const provider: pulumi.dynamic.ResourceProvider = {
  check: (_olds: unknown, inputs: object) =>
    Promise.resolve({ inputs, failures: [] }),
  diff: () => Promise.resolve({ changes: false }),
  create: (inputs: { host: string }) =>
    Promise.resolve({ id: inputs.host, outs: inputs }),
  read: (id, props?: object) => Promise.resolve({ id, props: props ?? {} }),
  update: (_id, _olds: unknown, inputs: object) =>
    Promise.resolve({ outs: inputs }),
  delete: () => Promise.resolve(),
};

/** As many inputs, and as many outputs that the program may wait for, as the resource it is compared with. */
class Nothing extends pulumi.dynamic.Resource {
  constructor(name: string, props: pulumi.Inputs) {
    super(provider, name, {
      enabled: undefined,
      before: undefined,
      warnings: undefined,
      ...props,
      owner: `organization/${name}`,
    });
  }
}

const connection = { transport: "simulated", fleet: "fleet" } as const;

for (let i = 0; i < Number(process.env["BENCH_HOSTS"]); i++) {
  const host = `host${i}.do.local`;
  new Nothing(`server${i}`, { flag: undefined, host, connection });
  new Nothing(`client${i}`, {
    flag: undefined,
    list: undefined,
    host,
    delegateComputers: ["*.do.local"],
    connection,
  });
  new Nothing(`policy${i}`, {
    list: undefined,
    host,
    policy: "AllowFreshCredentials",
    targets: ["WSMAN/*.do.local"],
    connection,
  });
}
