import assert from "node:assert/strict";
import { needPulumi, tier } from "../support/tiers";
import { succeeded } from "./events";
import { observables } from "./observable";
import { placeFleet, readConfig, readState, stateNames } from "./oldStates";
import { TestStack } from "./stack";

tier("stack: states of earlier versions", needPulumi(), (found) => {
  for (const name of stateNames()) {
    it(`reads ${name} without changes, and destroys what it made`, async () => {
      const stack = await TestStack.open(found);
      try {
        await placeFleet(stack, name, "before");
        const before = await observables(stack.fleet);
        await placeFleet(stack, name, "after");
        await stack.configure(await readConfig(name));
        await stack.import(await readState(name));
        const untouched = await stack.fleet.files();
        succeeded(await stack.refresh({ expectNoChanges: true }));
        succeeded(await stack.preview({ expectNoChanges: true }));
        succeeded(await stack.up({ expectNoChanges: true }));
        assert.deepEqual(await stack.fleet.files(), untouched);
        succeeded(await stack.destroy());
        assert.deepEqual(await observables(stack.fleet), before);
        assert.deepEqual(await stack.state(), {});
      } finally {
        await stack.close();
      }
    }).timeout(60_000);
  }
});
