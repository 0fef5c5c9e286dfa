import assert from "node:assert/strict";
import type { Kind, Properties } from "../../providers/pulumi/definition";
import { declare, kinds } from "./declared";
import { inOneStack } from "./stack";

/** A declaration, the properties that are refused, and the codes they are refused with. */
type Case = readonly [
  more: Properties,
  refused: Readonly<Record<string, string>>,
];

const ofAll: readonly Case[] = [
  [{ host: "" }, { host: "CREDSSP101" }],
  [{ host: "a,b" }, { host: "CREDSSP101" }],
  [{ host: "*.do.local" }, { host: "CREDSSP101" }],
  [{ host: 5 }, { host: "CREDSSP101" }],
  [{ host: null }, { host: "CREDSSP101" }],
  [{ host: "http://app01" }, { host: "CREDSSP102" }],
  [{ hostname: "app01" }, { hostname: "CREDSSP108" }],
  [{ connection: "winrm" }, { connection: "CREDSSP109" }],
  [{ connection: [] }, { connection: "CREDSSP109" }],
  [{ connection: {} }, { connection: "CREDSSP109" }],
  [
    { connection: { transport: "telnet" } },
    { "connection.transport": "CREDSSP107" },
  ],
  [
    { connection: { transport: "toString" } },
    { "connection.transport": "CREDSSP107" },
  ],
  [
    { connection: { transport: "winrm", port: 0, useSSL: "yes" } },
    { "connection.port": "CREDSSP109", "connection.useSSL": "CREDSSP109" },
  ],
  [
    { connection: { transport: "local", port: 5985 } },
    { "connection.port": "CREDSSP108" },
  ],
  [
    { connection: { transport: "simulated", fleet: "" } },
    { "connection.fleet": "CREDSSP109" },
  ],
  [
    { host: "a b", connection: { transport: "telnet" } },
    { host: "CREDSSP101", "connection.transport": "CREDSSP107" },
  ],
];

const ofLists: readonly Case[] = [
  [{ allowBroadDelegation: "yes" }, { allowBroadDelegation: "CREDSSP109" }],
  [{ policyTimeoutSeconds: 0 }, { policyTimeoutSeconds: "CREDSSP109" }],
  [{ policyTimeoutSeconds: "90" }, { policyTimeoutSeconds: "CREDSSP109" }],
];

const own: Readonly<Record<Kind, readonly Case[]>> = {
  CredSSPServer: [
    [{ delegateComputers: ["a"] }, { delegateComputers: "CREDSSP108" }],
    [{ enabled: false }, { enabled: "CREDSSP108" }],
  ],
  CredSSPClient: [
    ...ofLists,
    [{ enabled: false }, { enabled: "CREDSSP108" }],
    [{ delegateComputers: undefined }, { delegateComputers: "CREDSSP109" }],
    [{ delegateComputers: "a" }, { delegateComputers: "CREDSSP109" }],
    [{ delegateComputers: [] }, { delegateComputers: "CREDSSP105" }],
    [{ delegateComputers: ["*"] }, { delegateComputers: "CREDSSP104" }],
    [{ delegateComputers: ["*.local"] }, { delegateComputers: "CREDSSP104" }],
    [{ delegateComputers: ["wsman/x"] }, { delegateComputers: "CREDSSP102" }],
    [{ delegateComputers: ["a,b"] }, { delegateComputers: "CREDSSP101" }],
    [{ delegateComputers: ["*.*.x"] }, { delegateComputers: "CREDSSP103" }],
    [{ delegateComputers: ["web01", 7] }, { delegateComputers: "CREDSSP101" }],
  ],
  DelegationPolicy: [
    ...ofLists,
    [{ policy: "AllowEverything" }, { policy: "CREDSSP109" }],
    [{ policy: undefined }, { policy: "CREDSSP109" }],
    [{ enabled: "no" }, { enabled: "CREDSSP109" }],
    [{ targets: undefined }, { targets: "CREDSSP109" }],
    [{ targets: [] }, { targets: "CREDSSP105" }],
    [{ targets: ["*"] }, { targets: "CREDSSP104" }],
    [{ targets: ["WSMAN/*.local"] }, { targets: "CREDSSP104" }],
    [{ targets: ["web01"] }, { targets: "CREDSSP106" }],
    [{ targets: ["WSMAN/a,b"] }, { targets: "CREDSSP101" }],
  ],
};

for (const kind of kinds)
  describe(`A ${kind} that cannot be`, () => {
    const stack = inOneStack();

    for (const [more, refused] of [...ofAll, ...own[kind]])
      it(`is refused by its check, naming the property: ${shown(more)}`, async () => {
        const host = await stack.host();
        const { inputs } = declare(kind, host, stack.fleet.connection, more);
        const { failures } = await stack.provider.check(inputs);
        assert.deepEqual(
          Object.fromEntries(
            failures.map(({ property, reason }) => [
              // Pulumi would print the value of a property that it is told.
              property || /^([^ :]+): /u.exec(reason)?.[1],
              /\((CREDSSP\d+)\)$/.exec(reason)?.[1],
            ]),
          ),
          refused,
        );
        for (const { reason } of failures)
          assert.match(reason, /^[^\n]+ Found: [^\n]+ Needed: [^\n]+ Try: /);
      });
  });

function shown(more: Properties): string {
  return JSON.stringify(more, (_, value: unknown) =>
    value === undefined ? "(left out)" : value,
  );
}
