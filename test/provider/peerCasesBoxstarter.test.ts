import assert from "node:assert/strict";
import { allow, switchFlag } from "../../providers/host/simulated/hands";
import type { HostState } from "../../providers/host/simulated/state";
import { assertSettled, destroyTwice, essence, makeWorld } from "./world";

/**
 * The tests of Boxstarter, under their own words (cases 19 to 27). Whether a probe honours
 * https and the port (26) is the PowerShell adapter's.
 */

const host = "orch01.do.local";
const common = { host, connection: { transport: "simulated" } };
const client = { ...common, delegateComputers: ["cm12.do.local"] };
const fresh = "AllowFreshCredentials";
const ntlmOnly = "AllowFreshCredentialsWhenNTLMOnly";
const policy = { ...common, policy: fresh, targets: ["WSMAN/cm12.do.local"] };
const ntlm = { ...policy, policy: ntlmOnly };
const foreign = "WSMAN/backup.corp.example";

const kinds = [
  ["server", common],
  ["client", client],
  ["policy", policy],
] as const;

type World = ReturnType<typeof makeWorld>;

const liveOf = (world: World, name: typeof fresh | typeof ntlmOnly = fresh) =>
  world.facts(host).live[name].values;
const dataOf = (world: World, name?: typeof fresh | typeof ntlmOnly) =>
  liveOf(world, name).map(({ data }) => data);

const withFaults =
  (faults: HostState["faults"]) =>
  (state: HostState): HostState => ({ ...state, faults });

describe("the cases of Boxstarter", () => {
  it("19: not enabled at all: enabled for the host", async () => {
    const world = makeWorld(host);
    const it = world.client();
    await it.create(client);
    assert.deepEqual(world.said.steps, [
      "writeLedger",
      "enableClient: cm12.do.local",
    ]);
    assert.equal(world.facts(host).client.on, true);
    assert.deepEqual(dataOf(world), ["wsman/cm12.do.local"]);
    await assertSettled(world, it, client);
  });

  it("20: enabled for a similarly named host (prefix): still added", async () => {
    for (const similar of [
      "cm12.do.local.example",
      "cm1.do.local",
      "cm123.do.local",
      "cm12.do.loca",
      "cm12",
    ]) {
      const world = makeWorld(host);
      world.fleet.edit(host, (state) =>
        allow(state, fresh, [`wsman/${similar}`]),
      );
      const it = world.client();
      await it.create(client);
      const wanted = [`wsman/${similar}`, "wsman/cm12.do.local"];
      assert.deepEqual(dataOf(world), wanted);
      await assertSettled(world, it, client);
      await destroyTwice(world, it);
      assert.deepEqual(dataOf(world), wanted.slice(0, 1));
    }
  });

  it("21: NTLM-only switch and list set", async () => {
    const world = makeWorld(host);
    const before = essence(world.fleet, host);
    const it = world.policy();
    await it.create(ntlm);
    assert.deepEqual(world.said.steps, ["writeLedger", "writePolicy"]);
    assert.deepEqual(world.facts(host).live[ntlmOnly], {
      switch: 1,
      concatenate: 1,
      values: [{ name: "1", data: "WSMAN/cm12.do.local" }],
    });
    assert.deepEqual(dataOf(world, fresh), []);
    await assertSettled(world, it, ntlm);
    await destroyTwice(world, it);
    assert.deepEqual(essence(world.fleet, host), before);
  });

  it("22: foreign entry kept; ours appended next", async () => {
    for (const kind of ["client", "policy"] as const) {
      const world = makeWorld(host);
      world.fleet.edit(host, (state) => allow(state, fresh, [foreign]));
      const it = world[kind]();
      const args = kind === "client" ? client : policy;
      await it.create(args);
      const ours = kind === "client" ? "wsman" : "WSMAN";
      const expected = [
        { name: "1", data: foreign },
        { name: "2", data: `${ours}/cm12.do.local` },
      ];
      assert.deepEqual(liveOf(world), expected);
      assert.deepEqual(world.facts(host).local[fresh].values, expected);
      await assertSettled(world, it, args);
    }
  });

  it("23: already listed: list length unchanged", async () => {
    for (const spelling of ["wsman/cm12.do.local", "WSMAN/CM12.Do.Local"]) {
      const world = makeWorld(host);
      world.fleet.edit(host, (state) =>
        allow(switchFlag(state, "client", true), fresh, [foreign, spelling]),
      );
      const it = world.client();
      await it.create(client);
      assert.deepEqual(world.said.steps, ["writeLedger"]);
      assert.deepEqual(dataOf(world), [foreign, spelling]);
      await assertSettled(world, it, client);
      await destroyTwice(world, it);
      assert.deepEqual(dataOf(world), [foreign, spelling]);
    }
  });

  it("24: on rollback: role off if it was off, earlier list restored if it was on, only our NTLM entries gone", async () => {
    for (const was of [false, true]) {
      const world = makeWorld(host);
      world.fleet.edit(host, (state) => {
        const switched = switchFlag(state, "client", was);
        const listed = was ? allow(switched, fresh, [foreign]) : switched;
        return allow(listed, ntlmOnly, ["TERMSRV/jump01"]);
      });
      const before = essence(world.fleet, host);
      const [role, list] = [world.client(), world.policy()];
      await role.create(client);
      await list.create(ntlm);
      assert.equal(dataOf(world, ntlmOnly).length, 2);
      await destroyTwice(world, list);
      assert.deepEqual(dataOf(world, ntlmOnly), ["TERMSRV/jump01"]);
      await destroyTwice(world, role);
      assert.equal(world.facts(host).client.on, was);
      assert.deepEqual(dataOf(world), was ? [foreign] : []);
      assert.deepEqual(essence(world.fleet, host), before);
    }
  });

  it("25: server turned off afterwards only if we turned it on", async () => {
    for (const was of [false, true]) {
      const world = makeWorld(host);
      world.fleet.edit(host, (state) => switchFlag(state, "service", was));
      const it = world.server();
      await it.create(common);
      await assertSettled(world, it, common);
      await destroyTwice(world, it);
      assert.equal(world.facts(host).service.on, was);
      assert.deepEqual(
        world.said.steps,
        was
          ? ["writeLedger", "writeLedger: nothing"]
          : [
              "writeLedger",
              "enableServer",
              "disableServer",
              "writeLedger: nothing",
            ],
      );
    }
  });

  it("27: a failure inside the job still rolls back: at once what never became effective", async () => {
    const world = makeWorld(host);
    world.fleet.edit(host, (state) =>
      withFaults({ policyNeverApplies: true })(allow(state, fresh, [foreign])),
    );
    const before = essence(world.fleet, host);
    const it = world.client();
    await assert.rejects(it.create(client), /CREDSSP302/u);
    assert.deepEqual(essence(world.fleet, host), before);
    await it.destroy();
    assert.deepEqual(essence(world.fleet, host), before);
  });

  it("27: a failure inside the job still rolls back: by destroy what broke off", async () => {
    for (const [kind, args] of kinds) {
      const world = makeWorld(host);
      const before = essence(world.fleet, host);
      world.fleet.edit(host, withFaults({ dieAfterSteps: 1 }));
      const it = world[kind]();
      const error = kind === "client" ? /./u : /CREDSSP306/u;
      await assert.rejects(it.create(args), error);
      world.fleet.edit(host, withFaults({}));
      await destroyTwice(world, it);
      assert.deepEqual(essence(world.fleet, host), before, kind);
    }
  });
});
