import assert from "node:assert/strict";
import type { Kind, Properties } from "../../providers/pulumi/definition";
import { declare, kinds } from "./declared";
import { inOneStack } from "./stack";

/** What Pulumi puts in place of a value it does not know yet (`unknownValue` in its `runtime/rpc`). */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Where a value of a declaration can be unknown. */
const places: readonly Properties[] = [
  { host: unknown },
  { connection: unknown },
  { connection: { transport: unknown } },
  { connection: { transport: "simulated", fleet: unknown } },
  { connection: { transport: "winrm", port: unknown } },
  { connection: { transport: "winrm", useSSL: unknown } },
  { connection: { transport: "winrm", authentication: unknown } },
  { connection: { transport: "winrm", configurationName: unknown } },
];

const list = (property: string): readonly Properties[] => [
  { [property]: unknown },
  { [property]: [unknown] },
  { [property]: ["*.do.local", unknown, unknown].map(spelled(property)) },
  { allowBroadDelegation: unknown },
  { allowBroadDelegation: unknown, [property]: ["*"] },
  { policyTimeoutSeconds: unknown },
];

/** A list of targets holds whole SPNs, one of delegates bare names. */
const spelled =
  (property: string) =>
  (name: string): string =>
    property === "targets" && name !== unknown ? `WSMAN/${name}` : name;

const own: Readonly<Record<Kind, readonly Properties[]>> = {
  CredSSPServer: [],
  CredSSPClient: list("delegateComputers"),
  DelegationPolicy: [
    ...list("targets"),
    { policy: unknown },
    { enabled: unknown },
    { enabled: unknown, targets: unknown },
    { enabled: unknown, targets: undefined },
  ],
};

for (const kind of kinds)
  describe(`A ${kind} with a value that Pulumi does not know yet`, () => {
    const stack = inOneStack();

    for (const more of [...places, ...own[kind]])
      it(`passes check and diff, and nothing else: ${JSON.stringify(more).replaceAll(unknown, "?")}`, async () => {
        const host = await stack.host();
        const before = await stack.fleet.state(host);
        const { inputs } = declare(kind, host, stack.fleet.connection, more);
        const { inputs: checked, failures } =
          await stack.provider.check(inputs);
        assert.deepEqual(failures, []);
        assert.match(JSON.stringify(checked), new RegExp(unknown));

        const diff = await stack.provider.diff("id", inputs, checked);
        assert.notEqual(diff.changes, "unknown");
        const known = await stack.checked(kind, host);
        const { changes } = await stack.provider.diff("id", known, checked);
        assert.equal(changes, "some");

        for (const call of [
          stack.provider.create(checked),
          stack.provider.update("id", known, checked),
          stack.provider.read("id", checked),
          stack.provider.delete("id", checked),
        ])
          await assert.rejects(call, /CREDSSP110/);
        assert.deepEqual(await stack.fleet.state(host), before);
      });
  });
