import assert from "node:assert/strict";
import { needPulumi, tier } from "../support/tiers";
import { makeDemoFleet } from "./demoFleet";
import { changes, succeeded } from "./events";
import { observables } from "./observable";
import { program, TestStack } from "./stack";

tier("stack: a program that is an ES module", needPulumi(), (found) => {
  let stack: TestStack;

  before(async function () {
    this.timeout(60_000);
    stack = await TestStack.open(found, program("esModule"));
    await makeDemoFleet(stack);
  });
  after(() => stack.close());

  it("imports the package, converges, and undoes what it did", async () => {
    const snapshot = await observables(stack.fleet);
    const made = succeeded(await stack.up());
    assert.deepEqual(changes(made), [
      "create cm12.do.local",
      "create orch",
      "create sql01.do.local",
    ]);
    assert.deepEqual(made.outputs["accepts"]?.value, ["ours", "ours"]);
    assert.equal(made.outputs["list"]?.value, "ours");
    succeeded(await stack.refresh({ expectNoChanges: true }));
    succeeded(await stack.destroy());
    assert.deepEqual(await observables(stack.fleet), snapshot);
  }).timeout(120_000);
});
