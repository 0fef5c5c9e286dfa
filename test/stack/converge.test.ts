import assert from "node:assert/strict";
import { factsOf } from "../../providers/host/simulated/observe";
import { needPulumi, tier } from "../support/tiers";
import {
  client,
  demoConfig,
  foreign,
  makeDemoFleet,
  servers,
} from "./demoFleet";
import { changes, drift, finished, succeeded } from "./events";
import { observables } from "./observable";
import { simulated, TestStack, type Config } from "./stack";

const policy = `${client}-AllowFreshCredentials`;
const [cm12, sql01] = servers;
const spare = "sql02.do.local";

/** What the stack declares: the demo, with a second delegate that one case exchanges. */
const declared = (second: string, changed: Config = {}): Config =>
  demoConfig({
    clients: [{ host: client, delegateComputers: ["*.do.local", second] }],
    ...changed,
  });
const first = "old.corp.example";
const then = "new.corp.example";
/** Another way to the same hosts. */
const elsewhere = { ...simulated, fleet: "./fleet" };

/** One stack through its whole life: each case goes on where the one before it ended. */
tier("stack: a fleet through its life", needPulumi(), (found) => {
  let stack: TestStack;
  let snapshot: unknown;

  /** What the client may delegate to by what Windows acts on, in lower case and sorted. */
  const effective = async (): Promise<readonly string[]> => {
    const { live } = factsOf(await stack.fleet.host(client));
    assert.equal(live.AllowFreshCredentials.switch, 1);
    return live.AllowFreshCredentials.values
      .map(({ data }) => data.toLowerCase())
      .sort();
  };
  const accepts = async (name: string): Promise<boolean> =>
    factsOf(await stack.fleet.host(name)).service.on;

  before(async function () {
    this.timeout(60_000);
    stack = await TestStack.open(found);
    await makeDemoFleet(stack);
    await stack.fleet.run("new", spare);
    await stack.configure(declared(first));
    snapshot = await observables(stack.fleet);
  });
  after(() => stack.close());

  it("converges it, and the outputs name each host's outcome", async () => {
    const { outputs } = succeeded(await stack.up());
    assert.deepEqual(outputs["servers"]?.value, [
      {
        host: cm12,
        enabled: true,
        flag: "ours",
        before: { flag: "off" },
        warnings: [],
      },
      {
        host: sql01,
        enabled: true,
        flag: "ours",
        before: { flag: "off" },
        warnings: [],
      },
    ]);
    assert.deepEqual(outputs["clients"]?.value, [
      {
        host: client,
        delegateComputers: ["*.do.local", first],
        enabled: true,
        flag: "ours",
        list: "ours",
        before: {
          flag: "off",
          entries: { "*.do.local": "absent", [first]: "absent" },
        },
        warnings: [],
      },
    ]);
    assert.deepEqual(outputs["policies"]?.value, [
      {
        host: client,
        policy: "AllowFreshCredentials",
        targets: ["WSMAN/*.do.local"],
        enabled: true,
        list: "ours",
        before: { entries: { "WSMAN/*.do.local": "absent" } },
        warnings: [],
      },
    ]);
    assert.equal(factsOf(await stack.fleet.host(client)).client.on, true);
    assert.equal(await accepts(cm12), true);
    assert.equal(await accepts(sql01), true);
  }).timeout(60_000);

  it("keeps less than 2 KB of a resource in the state", async () => {
    const resources = Object.values(await stack.state());
    assert.equal(resources.length, 4);
    for (const { urn, inputs, outputs } of resources) {
      assert.ok(JSON.stringify([inputs, outputs]).length < 2048, urn);
    }
  }).timeout(60_000);

  it("has nothing to do in a preview, a refresh and a second up", async () => {
    const untouched = await stack.fleet.files();
    succeeded(await stack.preview({ expectNoChanges: true }));
    succeeded(await stack.refresh({ expectNoChanges: true }));
    succeeded(await stack.preview({ expectNoChanges: true }));
    succeeded(await stack.up({ expectNoChanges: true }));
    assert.deepEqual(await stack.fleet.files(), untouched);
  }).timeout(120_000);

  it("shows exactly what others changed behind Pulumi's back", async () => {
    await stack.fleet.run("revoke", client, "wsman/*.do.local");
    await stack.fleet.run("set", sql01, "server=off");
    const shown = succeeded(await stack.preview({ refresh: true }));
    assert.deepEqual(drift(shown), {
      [client]: {
        delegateComputers: [["*.do.local", first], [first]],
        drifted: [undefined, true],
      },
      [policy]: {
        targets: [["WSMAN/*.do.local"], []],
        drifted: [undefined, true],
      },
      [sql01]: { enabled: [true, false], drifted: [undefined, true] },
    });
    assert.deepEqual(changes(shown), [
      `update ${client}`,
      `update ${policy}`,
      `update ${sql01}`,
    ]);
  }).timeout(60_000);

  it("takes the drift into the state, and up repairs it", async () => {
    const drifted = await stack.fleet.files();
    succeeded(await stack.refresh());
    assert.deepEqual(await stack.fleet.files(), drifted);
    const repaired = succeeded(await stack.up());
    assert.deepEqual(changes(repaired), [
      `update ${client}`,
      `update ${policy}`,
      `update ${sql01}`,
    ]);
    assert.equal(await accepts(sql01), true);
    assert.deepEqual(await effective(), [
      "wsman/*.do.local",
      foreign.toLowerCase(),
      `wsman/${first}`,
    ]);
    succeeded(await stack.preview({ expectNoChanges: true, refresh: true }));
  }).timeout(120_000);

  it("adds one delegate and removes one in one update in place", async () => {
    await stack.configure(declared(then));
    const edited = succeeded(await stack.up());
    assert.deepEqual(changes(edited), [`update ${client}`]);
    assert.deepEqual(await effective(), [
      "wsman/*.do.local",
      foreign.toLowerCase(),
      `wsman/${then}`,
    ]);
  }).timeout(60_000);

  it("changes nothing on a host when only the way to it changes", async () => {
    const untouched = await stack.fleet.files();
    await stack.configure(declared(then, { connection: elsewhere }));
    const moved = succeeded(await stack.up());
    assert.deepEqual(changes(moved), [
      `update ${cm12}`,
      `update ${client}`,
      `update ${policy}`,
      `update ${sql01}`,
    ]);
    assert.deepEqual(await stack.fleet.files(), untouched);
  }).timeout(60_000);

  it("replaces a resource whose host changes, and deletes first", async () => {
    const servers = [cm12, { name: sql01, host: spare }];
    await stack.configure(declared(then, { connection: elsewhere, servers }));
    const replaced = succeeded(await stack.up());
    assert.deepEqual(finished(replaced), [
      `delete-replaced ${sql01}`,
      `replace ${sql01}`,
      `create-replacement ${sql01}`,
    ]);
    assert.equal(await accepts(sql01), false);
    assert.equal(await accepts(spare), true);
  }).timeout(60_000);

  it("leaves every host as it was before when it is destroyed", async () => {
    succeeded(await stack.destroy());
    assert.deepEqual(await observables(stack.fleet), snapshot);
    assert.deepEqual(await stack.state(), {});
  }).timeout(60_000);
});
