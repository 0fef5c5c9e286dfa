import assert from "node:assert/strict";
import {
  putList,
  revoke,
  switchFlag,
} from "../../providers/host/simulated/hands";
import type { ListValue } from "../../providers/model/facts";
import { assertSettled, destroyTwice, essence, makeWorld } from "./world";

/**
 * What none of the other tools tests of lists and names (cases 46 to 49, 58 and 59).
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

const liveOf = (world: World) => world.facts(host).live[fresh];
const dataOf = (world: World) => liveOf(world).values.map(({ data }) => data);

/** Both stores come to hold a list as somebody left it. */
function listed(
  world: World,
  values: readonly ListValue[],
  dwords: { switch: number | null; concatenate: number | null },
): void {
  world.fleet.edit(host, (state) =>
    putList(state, "local", fresh, { ...dwords, values }),
  );
  world.fleet.updatePolicy(host);
}

const numbered = (...data: readonly string[]): readonly ListValue[] =>
  data.map((one, i) => ({ name: String(i + 1), data: one }));

describe("what nobody tests of lists", () => {
  it("46 (xCredSSP defect 1): entries present, auth flag off: converges", async () => {
    const world = makeWorld(host);
    const given = numbered("wsman/cm12.do.local");
    listed(world, given, { switch: 1, concatenate: 1 });
    const before = essence(world.fleet, host);
    const it = world.client();
    await it.create(client);
    assert.deepEqual(world.said.steps, ["writeLedger", "setClientAuth: on"]);
    assert.equal(world.facts(host).client.on, true);
    assert.deepEqual(liveOf(world).values, given);
    await assertSettled(world, it, client);
    await destroyTwice(world, it);
    assert.deepEqual(essence(world.fleet, host), before);
  });

  for (const [what, value] of [
    ["0", 0],
    ["missing", null],
  ] as const) {
    it(`47: auth on, master DWORD ${what}`, async () => {
      const world = makeWorld(host);
      const given = numbered("wsman/cm12.do.local");
      world.fleet.edit(host, (state) => switchFlag(state, "client", true));
      listed(world, given, { switch: value, concatenate: null });
      const before = essence(world.fleet, host);
      const it = world.client();
      await it.create(client);
      assert.deepEqual(world.said.steps, ["writeLedger", "writePolicy"]);
      assert.equal(liveOf(world).switch, 1);
      assert.deepEqual(liveOf(world).values, given);
      await assertSettled(world, it, client);
      // Somebody does it again: the dead list is drift.
      for (const store of ["live", "local"] as const) {
        world.fleet.edit(host, (state) =>
          putList(state, store, fresh, { switch: value }),
        );
      }
      await it.refresh();
      assert.deepEqual(it.outputs["delegateComputers"], []);
      assert.equal(await it.up(client), "updated");
      await assertSettled(world, it, client);
      await destroyTwice(world, it);
      assert.deepEqual(essence(world.fleet, host), before);
    });
  }

  it("48: TERMSRV/HOST entries neither counted nor removed", async () => {
    const world = makeWorld(host);
    const others = ["TERMSRV/cm12.do.local", "HOST/cm12.do.local"];
    listed(world, numbered(...others), { switch: 1, concatenate: 1 });
    const before = essence(world.fleet, host);
    const it = world.client();
    await it.create(client);
    assert.deepEqual(dataOf(world), [...others, "wsman/cm12.do.local"]);
    await assertSettled(world, it, client);
    world.fleet.edit(host, (state) =>
      revoke(state, fresh, ["wsman/cm12.do.local"]),
    );
    await it.refresh();
    assert.deepEqual(it.outputs["delegateComputers"], []);
    assert.equal(await it.up(client), "updated");
    await destroyTwice(world, it);
    assert.deepEqual(dataOf(world), others);
    assert.deepEqual(essence(world.fleet, host), before);
  });

  for (const [what, names] of [
    ["gapped numbering (1,3,7)", ["1", "3", "7"]],
    ["numbers that do not begin at 1", ["5", "6", "9"]],
    ["non-numeric names", ["x", "01", "2a"]],
    ["a very high number", ["1", "2", "999999"]],
  ] as const) {
    it(`49: ${what}: nothing of others is overwritten or renumbered`, async () => {
      for (const [kind, args] of kinds.slice(1)) {
        const world = makeWorld(host);
        const data = ["TERMSRV/jump01", "WSMAN/a.example", "wsman/b.example"];
        const others = names.map((name, i) => ({ name, data: data[i] ?? "" }));
        listed(world, others, { switch: 1, concatenate: 1 });
        const before = essence(world.fleet, host);
        const it = world[kind]();
        await it.create(args);
        assert.equal(dataOf(world).length, 4);
        for (const store of ["live", "local"] as const) {
          const { values } = world.facts(host)[store][fresh];
          assert.deepEqual(
            values.filter(({ data: one }) => data.includes(one)),
            others,
          );
        }
        await assertSettled(world, it, args);
        world.fleet.updatePolicy(host);
        await assertSettled(world, it, args);
        await destroyTwice(world, it);
        assert.deepEqual(liveOf(world).values, others);
        assert.deepEqual(essence(world.fleet, host), before);
      }
    });
  }

  it("49: duplicates differing in case, WSMAN vs wsman", async () => {
    const spellings = [
      "wsman/cm12.do.local",
      "WSMAN/cm12.do.local",
      "WSMan/CM12.DO.LOCAL",
    ];
    for (const [kind, args] of kinds.slice(1)) {
      for (const adopt of [false, true]) {
        const world = makeWorld(host);
        const all = numbered(...spellings, "TERMSRV/cm12.do.local");
        listed(world, all, { switch: 1, concatenate: 1 });
        const before = essence(world.fleet, host);
        const it = world[kind]();
        const wanted = { ...args, adopt };
        await it.create(wanted);
        assert.deepEqual(liveOf(world).values, all);
        await assertSettled(world, it, wanted);
        await destroyTwice(world, it);
        if (adopt) assert.deepEqual(dataOf(world), ["TERMSRV/cm12.do.local"]);
        else assert.deepEqual(essence(world.fleet, host), before);
      }
    }
  });
});

describe("what nobody tests of names", () => {
  for (const [what, given, code] of [
    ["*", "*", "CREDSSP104"],
    ["*.com", "*.com", "CREDSSP104"],
    ["wsman/*", "wsman/*", "CREDSSP102"],
    ["two wildcards", "*.*.do.local", "CREDSSP103"],
    ["port suffix", "cm12.do.local:5985", "CREDSSP102"],
    ["leading service class", "WSMAN/cm12.do.local", "CREDSSP102"],
  ] as const) {
    it(`58: ${what}: refused (${code}), and no host is asked`, async () => {
      const world = makeWorld(host);
      const names = { ...common, delegateComputers: ["a.do.local", given] };
      await assert.rejects(
        world.client().create(names),
        new RegExp(`delegateComputers: .*${code}`, "u"),
      );
      assert.equal(world.said.visits, 0);
    });
  }

  it("58: a list policy's * and wsman/*: refused too, unless allowed in so many words", async () => {
    for (const target of ["*", "wsman/*", "TERMSRV/*.com"]) {
      const world = makeWorld(host);
      const before = essence(world.fleet, host);
      const it = world.policy();
      const broad = { ...common, policy: fresh, targets: [target] };
      await assert.rejects(it.create(broad), /targets: .*CREDSSP104/u);
      assert.equal(world.said.visits, 0);
      const allowed = { ...broad, allowBroadDelegation: true };
      await it.create(allowed);
      assert.deepEqual(dataOf(world), [target]);
      await assertSettled(world, it, allowed);
      await destroyTwice(world, it);
      assert.deepEqual(essence(world.fleet, host), before);
    }
  });

  for (const [what, given, spn, warning] of [
    ["trailing dot", "cm12.do.local.", "wsman/cm12.do.local", null],
    ["IP", "10.0.0.5", "wsman/10.0.0.5", /is an address/u],
    ["IPv6", "2001:DB8::5", "wsman/2001:db8::5", /is an address/u],
    ["IDN", "Münster.example", "wsman/xn--mnster-3ya.example", null],
    ["NetBIOS name", "CM12", "wsman/cm12", /is a short name/u],
    ["wildcard over a domain", "*.Do.Local", "wsman/*.do.local", null],
  ] as const) {
    it(`58: ${what}: stored once, in its normal form${warning ? ", with a warning" : ""}`, async () => {
      const world = makeWorld(host);
      const before = essence(world.fleet, host);
      const it = world.client();
      const names = [given, ` ${given.toUpperCase()} `];
      const args = { ...common, delegateComputers: names };
      await it.create(args);
      assert.deepEqual(dataOf(world), [spn]);
      if (warning) assert.match(world.said.warnings.join("\n"), warning);
      else assert.deepEqual(world.said.warnings, []);
      await assertSettled(world, it, args);
      await destroyTwice(world, it);
      assert.deepEqual(essence(world.fleet, host), before);
    });
  }

  it("59: delegation to self/localhost", async () => {
    for (const self of [host, "localhost"]) {
      const world = makeWorld(host);
      const before = essence(world.fleet, host);
      const both = [
        [world.client(), { ...common, delegateComputers: [self] }],
        [world.server(), common],
      ] as const;
      for (const [it, args] of both) await it.create(args);
      assert.deepEqual(dataOf(world), [`wsman/${self}`]);
      assert.deepEqual(world.said.warnings, []);
      for (const [it, args] of both) await assertSettled(world, it, args);
      for (const [it] of both) await destroyTwice(world, it);
      assert.deepEqual(essence(world.fleet, host), before);
    }
  });
});
