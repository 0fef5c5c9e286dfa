import assert from "node:assert/strict";
import {
  allow,
  revoke,
  switchFlag,
} from "../../providers/host/simulated/hands";
import {
  freshHost,
  type HostState,
} from "../../providers/host/simulated/state";
import { assertSettled, destroyTwice, essence, makeWorld } from "./world";

/**
 * The tests of SPSWeather, WSManDsc, DSC v3 and dbatools, under their own words (cases 28 to 35
 * and 43 to 45). Those about Windows itself are with the PowerShell adapter.
 */

const host = "orch01.do.local";
const common = { host, connection: { transport: "simulated" } };
const client = { ...common, delegateComputers: ["cm12.do.local"] };
const fresh = "AllowFreshCredentials";
const policy = { ...common, policy: fresh, targets: ["WSMAN/cm12.do.local"] };
const foreign = "WSMAN/backup.corp.example";

const kinds = [
  ["server", common],
  ["client", client],
  ["policy", policy],
] as const;

type World = ReturnType<typeof makeWorld>;

const dataOf = (world: World) =>
  world.facts(host).live[fresh].values.map(({ data }) => data);

describe("the cases of SPSWeather, WSManDsc and DSC v3", () => {
  it("29: one class/host entry per server", async () => {
    const world = makeWorld(host);
    const it = world.client();
    const names = ["sps01.do.local", "sps02.do.local", "sps03.do.local"];
    const args = {
      ...common,
      delegateComputers: [...names, "SPS02.do.local", " sps03.do.local. "],
    };
    await it.create(args);
    assert.deepEqual(
      dataOf(world),
      names.map((name) => `wsman/${name}`),
    );
    await assertSettled(world, it, args);
  });

  it("30: WhatIf writes nothing at all", async () => {
    for (const [kind, args] of kinds) {
      const world = makeWorld(host);
      const it = world[kind]();
      assert.equal(await it.preview(args), "created");
      assert.equal(world.said.visits, 0);
      await it.create(args);
      const { visits } = world.said;
      const state = world.fleet.state(host);
      const elsewhere = { ...args, host: "other.do.local" };
      const adopting = { ...args, adopt: true };
      assert.equal(await it.preview(args), "unchanged");
      assert.equal(await it.preview(adopting), "updated");
      assert.equal(await it.preview(elsewhere), "replaced");
      assert.equal(world.said.visits, visits);
      assert.deepEqual(world.fleet.state(host), state);
    }
  });

  it("31: save defaults, converge, read back each property equal, restore", async () => {
    for (const [kind, args] of kinds) {
      const world = makeWorld(host);
      const before = essence(world.fleet, host);
      const it = world[kind]();
      await it.create(args);
      await it.refresh();
      for (const [name, value] of Object.entries(args)) {
        if (name === "connection") continue;
        assert.deepEqual(it.outputs[name], value, `${kind}: ${name}`);
      }
      assert.equal(it.outputs["enabled"], true);
      await assertSettled(world, it, args);
      await destroyTwice(world, it);
      assert.deepEqual(essence(world.fleet, host), before);
    }
  });

  it("32: the list of reasons names each differing property, and no other", async () => {
    const off = (state: HostState) => switchFlag(state, "client", false);
    const out = (state: HostState) =>
      revoke(state, fresh, ["wsman/cm12.do.local"]);
    const cases = [
      [off, ["enabled"]],
      [out, ["delegateComputers"]],
      [(state) => off(out(state)), ["delegateComputers", "enabled"]],
      [(state) => allow(state, fresh, [foreign]), []],
    ] as const satisfies readonly (readonly [
      (state: HostState) => HostState,
      readonly string[],
    ])[];
    for (const [hand, expected] of cases) {
      const world = makeWorld(host);
      const it = world.client();
      await it.create(client);
      const declared = { ...it.outputs };
      world.fleet.edit(host, hand);
      await it.refresh();
      const differing = Object.keys(declared).filter(
        (name) =>
          JSON.stringify(it.outputs[name]) !== JSON.stringify(declared[name]),
      );
      assert.deepEqual(differing.sort(), expected);
      const change = expected.length > 0 ? "updated" : "unchanged";
      assert.equal(await it.up(client), change);
      await assertSettled(world, it, client);
    }
  });

  it("33: what-if on: new nested key, new value, existing equal value (no change), delete value, delete subkey, delete missing (no-op)", async () => {
    const world = makeWorld(host);
    const it = world.policy();
    const targets = (...names: readonly string[]) => ({
      ...policy,
      targets: names.map((name) => `WSMAN/${name}.do.local`),
    });
    /** What a preview says, which does not look at the host, is what an up does. */
    const asPreviewed = async (args: object, steps: readonly string[]) => {
      const { visits } = world.said;
      const said = await it.preview({ ...args });
      assert.equal(world.said.visits, visits);
      const done = world.said.steps.length;
      assert.equal(await it.up({ ...args }), said);
      assert.deepEqual(world.said.steps.slice(done), steps);
      return said;
    };
    const written = ["writeLedger", "writePolicy"];
    const taken = ["writePolicy", "writeLedger"];
    assert.equal(await asPreviewed(targets("a"), written), "created");
    assert.equal(await asPreviewed(targets("a", "b"), written), "updated");
    assert.equal(await asPreviewed(targets("b", "a"), []), "unchanged");
    assert.equal(await asPreviewed(targets("a"), taken), "updated");
    const none = { ...policy, targets: [], enabled: false };
    const turned = ["writeLedger", ...taken];
    assert.equal(await asPreviewed(none, turned), "updated");
    assert.deepEqual(world.facts(host).live[fresh].values, []);
    assert.equal(await asPreviewed(targets("a", "b"), turned), "updated");
    world.fleet.edit(host, (state) =>
      revoke(state, fresh, ["WSMAN/b.do.local"]),
    );
    await it.refresh();
    // Nothing is to be deleted any more but the record of it.
    assert.equal(await asPreviewed(targets("a"), ["writeLedger"]), "updated");
    await assertSettled(world, it, targets("a"));
  });

  it("34: deleting something absent succeeds", async () => {
    for (const [kind, args] of kinds) {
      const world = makeWorld(host);
      const it = world[kind]();
      const before = essence(world.fleet, host);
      await it.create(args);
      world.fleet.edit(host, (state) =>
        revoke(
          switchFlag(switchFlag(state, "client", false), "service", false),
          fresh,
          ["wsman/cm12.do.local"],
        ),
      );
      await destroyTwice(world, it);
      assert.deepEqual(world.said.steps.slice(2), ["writeLedger: nothing"]);
      assert.deepEqual(essence(world.fleet, host), before);
    }
  });

  it("35: a missing key reads as not there rather than as an error", async () => {
    for (const [kind, args] of kinds) {
      const world = makeWorld(host);
      const it = world[kind]();
      await it.create(args);
      const { outputs } = it;
      const { ledger } = world.fleet.state(host);
      world.fleet.edit(host, () => ({ ...freshHost(host), ledger }));
      await it.refresh();
      assert.equal(it.outputs["enabled"], kind === "policy" ? null : false);
      if (kind !== "server") {
        const list = kind === "client" ? "delegateComputers" : "targets";
        assert.deepEqual(it.outputs[list], []);
      }
      world.fleet.edit(host, () => freshHost(host));
      it.outputs = outputs;
      await it.refresh();
      assert.deepEqual(it.outputs, {});
      assert.equal(await it.up(args), "created");
      await assertSettled(world, it, args);
    }
  });

  it("35: a missing key reads as not there also when a refresh had seen that before the record was lost", async () => {
    for (const [kind, args] of kinds) {
      const world = makeWorld(host);
      const it = world[kind]();
      await it.create(args);
      const { ledger } = world.fleet.state(host);
      world.fleet.edit(host, () => ({ ...freshHost(host), ledger }));
      await it.refresh();
      world.fleet.edit(host, () => freshHost(host));
      await it.refresh();
      assert.deepEqual(it.outputs, {}, kind);
    }
  });
});

describe("the cases of dbatools, Chef and Puppet", () => {
  it("43: both ends initialised exactly once per run; zero when CredSSP not requested", async () => {
    const [there, third] = ["cm12.do.local", "db01.do.local"];
    const world = makeWorld(host, there, third);
    const ends = [
      [world.client(), client],
      [world.server(), { ...common, host: there }],
    ] as const;
    for (const [it, args] of ends) await it.create(args);
    assert.deepEqual(world.said.steps, [
      "writeLedger",
      "enableClient: cm12.do.local",
      "writeLedger",
      "enableServer",
    ]);
    for (const [it, args] of ends) await assertSettled(world, it, args);
    assert.deepEqual(world.fleet.state(third), freshHost(third));
  });
});
