import * as pulumi from "@pulumi/pulumi";
import assert from "node:assert/strict";
import { declarations } from "../../providers/declarations";

/** Reads a stack's configuration, as Pulumi gives it: objects as JSON. */
function declared(config: Readonly<Record<string, unknown>>) {
  const texts = Object.entries(config).map(([key, value]) => [
    `stack:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(texts) as Record<string, string>,
  );
  return declarations(new pulumi.Config("stack"));
}

describe("the declarations of a stack", () => {
  after(() => pulumi.runtime.setAllConfig({}));

  it("give every item the connection of the stack, unless it has its own", () => {
    const simulated = { transport: "simulated" };
    const local = { transport: "local" };
    const { servers, policies } = declared({
      connection: simulated,
      servers: ["a.do.local", { host: "b.do.local", connection: local }],
      policies: [{ host: "a.do.local", policy: "AllowFreshCredentials" }],
    });
    assert.deepEqual(servers, [
      {
        name: "a.do.local",
        args: { host: "a.do.local", connection: simulated },
      },
      { name: "b.do.local", args: { host: "b.do.local", connection: local } },
    ]);
    assert.equal(policies[0]?.name, "a.do.local-AllowFreshCredentials");
  });

  const refused: readonly [
    string,
    Readonly<Record<string, unknown>>,
    RegExp,
  ][] = [
    ["a misspelt key", { server: ["a"] }, /: server\n.*one of servers/u],
    ["no list", { servers: "a" }, /: servers\n.*a list/u],
    ["an empty host", { servers: [""] }, /servers\[0\]/u],
    ["an empty name", { servers: [{ host: "a", name: "" }] }, /servers\[0\]/u],
    [
      "a policy without its name",
      { policies: [{ host: "a" }] },
      /host and policy/u,
    ],
    ["a host twice", { servers: ["a.b.c", "A.b.c"] }, /declared twice/u],
  ];
  for (const [what, config, message] of refused) {
    it(`refuse ${what} (CREDSSP111)`, () => {
      assert.throws(
        () => declared(config),
        (error) =>
          pulumi.RunError.isInstance(error) &&
          message.test(error.message) &&
          error.message.includes("CREDSSP111"),
      );
    });
  }
});
