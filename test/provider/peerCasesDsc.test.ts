import assert from "node:assert/strict";
import {
  allow,
  domainSets,
  putList,
  switchFlag,
} from "../../providers/host/simulated/hands";
import { freshHost } from "../../providers/host/simulated/state";
import { policyOver } from "../../providers/model/policies";
import { assertSettled, destroyTwice, essence, makeWorld } from "./world";

/**
 * The tests of xCredSSP and of PowerShell's own cmdlets, under their own words (cases 1 to 18).
 * The other tools' are in the files beside.
 */

const host = "orch01.do.local";
const common = { host, connection: { transport: "simulated" } };
const client = { ...common, delegateComputers: ["cm12.do.local"] };
const fresh = "AllowFreshCredentials";

const roles = [
  ["server", "service", common],
  ["client", "client", client],
] as const;

describe("the cases of xCredSSP", () => {
  it("1: server role given delegates: rejected; no enable, no disable, no reboot request", async () => {
    const world = makeWorld(host);
    const before = world.fleet.state(host);
    const it = world.server();
    await assert.rejects(it.create(client), /CREDSSP108/u);
    await it.create(common);
    const state = world.fleet.state(host);
    await assert.rejects(it.up(client), /CREDSSP108/u);
    assert.deepEqual(world.fleet.state(host), state);
    await it.destroy();
    assert.deepEqual(world.fleet.state(host), before);
    assert.deepEqual(world.said.warnings, []);
  });

  it("2: the same input to the compliance check: a validation error naming the property", async () => {
    const world = makeWorld(host);
    await assert.rejects(
      world.server().preview(client),
      /^Error: delegateComputers: delegateComputers is not a property of CredSSPServer\..*\(CREDSSP108\)$/u,
    );
    assert.equal(world.said.visits, 0);
  });

  for (const [kind, role, args] of roles) {
    const number = kind === "server" ? 3 : 4;
    it(`${number}: ${kind} present while policy owns the ${kind} flag: error; nothing invoked; no reboot`, async () => {
      const world = makeWorld(host);
      world.fleet.edit(host, (state) =>
        domainSets(state, "WinRM baseline", policyOver(role), { switch: 0 }),
      );
      world.fleet.updatePolicy(host);
      const before = world.fleet.state(host);
      for (const _ of ["once", "twice"]) {
        await assert.rejects(
          world[kind]().create(args),
          /is disabled by "WinRM baseline" \(HKLM\\.*\\AllowCredSSP = 0\)[^]*CREDSSP301/u,
        );
      }
      assert.deepEqual(world.said.steps, []);
      assert.deepEqual(world.said.warnings, []);
      assert.deepEqual(world.fleet.state(host), before);
    });
  }

  it("5: server present on a host where it is off: enabled exactly once, unattended; disable never called; no stray output", async () => {
    const world = makeWorld(host);
    const it = world.server();
    await it.create(common);
    assert.deepEqual(world.said.steps, ["writeLedger", "enableServer"]);
    assert.equal(world.facts(host).service.on, true);
    await assertSettled(world, it, common);
    assert.deepEqual([...world.said.progress, ...world.said.warnings], []);
  });

  it("6: client present with a host not yet listed: exactly that host added once; disable never called; no stray output", async () => {
    const world = makeWorld(host);
    world.fleet.edit(host, (state) =>
      allow(state, fresh, ["wsman/other.do.local"]),
    );
    const it = world.client();
    await it.create(client);
    assert.deepEqual(world.said.steps, [
      "writeLedger",
      "enableClient: cm12.do.local",
    ]);
    assert.deepEqual(
      world.facts(host).live[fresh].values.map(({ data }) => data),
      ["wsman/other.do.local", "wsman/cm12.do.local"],
    );
    await assertSettled(world, it, client);
    assert.deepEqual(world.said.warnings, []);
  });

  it("7: client present without delegates: specific error; no read, enable, disable or reboot", async () => {
    const world = makeWorld(host);
    for (const [given, error] of [
      [{ ...common, delegateComputers: [] }, /^.*delegateComputers: .*105/u],
      [common, /^.*delegateComputers: .*Needed: a list.*109/u],
    ] as const) {
      await assert.rejects(world.client().preview(given), error);
      await assert.rejects(world.client().create(given), error);
    }
    assert.equal(world.said.visits, 0);
  });

  it("8: server not enabled: not compliant", async () => {
    const world = makeWorld(host);
    const it = world.server();
    await it.create(common);
    world.fleet.edit(host, (state) => switchFlag(state, "service", false));
    await it.refresh();
    assert.equal(it.outputs["enabled"], false);
    assert.equal(await it.preview(common), "updated");
    assert.equal(await it.up(common), "updated");
    await assertSettled(world, it, common);
  });

  it("9: client with other hosts listed but not ours: not compliant", async () => {
    const world = makeWorld(host);
    const it = world.client();
    await it.create(client);
    for (const store of ["live", "local"] as const) {
      world.fleet.edit(host, (state) =>
        putList(state, store, fresh, {
          values: [{ name: "1", data: "wsman/other.do.local" }],
        }),
      );
    }
    await it.refresh();
    assert.deepEqual(it.outputs["delegateComputers"], []);
    assert.equal(it.outputs["enabled"], true);
    assert.equal(await it.preview(client), "updated");
    assert.equal(await it.up(client), "updated");
    await assertSettled(world, it, client);
  });

  it("10 (regression #16): works on a fresh host where the policy key does not exist", async () => {
    for (const [kind, , args] of roles) {
      const world = makeWorld(host);
      assert.deepEqual(world.fleet.state(host).hklm, {});
      const before = essence(world.fleet, host);
      const it = world[kind]();
      await it.create(args);
      await assertSettled(world, it, args);
      await destroyTwice(world, it);
      assert.deepEqual(essence(world.fleet, host), before);
    }
  });

  for (const [value, outcome] of [
    [0, "blockedByPolicy"],
    [1, "satisfiedByPolicy"],
  ] as const) {
    it(`12 (regression #13): a policy-owned host never loops: ${outcome}`, async () => {
      for (const [kind, role, args] of roles) {
        const world = makeWorld(host);
        const it = world[kind]();
        await it.create(args);
        world.fleet.edit(host, (state) =>
          domainSets(state, "Base", policyOver(role), { switch: value }),
        );
        world.fleet.updatePolicy(host);
        const state = world.fleet.state(host);
        const done = world.said.steps.length;
        for (const _ of ["once", "twice", "for ever"]) {
          await it.refresh();
          assert.equal(it.outputs["flag"], outcome);
          if (value === 0) await assert.rejects(it.up(args), /CREDSSP301/u);
          else assert.equal(await it.up(args), "unchanged");
        }
        assert.equal(world.said.steps.length, done);
        assert.deepEqual(world.fleet.state(host), state);
      }
    });
  }

  it("13 (regression #23): a comma/space-joined string is rejected, never stored as one host", async () => {
    const world = makeWorld(host);
    for (const joined of [
      "a.do.local,b.do.local",
      "a.do.local, b.do.local",
      "a.do.local b.do.local",
      "a.do.local;b.do.local",
      "a.do.local\nb.do.local",
      "a.do.local\u00a0b.do.local",
    ]) {
      await assert.rejects(
        world.client().create({ ...common, delegateComputers: [joined] }),
        /is this two names\?.*CREDSSP101/u,
      );
      const targets = [`WSMAN/${joined}`];
      await assert.rejects(
        world.policy().create({ ...common, policy: fresh, targets }),
        /is this two names\?.*CREDSSP101/u,
      );
    }
    const one = { ...common, delegateComputers: "a.do.local,b.do.local" };
    await assert.rejects(world.client().create(one), /CREDSSP109/u);
    assert.equal(world.said.visits, 0);
  });
});

describe("the cases of PowerShell's cmdlets", () => {
  it("15: client without delegates: error id; server with delegate: error id", async () => {
    const world = makeWorld(host);
    await assert.rejects(
      world.client().create({ ...common, delegateComputers: [] }),
      /\(CREDSSP105\)$/u,
    );
    await assert.rejects(world.server().create(client), /\(CREDSSP108\)$/u);
    assert.equal(world.said.visits, 0);
  });

  it("16: enable client: target eventually visible, since propagation is delayed; enable server: visible", async () => {
    for (const policyDelayMs of [150, 5_000, 80_000]) {
      const world = makeWorld(host);
      world.fleet.edit(host, (state) => ({
        ...state,
        faults: { policyDelayMs },
      }));
      const it = world.client();
      await it.create(client);
      assert.deepEqual(
        world.facts(host).live[fresh].values.map(({ data }) => data),
        ["wsman/cm12.do.local"],
      );
      assert.deepEqual(world.said.progress, [
        `waiting for policy processing on ${host}: wsman/cm12.do.local`,
      ]);
      await assertSettled(world, it, client);
      await world.server().create(common);
      assert.equal(world.facts(host).service.on, true);
    }
  });

  it("16: enable client where the list is there already: target eventually visible, also after the cmdlet gave up", async () => {
    for (const policyDelayMs of [150, 5_000, 80_000]) {
      const world = makeWorld(host);
      world.fleet.edit(host, (state) => ({
        ...allow(state, fresh, ["TERMSRV/jump01"]),
        faults: { policyDelayMs },
      }));
      const before = essence(world.fleet, host);
      const it = world.client();
      await it.create(client);
      assert.deepEqual(world.said.steps, [
        "writeLedger",
        "enableClient: cm12.do.local",
      ]);
      assert.deepEqual(
        world.facts(host).live[fresh].values.map(({ data }) => data),
        ["TERMSRV/jump01", "wsman/cm12.do.local"],
      );
      await assertSettled(world, it, client);
      await destroyTwice(world, it);
      assert.deepEqual(essence(world.fleet, host), before);
    }
  });

  for (const [kind, role, args] of roles) {
    it(`17: disable the ${kind} role: state off, no output`, async () => {
      const world = makeWorld(host);
      const it = world[kind]();
      await it.create(args);
      world.said.progress.length = 0;
      await destroyTwice(world, it);
      assert.equal(world.facts(host)[role].on, false);
      assert.deepEqual(world.said.steps.slice(2), [
        kind === "server" ? "disableServer" : "disableClient",
        "writeLedger: nothing",
      ]);
      assert.deepEqual(world.said.progress, []);
      // The second destroy finds nothing of ours, and nothing that it would have to speak of.
      assert.deepEqual(world.said.warnings, []);
    });

    it(`18: a non-elevated caller gets a clear elevation error for enable and disable of the ${kind} role; reading needs no elevation`, async () => {
      const world = makeWorld(host);
      const nonElevated = (on: boolean) => {
        world.fleet.edit(host, (state) => ({
          ...state,
          faults: on ? { nonElevated: true } : {},
        }));
      };
      const error = /the session is not elevated\n[^]*\(CREDSSP207\)$/u;
      nonElevated(true);
      await assert.rejects(world[kind]().create(args), error);
      nonElevated(false);
      assert.deepEqual(world.fleet.state(host), freshHost(host));

      const it = world[kind]();
      await it.create(args);
      nonElevated(true);
      const state = world.fleet.state(host);
      const { outputs } = it;
      await it.refresh();
      assert.deepEqual(it.outputs, outputs);
      assert.equal(await it.up(args), "unchanged");
      await assert.rejects(it.destroy(), error);
      assert.deepEqual(world.fleet.state(host), state);
    });
  }
});
