import assert from "node:assert/strict";
import { createMemoryFleet } from "../../../providers/host/simulated/memoryFleet";
import { factsOf } from "../../../providers/host/simulated/observe";
import type { Faults } from "../../../providers/host/simulated/state";
import type { Batch } from "../../../providers/model/steps";
import { applyNow, nothing, numbered, policy } from "../cases/expectations";

const name = "app01.do.local";
const change = { ...nothing, add: numbered("x/y"), switch: 1 };
const batch: Batch = [
  { kind: "writeLedger", text: "{}" },
  { kind: "enableServer" },
  { kind: "writePolicy", policy, local: change, live: change },
];

/** A host with a fault, and what a look at it finds. */
function hostWith(faults: Faults) {
  const fleet = createMemoryFleet([name]);
  fleet.edit(name, (state) => ({ ...state, faults }));
  return {
    host: fleet.connect(name, { transport: "simulated", fleet: "" }),
    heal: () => fleet.edit(name, (state) => ({ ...state, faults: {} })),
    done: () => {
      const facts = factsOf(fleet.state(name));
      return [
        facts.ledger !== null,
        facts.service.on,
        facts.local[policy].switch === 1,
        facts.live[policy].switch === 1,
      ];
    },
  };
}

describe("a session that dies on a simulated host", () => {
  for (const steps of [0, 1, 2, 3])
    it(`leaves ${steps} of three steps done, again and again, until the fault is gone`, async () => {
      const { host, done, heal } = hostWith({ dieAfterSteps: steps });
      const both = steps === 3;
      for (let time = 0; time < 2; time++) {
        const applied = await applyNow(host, batch);
        assert.equal(applied.outcome, "died");
        assert.deepEqual(done(), [steps > 0, steps > 1, both, both]);
      }
      heal();
      assert.equal((await applyNow(host, batch)).outcome, "done");
      assert.deepEqual(done(), [true, true, true, true]);
    });

  it("comes through with a batch that is shorter, and with a look", async () => {
    const { host, done } = hostWith({ dieAfterSteps: 4 });
    assert.equal((await applyNow(host, batch)).outcome, "done");
    assert.deepEqual(done(), [true, true, true, true]);
    const { host: other } = hostWith({ dieAfterSteps: 0 });
    assert.equal((await applyNow(other, [])).outcome, "done");
  });

  it("notices first that the host has moved: then nothing is done", async () => {
    const { host, done } = hostWith({ dieAfterSteps: 1 });
    const planned = await host.observe();
    await applyNow(host, [{ kind: "enableServer" }]);
    const applied = await host.apply(batch, planned);
    assert.equal(applied.outcome, "stale");
    assert.deepEqual(done(), [false, true, false, false]);
  });

  it("leaves local policy written and HKLM not, and finishes the next time", async () => {
    const { host, done } = hostWith({ dieBetweenStores: true });
    assert.equal((await applyNow(host, batch)).outcome, "died");
    assert.deepEqual(done(), [true, true, true, false]);
    assert.equal((await applyNow(host, batch)).outcome, "done");
    assert.deepEqual(done(), [true, true, true, true]);
  });
});
