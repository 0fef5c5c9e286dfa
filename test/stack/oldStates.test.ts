import assert from "node:assert/strict";
import { needPulumi, tier } from "../support/tiers";
import { succeeded } from "./events";
import { observable } from "./observable";
import { placeFleet, readConfig, readState, stateNames } from "./oldStates";
import { TestStack } from "./stack";

tier("stack: states of earlier versions", needPulumi(), (found) => {
  for (const name of stateNames()) {
    it(`reads ${name} without changes, and destroys what it made`, async () => {
      const stack = await TestStack.open(found);
      try {
        await placeFleet(stack, name, "before");
        const before = await observables(stack);
        await placeFleet(stack, name, "after");
        await stack.configure(await readConfig(name));
        await stack.import(await readState(name));
        succeeded(await stack.refresh({ expectNoChanges: true }));
        succeeded(await stack.preview({ expectNoChanges: true }));
        succeeded(await stack.destroy());
        assert.deepEqual(await observables(stack), before);
        assert.deepEqual(await stack.state(), {});
      } finally {
        await stack.close();
      }
    }).timeout(60_000);
  }
});

async function observables(stack: TestStack): Promise<unknown> {
  const hosts = Object.keys(await stack.fleet.files()).map(
    async (name) => [name, observable(await stack.fleet.host(name))] as const,
  );
  return Object.fromEntries(await Promise.all(hosts));
}
