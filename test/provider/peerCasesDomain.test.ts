import assert from "node:assert/strict";
import { allow, domainSets } from "../../providers/host/simulated/hands";
import type { PolicyState } from "../../providers/model/facts";
import { policyOver } from "../../providers/model/policies";
import { assertSettled, destroyTwice, essence, makeWorld } from "./world";

/**
 * What none of the other tools tests of the domain's policy (cases 52 and 53).
 */

const host = "orch01.do.local";
const common = { host, connection: { transport: "simulated" } };
const client = { ...common, delegateComputers: ["cm12.do.local"] };
const fresh = "AllowFreshCredentials";
const policy = { ...common, policy: fresh, targets: ["WSMAN/cm12.do.local"] };
const object = "Server baseline";

type World = ReturnType<typeof makeWorld>;

/** The domain's own list, which empties what is there first. */
const replacing = (...data: readonly string[]): PolicyState => ({
  switch: 1,
  concatenate: 1,
  clearsFirst: true,
  values: data.map((one, i) => ({ name: String(i + 1), data: one })),
});

/** The domain's administrators say this of a policy (`null`: nothing any more), and it is applied. */
function domainSays(
  world: World,
  setting: Partial<PolicyState> | null,
  name: Parameters<typeof domainSets>[2] = fresh,
): void {
  world.fleet.edit(host, (state) => domainSets(state, object, name, setting));
  world.fleet.updatePolicy(host);
}

const dataOf = (world: World) =>
  world.facts(host).live[fresh].values.map(({ data }) => data);

const kinds = [
  ["client", client],
  ["policy", policy],
] as const;

const blocked =
  /Group Policy holds AllowFreshCredentials\nFound: "Server baseline" empties the list and does not hold wsman\/cm12\.do\.local[^]*CREDSSP312/iu;

describe("what nobody tests of the domain's policy", () => {
  for (const [kind, args] of kinds) {
    it(`52: domain GPO replaces the list between preview and apply (${kind}): refused by name, nothing written`, async () => {
      const world = makeWorld(host);
      const it = world[kind]();
      assert.equal(await it.preview(args), "created");
      domainSays(world, replacing("TERMSRV/*.corp.example"));
      const before = world.fleet.state(host);
      for (const _ of ["once", "twice"]) {
        await assert.rejects(it.create(args), blocked);
        assert.deepEqual(it.outputs, {});
      }
      assert.deepEqual(world.said.steps, []);
      assert.deepEqual(world.fleet.state(host), before);
      domainSays(world, null);
      await it.create(args);
      await assertSettled(world, it, args);
    });

    it(`52: domain GPO replaces the list between look and change (${kind}): the change is not carried out`, async () => {
      const world = makeWorld(host);
      world.fleet.edit(host, (state) =>
        allow(state, fresh, ["wsman/backup.corp.example"]),
      );
      const before = essence(world.fleet, host);
      const it = world[kind]();
      world.between.hands = () =>
        domainSays(world, replacing("TERMSRV/*.corp.example"));
      await assert.rejects(it.create(args), blocked);
      assert.deepEqual(world.said.steps, []);
      assert.equal(world.fleet.state(host).ledger, null);
      assert.deepEqual(dataOf(world), ["TERMSRV/*.corp.example"]);
      domainSays(world, null);
      assert.deepEqual(essence(world.fleet, host), before);
    });

    it(`52: domain GPO replaces the list after it was declared (${kind}): shown, refused by name, and still taken back`, async () => {
      const world = makeWorld(host);
      world.fleet.edit(host, (state) =>
        allow(state, fresh, ["wsman/backup.corp.example"]),
      );
      const before = essence(world.fleet, host);
      const it = world[kind]();
      await it.create(args);
      domainSays(world, replacing("TERMSRV/*.corp.example"));
      const done = world.said.steps.length;
      await it.refresh();
      assert.equal(it.outputs["list"], "blockedByPolicy");
      assert.equal(await it.preview(args), "updated");
      for (const _ of ["once", "twice"]) {
        await assert.rejects(it.up(args), blocked);
      }
      assert.equal(world.said.steps.length, done);
      await destroyTwice(world, it);
      assert.deepEqual(dataOf(world), ["TERMSRV/*.corp.example"]);
      domainSays(world, null);
      assert.deepEqual(essence(world.fleet, host), before);
    });
  }

  it("52: domain GPO replaces the list while the cmdlet's entry is on its way: refused by name, and taken back", async () => {
    const world = makeWorld(host);
    const before = essence(world.fleet, host);
    const it = world.client();
    // The pass that brings the cmdlet's entry brings the domain's list after it.
    world.between.hands = () =>
      world.fleet.edit(host, (state) =>
        domainSets(state, object, fresh, replacing("TERMSRV/*.corp.example")),
      );
    await assert.rejects(it.create(client), blocked);
    assert.deepEqual(dataOf(world), ["TERMSRV/*.corp.example"]);
    await assert.rejects(it.up(client), blocked);
    await destroyTwice(world, it);
    assert.equal(world.facts(host).client.on, false);
    domainSays(world, null);
    assert.deepEqual(essence(world.fleet, host), before);
  });

  it("52: the domain lifts it again: the next run converges from where it was", async () => {
    for (const [kind, args] of kinds) {
      const world = makeWorld(host);
      const before = essence(world.fleet, host);
      const it = world[kind]();
      await it.create(args);
      domainSays(world, replacing("TERMSRV/*.corp.example"));
      await it.refresh();
      await assert.rejects(it.up(args), blocked);
      domainSays(world, null);
      assert.equal(await it.up(args), "updated");
      assert.equal(it.outputs["list"], "ours");
      await assertSettled(world, it, args);
      await destroyTwice(world, it);
      assert.deepEqual(essence(world.fleet, host), before);
    }
  });

  for (const [what, entry, coveredBy] of [
    ["holds", "WSMAN/cm12.do.local", false],
    ["covers", "WSMAN/*.do.local", true],
  ] as const) {
    it(`53: GPO agrees with the desired state (its list ${what} the entry): reported satisfied-by-policy, no error`, async () => {
      for (const [kind, args] of kinds) {
        const world = makeWorld(host);
        domainSays(world, replacing(entry));
        const before = essence(world.fleet, host);
        const it = world[kind]();
        await it.create(args);
        assert.equal(it.outputs["list"], "satisfiedByPolicy");
        const name = kind === "client" ? "cm12.do.local" : policy.targets[0];
        const spn = `wsman/${String(name)}`.replace(/^wsman\/WSMAN/u, "WSMAN");
        assert.deepEqual(
          it.outputs["coveredBy"],
          coveredBy ? { [spn]: entry } : undefined,
        );
        assert.ok(!world.said.steps.includes("writePolicy"));
        assert.deepEqual(dataOf(world), [entry]);
        await assertSettled(world, it, args);
        world.fleet.updatePolicy(host);
        await assertSettled(world, it, args);
        await destroyTwice(world, it);
        assert.deepEqual(essence(world.fleet, host), before);
      }
    });
  }

  it("53: GPO agrees with the desired state (it merges the same entry): no error, and nothing of the domain's is touched", async () => {
    for (const [kind, args] of kinds) {
      const world = makeWorld(host);
      const { clearsFirst: _, ...merged } = replacing("WSMAN/cm12.do.local");
      domainSays(world, merged);
      const before = essence(world.fleet, host);
      const it = world[kind]();
      await it.create(args);
      assert.ok(!world.said.steps.includes("writePolicy"));
      assert.deepEqual(dataOf(world), ["WSMAN/cm12.do.local"]);
      await assertSettled(world, it, args);
      // When the domain lifts it, the entry becomes ours, and goes with us when the domain is back.
      domainSays(world, null);
      await it.refresh();
      assert.equal(await it.up(args), "updated");
      assert.equal(dataOf(world).length, 1);
      await assertSettled(world, it, args);
      domainSays(world, merged);
      await destroyTwice(world, it);
      world.fleet.updatePolicy(host);
      assert.deepEqual(essence(world.fleet, host), before);
    }
  });

  it("53: GPO agrees with the desired state (it switches the role on): reported satisfied-by-policy, no error", async () => {
    for (const [kind, role, args] of [
      ["server", "service", common],
      ["client", "client", client],
    ] as const) {
      const world = makeWorld(host);
      domainSays(world, { switch: 1 }, policyOver(role));
      const before = essence(world.fleet, host);
      const it = world[kind]();
      await it.create(args);
      assert.equal(it.outputs["flag"], "satisfiedByPolicy");
      assert.deepEqual(
        world.said.steps,
        kind === "server" ? ["writeLedger"] : ["writeLedger", "writePolicy"],
      );
      await assertSettled(world, it, args);
      await destroyTwice(world, it);
      assert.deepEqual(essence(world.fleet, host), before);
    }
  });
});
