import assert from "node:assert/strict";
import { until } from "../support/until";
import { startDynamicProvider } from "./dynamicProvider";
import { faulty } from "./fleet";
import { inOneStack } from "./stack";

describe("What Pulumi's engine is told", () => {
  const stack = inOneStack();
  const address = { delegateComputers: ["10.0.0.7", "web01.do.local"] };
  const warnings = (urn: string): readonly string[] =>
    stack.provider.messages
      .filter((one) => one.urn === urn && one.severity === "warning")
      .map(({ text }) => text);

  it("shows on the resource's row, as long as it runs, what is waited for", async () => {
    // Too late for the first look, and a host without policies gives the cmdlet's success too early.
    const host = await stack.host(faulty({ policyDelayMs: 300 }));
    const { urn } = await stack.create("CredSSPClient", host);
    const about = () =>
      stack.provider.messages.filter(({ text }) => text.includes(host));
    await until("a message", () => about().length > 0);
    assert.deepEqual(about(), [
      {
        severity: "info",
        urn,
        ephemeral: true,
        text: `waiting for policy processing on ${host}: wsman/*.do.local`,
      },
    ]);
  });

  it("keeps a warning on the resource's row, once however often it is true", async () => {
    const host = await stack.host();
    const made = await stack.create("CredSSPClient", host, address);
    const { outputs, id, inputs, urn } = made;
    assert.match(String(outputs["warnings"]), /^10\.0\.0\.7 is an address/);
    await until("the warning", () => warnings(urn).length > 0);
    for (let times = 0; times < 2; times++) {
      await stack.provider.create(inputs);
      await stack.provider.update(id, outputs, inputs);
      await stack.provider.read(id, outputs);
    }
    // Messages keep their order, so once a later one is there, a repeated one would be, too.
    const last = await stack.create(
      "CredSSPClient",
      await stack.host(),
      address,
    );
    await until("the last warning", () => warnings(last.urn).length > 0);
    assert.deepEqual(warnings(urn), outputs["warnings"]);
    const [warning] = stack.provider.messages.filter((one) => one.urn === urn);
    assert.equal(warning?.ephemeral, false);
  });

  it("holds the same warning for every resource of which it is true, and again in the next run", async () => {
    const made = [
      await stack.create("CredSSPClient", await stack.host(), address),
      await stack.create("CredSSPClient", await stack.host(), address),
    ] as const;
    for (const { urn } of made)
      await until("the warning", () => warnings(urn).length === 1);

    const next = await startDynamicProvider();
    try {
      const [{ id, outputs, inputs, urn }] = made;
      await next.update(id, outputs, inputs);
      await until("the warning", () =>
        next.messages.some((one) => one.urn === urn),
      );
    } finally {
      await next.stop();
    }
  });

  it("says of a host without our record that something was left there", async () => {
    const host = await stack.host();
    const { id, outputs, urn } = await stack.create("CredSSPServer", host);
    await stack.fleet.edit(host, (state) => ({ ...state, ledger: null }));
    await stack.provider.delete(id, outputs);
    await until("the warning", () => warnings(urn).length > 0);
    assert.match(String(warnings(urn)[0]), /was left/);
    const { winrm } = await stack.fleet.state(host);
    assert.equal(winrm.serviceCredSSP, true);
  });

  it("is nothing at all where there is nothing to say, and nothing is printed either", async () => {
    const host = await stack.host();
    const quiet = await startDynamicProvider();
    try {
      const inputs = await stack.checked("CredSSPServer", host);
      const { id, outputs } = await quiet.create(inputs);
      await quiet.read(id, outputs);
      await quiet.delete(id, outputs);
      assert.deepEqual(quiet.messages, []);
      assert.equal(quiet.errorText(), "");
    } finally {
      await quiet.stop();
    }
  });

  it("costs no operation its success when the engine does not listen", async () => {
    const host = await stack.host();
    const deaf = await startDynamicProvider({ engine: "127.0.0.1:1" });
    try {
      const inputs = await stack.checked("CredSSPClient", host, address);
      const { outputs } = await deaf.create(inputs);
      assert.equal(outputs["enabled"], true);
    } finally {
      await deaf.stop();
    }
  });
});
