import assert from "node:assert/strict";
import {
  allow,
  revoke,
  switchFlag,
} from "../../providers/host/simulated/hands";
import type { HostState } from "../../providers/host/simulated/state";
import type { Properties } from "../../providers/pulumi/definition";
import {
  assertSettled,
  destroyTwice,
  essence,
  makeWorld,
  type Resource,
} from "./world";

/**
 * What none of the other tools tests of owners, broken runs, scale and drift (cases 50 to 64).
 * Those about the domain's policy (52 and 53) are in peerCasesDomain.test.ts.
 */

const host = "orch01.do.local";
const common = { host, connection: { transport: "simulated" } };
const client = { ...common, delegateComputers: ["cm12.do.local"] };
const fresh = "AllowFreshCredentials";
const policy = { ...common, policy: fresh, targets: ["WSMAN/cm12.do.local"] };

const kinds = [
  ["server", common],
  ["client", client],
  ["policy", policy],
] as const;

type World = ReturnType<typeof makeWorld>;

const dataOf = (world: World) =>
  world.facts(host).live[fresh].values.map(({ data }) => data);

function withFaults(world: World, faults: HostState["faults"]): void {
  world.fleet.edit(host, (state) => ({ ...state, faults }));
}

describe("what nobody tests of several owners and broken runs", () => {
  for (const first of ["dev", "prod"] as const) {
    it(`50: two stacks own overlapping entries on one host; ${first} is destroyed: the other keeps working`, async () => {
      const world = makeWorld(host);
      const before = essence(world.fleet, host);
      const wanted = {
        dev: { ...common, delegateComputers: ["a.do.local", "b.do.local"] },
        prod: { ...common, delegateComputers: ["b.do.local", "c.do.local"] },
      };
      const clients = {
        dev: world.client("it", "dev"),
        prod: world.client("it", "prod"),
      };
      const servers = {
        dev: world.server("it", "dev"),
        prod: world.server("it", "prod"),
      };
      for (const stack of ["dev", "prod"] as const) {
        await clients[stack].create(wanted[stack]);
        await servers[stack].create(common);
      }
      assert.equal(dataOf(world).length, 3);
      const other = first === "dev" ? "prod" : "dev";
      await destroyTwice(world, clients[first]);
      await destroyTwice(world, servers[first]);
      assert.deepEqual(
        dataOf(world).sort(),
        wanted[other].delegateComputers.map((name) => `wsman/${name}`),
      );
      assert.equal(world.facts(host).client.on, true);
      assert.equal(world.facts(host).service.on, true);
      world.fleet.updatePolicy(host);
      await assertSettled(world, clients[other], wanted[other]);
      await assertSettled(world, servers[other], common);
      await destroyTwice(world, clients[other]);
      await destroyTwice(world, servers[other]);
      assert.deepEqual(essence(world.fleet, host), before);
    });
  }

  it("51: two runs in parallel on one host", async () => {
    const world = makeWorld(host);
    world.fleet.edit(host, (state) =>
      allow(state, fresh, ["wsman/backup.corp.example"]),
    );
    const before = essence(world.fleet, host);
    const another = world.anotherProcess();
    const runs = [
      [world.client("one"), client],
      [another.client("two"), { ...client, delegateComputers: ["a.b.c"] }],
      [world.policy("one"), policy],
      [another.policy("two"), policy],
      [world.server("one"), common],
      [another.server("two"), common],
    ] as const satisfies readonly (readonly [Resource, Properties])[];
    await Promise.all(runs.map(([it, args]) => it.create(args)));
    assert.deepEqual(new Set(dataOf(world)).size, dataOf(world).length);
    for (const [it, args] of runs) {
      await it.refresh();
      assert.equal(await it.up(args), "unchanged");
      await assertSettled(world, it, args);
    }
    await Promise.all(runs.map(([it]) => it.destroy()));
    assert.deepEqual(essence(world.fleet, host), before);
  });

  const deaths = [
    { dieAfterSteps: 0 },
    { dieAfterSteps: 1 },
    { dieAfterSteps: 2 },
    { dieBetweenStores: true },
    { crashEnableClient: true },
  ] as const satisfies readonly HostState["faults"][];
  for (const death of deaths) {
    it(`54: kill mid-apply (${JSON.stringify(death)}); re-run repairs`, async () => {
      for (const [kind, args] of kinds) {
        // What a kill leaves in Pulumi's state: what was done by then, or nothing.
        for (const keeps of [true, false]) {
          const world = makeWorld(host);
          world.fleet.edit(host, (state) =>
            allow(state, fresh, ["wsman/backup.corp.example"]),
          );
          const before = essence(world.fleet, host);
          const it = world[kind]();
          const killed = async (work: () => Promise<unknown>) => {
            const { outputs } = it;
            withFaults(world, death);
            await work().catch(
              () => (it.outputs = keeps ? it.outputs : outputs),
            );
            withFaults(world, {});
          };
          await killed(() => it.create(args));
          await it.up(args);
          await assertSettled(world, it, args);
          if (kind !== "server") {
            const list = kind === "client" ? "delegateComputers" : "targets";
            const entry = kind === "client" ? "new.do.local" : "HOST/new";
            const next = { ...args, [list]: [entry] };
            await killed(() => it.up(next));
            await it.up(next);
            await assertSettled(world, it, next);
          }
          await killed(() => it.destroy());
          if (Object.keys(it.outputs).length > 0) await destroyTwice(world, it);
          assert.deepEqual(essence(world.fleet, host), before, kind);
        }
      }
    });
  }

  for (const steps of [0, 1]) {
    it(`54: kill while an entry is taken out, after ${steps} steps; a refresh; re-run repairs`, async () => {
      for (const [kind, list, names] of [
        ["client", "delegateComputers", ["a.do.local", "b.do.local"]],
        ["policy", "targets", ["wsman/a.do.local", "wsman/b.do.local"]],
      ] as const) {
        const world = makeWorld(host);
        const it = world[kind]();
        const args = { ...common, ...(kind === "policy" && { policy: fresh }) };
        await it.create({ ...args, [list]: names });
        const next = { ...args, [list]: names.slice(0, 1) };
        withFaults(world, { dieAfterSteps: steps });
        await assert.rejects(it.up(next), /CREDSSP306/u);
        withFaults(world, {});
        await it.refresh();
        await it.up(next);
        assert.deepEqual(dataOf(world), ["wsman/a.do.local"]);
        await assertSettled(world, it, next);
        // What somebody else adds from now on is theirs.
        world.fleet.edit(host, (state) =>
          allow(state, fresh, ["wsman/b.do.local"]),
        );
        await it.destroy();
        assert.deepEqual(dataOf(world), ["wsman/b.do.local"]);
      }
    });
  }

  it("55: gpupdate /force and a reboot afterwards: still converged", async () => {
    for (const [kind, args] of kinds) {
      const world = makeWorld(host);
      world.fleet.edit(host, (state) =>
        allow(state, fresh, ["wsman/backup.corp.example", "TERMSRV/jump01"]),
      );
      const before = essence(world.fleet, host);
      const it = world[kind]();
      await it.create(args);
      const there = dataOf(world);
      for (const _ of ["gpupdate /force", "a reboot"]) {
        world.fleet.updatePolicy(host);
        assert.deepEqual(dataOf(world), there);
        await assertSettled(world, it, args);
      }
      await destroyTwice(world, it);
      world.fleet.updatePolicy(host);
      assert.deepEqual(essence(world.fleet, host), before);
    }
  });

  it("56: host gone at destroy: an error that says how to go on, and destroy works once it is back", async () => {
    for (const [kind, args] of kinds) {
      const world = makeWorld(host);
      const before = essence(world.fleet, host);
      const it = world[kind]();
      await it.create(args);
      withFaults(world, { unreachable: true });
      for (const _ of ["once", "twice"]) {
        await assert.rejects(
          it.destroy(),
          /the host does not answer\n[^]*CREDSSP_UNREACHABLE=abandon[^]*CREDSSP206/u,
        );
      }
      withFaults(world, {});
      await destroyTwice(world, it);
      assert.deepEqual(essence(world.fleet, host), before);
    }
  });

  it("57: client and server declared in the wrong order, or server destroyed first", async () => {
    const there = "cm12.do.local";
    for (const created of ["client", "server"] as const) {
      for (const destroyed of ["client", "server"] as const) {
        const world = makeWorld(host, there);
        const before = [host, there].map((one) => essence(world.fleet, one));
        const pair = { client: world.client(), server: world.server() };
        const args = { client, server: { ...common, host: there } };
        const other = { client: "server", server: "client" } as const;
        for (const kind of [created, other[created]]) {
          await pair[kind].create(args[kind]);
        }
        for (const kind of ["client", "server"] as const) {
          await assertSettled(world, pair[kind], args[kind]);
        }
        await destroyTwice(world, pair[destroyed]);
        const left = other[destroyed];
        await assertSettled(world, pair[left], args[left]);
        await destroyTwice(world, pair[left]);
        assert.deepEqual(
          [host, there].map((one) => essence(world.fleet, one)),
          before,
        );
      }
    }
  });
});

describe("what nobody tests of scale and of what stands there already", () => {
  it("60: 1,000 entries: as many round trips as for one", async () => {
    const trips = async (count: number): Promise<readonly number[]> => {
      const world = makeWorld(host);
      const before = essence(world.fleet, host);
      const names = Array.from({ length: count }, (_, i) => `s${i}.do.local`);
      const args = { ...common, delegateComputers: names };
      const it = world.client();
      const visits: number[] = [];
      const counted = async (work: () => Promise<unknown>) => {
        const { visits: until } = world.said;
        await work();
        visits.push(world.said.visits - until);
      };
      await counted(() => it.create(args));
      assert.equal(dataOf(world).length, count);
      await counted(() => it.refresh());
      await counted(() => it.up(args));
      const more = { ...args, delegateComputers: [...names, "more.do.local"] };
      await counted(() => it.up(more));
      await counted(() => it.up(args));
      await counted(() => it.destroy());
      assert.deepEqual(essence(world.fleet, host), before);
      return visits;
    };
    assert.deepEqual(await trips(1000), await trips(1));
  });

  it("60: 200 hosts: as many round trips for each as for one", async () => {
    const trips = async (count: number): Promise<number> => {
      const hosts = Array.from({ length: count }, (_, i) => `h${i}.do.local`);
      const world = makeWorld(...hosts);
      const all = hosts.flatMap((one) => [
        [world.client(one), { ...client, host: one }] as const,
        [world.server(one), { ...common, host: one }] as const,
        [world.policy(one), { ...policy, host: one }] as const,
      ]);
      await Promise.all(all.map(([it, args]) => it.create(args)));
      await Promise.all(all.map(([it]) => it.refresh()));
      for (const [it, args] of all) {
        assert.equal(await it.up(args), "unchanged");
      }
      await Promise.all(all.map(([it]) => it.destroy()));
      return world.said.visits / count;
    };
    assert.ok((await trips(200)) <= (await trips(1)));
  });

  it("62: refresh after manual drift shows only the true delta", async () => {
    const world = makeWorld(host);
    const it = world.client();
    const names = ["a.do.local", "b.do.local", "c.do.local"];
    const args = { ...common, delegateComputers: names };
    await it.create(args);
    const { outputs } = it;
    // Others' entries and the order of ours are nobody's drift.
    world.fleet.edit(host, (state) =>
      allow(state, fresh, ["WSMAN/backup.corp.example", "TERMSRV/jump01"]),
    );
    world.fleet.edit(host, (state) => switchFlag(state, "service", true));
    await it.refresh();
    assert.deepEqual(it.outputs, outputs);
    world.fleet.edit(host, (state) =>
      revoke(state, fresh, ["wsman/b.do.local"]),
    );
    await it.refresh();
    const delta = {
      delegateComputers: ["a.do.local", "c.do.local"],
      drifted: true,
    };
    assert.deepEqual(it.outputs, { ...outputs, ...delta });
    assert.equal(await it.up(args), "updated");
    assert.deepEqual(it.outputs, outputs);
    await assertSettled(world, it, args);
  });

  it("62: another refresh of the same drift shows nothing more", async () => {
    for (const [kind, args] of kinds) {
      const world = makeWorld(host);
      const it = world[kind]();
      await it.create(args);
      world.fleet.edit(host, (state) =>
        revoke(switchFlag(state, "service", false), fresh, [
          "wsman/cm12.do.local",
        ]),
      );
      await it.refresh();
      const { outputs } = it;
      await it.refresh();
      assert.deepEqual(it.outputs, outputs, kind);
    }
  });

  for (const adopt of [false, true]) {
    it(`64: import of an existing host (adopt: ${adopt}), then no-op preview`, async () => {
      for (const [kind, args] of kinds) {
        const world = makeWorld(host);
        world.fleet.edit(host, (state) =>
          switchFlag(switchFlag(state, "client", true), "service", true),
        );
        world.fleet.edit(host, (state) =>
          allow(state, fresh, ["TERMSRV/jump01", "WSMAN/CM12.do.local"]),
        );
        const before = essence(world.fleet, host);
        const it = world[kind]();
        const wanted = { ...args, adopt };
        await it.create(wanted);
        assert.deepEqual(world.said.steps, ["writeLedger"]);
        assert.equal(await it.preview(wanted), "unchanged");
        await it.refresh();
        assert.equal(await it.preview(wanted), "unchanged");
        await assertSettled(world, it, wanted);
        await destroyTwice(world, it);
        if (!adopt) assert.deepEqual(essence(world.fleet, host), before);
        else if (kind === "server")
          assert.equal(world.facts(host).service.on, false);
        else assert.deepEqual(dataOf(world), ["TERMSRV/jump01"]);
      }
    });
  }
});
