import assert from "node:assert/strict";
import { factsOf } from "../../providers/host/simulated/observe";
import { needPulumi, tier } from "../support/tiers";
import { client, foreign, makeDemoFleet } from "./demoFleet";
import { changes, succeeded } from "./events";
import { observables } from "./observable";
import { program, TestStack } from "./stack";

tier("stack: programs of others", needPulumi(), (found) => {
  let stack: TestStack;
  let snapshot: unknown;

  const effective = async (): Promise<readonly string[]> => {
    const { live } = factsOf(await stack.fleet.host(client));
    return live.AllowFreshCredentials.values.map(({ data }) => data).sort();
  };
  const open = async (name: string): Promise<void> => {
    stack = await TestStack.open(found, program(name));
    await makeDemoFleet(stack);
    snapshot = await observables(stack.fleet);
  };
  afterEach(() => stack.close());

  it("converges by fifteen lines in a project of its own", async () => {
    await open("fifteenLines");
    const made = succeeded(await stack.up());
    assert.deepEqual(changes(made), [
      "create cm12",
      "create fresh",
      "create orch",
    ]);
    assert.equal(
      factsOf(await stack.fleet.host("cm12.do.local")).service.on,
      true,
    );
    assert.equal(factsOf(await stack.fleet.host(client)).client.on, true);
    succeeded(await stack.destroy());
    assert.deepEqual(await observables(stack.fleet), snapshot);
  }).timeout(120_000);

  it("previews and converges hosts that the same program makes", async () => {
    await open("unknownHost");
    const untouched = await stack.fleet.files();
    const planned = succeeded(await stack.preview());
    assert.deepEqual(changes(planned), [
      "create client",
      "create cm12",
      "create orch01",
      "create policy",
      "create server",
    ]);
    assert.deepEqual(await stack.fleet.files(), untouched);
    succeeded(await stack.up());
    assert.equal(
      factsOf(await stack.fleet.host("cm12.do.local")).service.on,
      true,
    );
    assert.deepEqual(
      (await effective()).map((spn) => spn.toLowerCase()),
      [foreign.toLowerCase(), "wsman/cm12.do.local"],
    );
    succeeded(await stack.preview({ expectNoChanges: true }));
    succeeded(await stack.destroy());
    assert.deepEqual(await observables(stack.fleet), snapshot);
  }).timeout(120_000);
});
