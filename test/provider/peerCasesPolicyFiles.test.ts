import assert from "node:assert/strict";
import {
  allow,
  putList,
  switchFlag,
} from "../../providers/host/simulated/hands";
import type { Registry } from "../../providers/host/simulated/registry";
import { policyPass } from "../../providers/host/simulated/policyPass";
import type { HostState } from "../../providers/host/simulated/state";
import { delegationKey } from "../../providers/model/policies";
import { assertSettled, destroyTwice, essence, makeWorld } from "./world";

/**
 * The tests of the tools that edit policy files, under their own words (cases 38 to 42).
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

const withFaults =
  (faults: HostState["faults"]) =>
  (state: HostState): HostState => ({ ...state, faults });

describe("the cases of tools that edit policy files", () => {
  const administrativeTemplates = "{D02B1F72-3407-48AE-BA88-E8213C6761F1}";
  const registry = "{35378EAC-683F-11D2-A89A-00C04FBBCFA2}";
  const scripts =
    "[{42B5FAAE-6536-11D2-AE5A-0000F87571E3}{40B6664F-4972-11D1-A7CA-0000F87571E3}]";

  it("38 (GPRegistryPolicyDsc#40): a machine change bumps only the machine half; user half untouched; other CSE pairs preserved and ordered", async () => {
    const world = makeWorld(host);
    world.fleet.edit(host, (state) => ({
      ...state,
      localPolicy: {
        machineVersion: 7,
        userVersion: 3,
        extensions: `[${registry}${administrativeTemplates}]${scripts}`,
        machineDisabled: false,
        registryPol: {},
      },
    }));
    const it = world.policy();
    await it.create(policy);
    const { localPolicy } = world.fleet.state(host);
    assert.equal(localPolicy?.machineVersion, 8);
    assert.equal(localPolicy.userVersion, 3);
    const pairs = [...localPolicy.extensions.matchAll(/\[[^\]]*\]/gu)].flat();
    assert.ok(pairs.includes(scripts));
    assert.deepEqual(pairs, pairs.toSorted());
    const [tools] = pairs.filter((pair) => pair.startsWith(`[${registry}`));
    assert.ok(tools?.includes(administrativeTemplates));
    await it.destroy();
    assert.equal(world.fleet.state(host).localPolicy?.machineVersion, 9);
    assert.equal(world.fleet.state(host).localPolicy?.userVersion, 3);
  });

  it("38: file created if missing", async () => {
    const world = makeWorld(host);
    await world.policy().create(policy);
    const { localPolicy } = world.fleet.state(host);
    assert.equal(localPolicy?.machineVersion, 1);
    assert.equal(localPolicy.userVersion, 0);
    assert.ok(localPolicy.extensions.startsWith(`[${registry}`));
  });

  it("39: no change: neither file touched", async () => {
    for (const [kind, args] of kinds) {
      const world = makeWorld(host);
      // Others have it already: it is joined, and the files stay as they are.
      world.fleet.edit(host, (state) =>
        allow(
          switchFlag(switchFlag(state, "client", true), "service", true),
          fresh,
          ["WSMAN/cm12.do.local"],
        ),
      );
      const { localPolicy } = world.fleet.state(host);
      const it = world[kind]();
      await it.create(args);
      await assertSettled(world, it, args);
      await destroyTwice(world, it);
      assert.deepEqual(world.fleet.state(host).localPolicy, localPolicy);
    }
  });

  it("40: every value type of others survives a round trip", async () => {
    const key = "Software\\Policies\\Example";
    const data = {
      none: { type: 0, hex: "" },
      text: "text",
      expandable: { type: 2, hex: "2500540000000000" },
      binary: { type: 3, hex: "00ff10" },
      dword: 4294967295,
      bigEndian: { type: 5, hex: "00000001" },
      link: { type: 6, hex: "61000000" },
      several: { type: 7, hex: "610000006200000000000000" },
      qword: { type: 11, hex: "ffffffffffffffff" },
    };
    const list = `${delegationKey}\\${fresh}`;
    // A value of another type in a list is no entry, and its number is taken all the same.
    const odd = { 1: { type: 2, hex: "78000000" }, 3: 7 };
    for (const [kind, args] of kinds) {
      const world = makeWorld(host);
      world.fleet.edit(host, (state) => {
        const { localPolicy } = allow(state, fresh, ["TERMSRV/jump01"]);
        assert.ok(localPolicy);
        const registryPol: Registry = {
          ...localPolicy.registryPol,
          [key]: data,
        };
        const values = { ...registryPol[list], ...odd, 2: "TERMSRV/jump01" };
        return policyPass({
          ...state,
          localPolicy: {
            ...localPolicy,
            registryPol: { ...registryPol, [list]: values },
          },
        });
      });
      const before = essence(world.fleet, host);
      const it = world[kind]();
      await it.create(args);
      await assertSettled(world, it, args);
      world.fleet.updatePolicy(host);
      const { hklm, localPolicy } = world.fleet.state(host);
      for (const store of [hklm, localPolicy?.registryPol ?? {}]) {
        assert.deepEqual(store[key], data);
        assert.deepEqual({ ...store[list], ...odd }, store[list]);
      }
      await destroyTwice(world, it);
      assert.deepEqual(essence(world.fleet, host), before);
    }
  });

  it("41: corrupt registry.pol: clear error, file untouched", async () => {
    for (const [kind, args] of kinds) {
      const world = makeWorld(host);
      world.fleet.edit(host, (state) =>
        withFaults({ damagedRegistryPol: true })(
          allow(state, fresh, [foreign]),
        ),
      );
      const before = world.fleet.state(host);
      const it = world[kind]();
      if (kind === "server") {
        // The role needs no policy file.
        await it.create(args);
        await assertSettled(world, it, args);
        await destroyTwice(world, it);
      } else {
        await assert.rejects(
          it.create(args),
          /local policy cannot be read\nFound: .*offset 0[^]*CREDSSP309/u,
        );
        await assert.rejects(it.create(args), /CREDSSP309/u);
      }
      assert.deepEqual(world.fleet.state(host), before);
    }
  });

  it("41: corrupt registry.pol: what is there already stays readable, and destroy says why it cannot", async () => {
    const world = makeWorld(host);
    const it = world.policy();
    const before = essence(world.fleet, host);
    await it.create(policy);
    world.fleet.edit(host, withFaults({ damagedRegistryPol: true }));
    const state = world.fleet.state(host);
    await it.refresh();
    assert.deepEqual(it.outputs["targets"], policy.targets);
    await assert.rejects(it.destroy(), /CREDSSP309/u);
    assert.deepEqual(world.fleet.state(host), state);
    world.fleet.edit(host, withFaults({}));
    await destroyTwice(world, it);
    assert.deepEqual(essence(world.fleet, host), before);
  });

  it("42 (salt#64401): value 1 never matches 10/11", async () => {
    const world = makeWorld(host);
    const others = ["10", "11", "21", "01"].map((name) => ({
      name,
      data: `TERMSRV/jump${name}`,
    }));
    world.fleet.edit(host, (state) =>
      putList(state, "local", fresh, {
        switch: 1,
        concatenate: 1,
        values: [{ name: "1", data: "wsman/cm12.do.local" }, ...others],
      }),
    );
    world.fleet.updatePolicy(host);
    const it = world.client();
    const args = { ...client, adopt: true };
    await it.create(args);
    await assertSettled(world, it, args);
    await destroyTwice(world, it);
    assert.deepEqual(world.facts(host).live[fresh].values, others);
    assert.deepEqual(world.facts(host).local[fresh].values, others);
  });
});
