import assert from "node:assert/strict";
import { factsOf } from "../../providers/host/simulated/observe";
import { needPulumi, tier } from "../support/tiers";
import { changes, complaints, succeeded } from "./events";
import { observables } from "./observable";
import { simulated, TestStack } from "./stack";

/** Its policy never becomes effective in time. */
const late = "late.do.local";
/** It stops answering in the middle. */
const lost = "lost.do.local";
const hosts = [late, lost];

/** One stack; each case goes on where the one before it ended. */
tier("stack: a create that fails half-way", needPulumi(), (found) => {
  let stack: TestStack;
  let snapshot: unknown;

  before(async function () {
    this.timeout(60_000);
    stack = await TestStack.open(found);
    await stack.fleet.run("new", ...hosts);
    snapshot = await observables(stack.fleet);
    for (const host of hosts) {
      await stack.fleet.run("fault", host, "policyNeverApplies=on");
      await stack.fleet.run("fault", host, "validateSeconds=1");
    }
    await stack.configure({
      connection: simulated,
      clients: [
        { host: late, policyTimeoutSeconds: 1 },
        { host: lost, policyTimeoutSeconds: 60 },
      ].map((client) => ({ ...client, delegateComputers: ["*.do.local"] })),
    });
  });
  after(() => stack.close());

  it("stays in the state with what was done", async () => {
    const up = stack.up();
    // Enable-WSManCredSSP has saved local policy and looks for it in HKLM.
    await stack.fleet.until(lost, ({ localPolicy }) => localPolicy !== null);
    await stack.fleet.run("fault", lost, "unreachable=on");
    const ran = await up;
    const codes = complaints(ran)
      .filter(({ of }) => hosts.includes(of))
      .map(({ of, message }) => [of, /CREDSSP\d{3}/.exec(message)?.[0]]);
    assert.deepEqual(Object.fromEntries(codes), {
      [late]: "CREDSSP302",
      [lost]: "CREDSSP206",
    });
    const state = await stack.state();
    for (const host of hosts) {
      assert.equal(state[host]?.initErrors?.length, 1, host);
      assert.equal(state[host].id, `${host}/CredSSPClient`);
      assert.equal(state[host].outputs["drifted"], true, host);
    }
  }).timeout(60_000);

  it("is continued by the next up", async () => {
    for (const host of hosts) {
      await stack.fleet.run("fault", host, "policyNeverApplies=off");
    }
    await stack.fleet.run("fault", lost, "unreachable=off");
    const continued = succeeded(await stack.up());
    assert.deepEqual(changes(continued), [`update ${late}`, `update ${lost}`]);
    for (const host of hosts) {
      const { client, live } = factsOf(await stack.fleet.host(host));
      assert.equal(client.on, true, host);
      assert.deepEqual(
        live.AllowFreshCredentials.values.map(({ data }) => data),
        ["wsman/*.do.local"],
      );
    }
    for (const { urn, outputs } of Object.values(await stack.state())) {
      assert.equal(outputs["drifted"], undefined, urn);
    }
    succeeded(await stack.preview({ expectNoChanges: true }));
  }).timeout(120_000);

  it("is undone by destroy", async () => {
    succeeded(await stack.destroy());
    assert.deepEqual(await observables(stack.fleet), snapshot);
  }).timeout(60_000);
});
