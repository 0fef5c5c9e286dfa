import assert from "node:assert/strict";
import { needPulumi, tier } from "../support/tiers";
import { client, demoConfig, foreign, makeDemoFleet } from "./demoFleet";
import { complaints, finished, succeeded } from "./events";
import { observables } from "./observable";
import { TestStack } from "./stack";

/** Both what a second resource delegates to as well and what nobody else does. */
const delegateComputers = ["*.do.local", "files.corp.example"];

tier("stack: a client that is to be replaced", needPulumi(), (found) => {
  let stack: TestStack;

  before(async function () {
    this.timeout(60_000);
    stack = await TestStack.open(found);
    await makeDemoFleet(stack);
  });
  after(() => stack.close());

  it("keeps its entries and its role, and everyone else's, by `up --replace`", async () => {
    const snapshot = await observables(stack.fleet);
    await stack.configure(
      demoConfig({ clients: [{ host: client, delegateComputers }] }),
    );
    succeeded(await stack.up());
    const declared = await stack.fleet.standing(client);
    const recorded = await stack.fleet.records(client);
    assert.equal(declared.client, true);
    assert.deepEqual(declared.delegates, [
      "wsman/*.do.local",
      foreign.toLowerCase(),
      "wsman/files.corp.example",
    ]);

    const urn = (await stack.state())[client]?.urn ?? "";
    const replaced = succeeded(await stack.up({ replace: [urn] }));
    assert.deepEqual(finished(replaced), [
      `delete-replaced ${client}`,
      `replace ${client}`,
      `create-replacement ${client}`,
    ]);
    assert.deepEqual(complaints(replaced), []);
    assert.deepEqual(await stack.fleet.standing(client), declared);
    assert.deepEqual(await stack.fleet.records(client), recorded);
    succeeded(await stack.preview({ expectNoChanges: true, refresh: true }));

    succeeded(await stack.destroy());
    assert.deepEqual(await observables(stack.fleet), snapshot);
  }).timeout(120_000);
});
