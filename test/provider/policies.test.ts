import assert from "node:assert/strict";
import { delegationPolicy } from "../../providers/delegationPolicy";
import { allow, putList, revoke } from "../../providers/host/simulated/hands";
import { factsOf } from "../../providers/host/simulated/observe";
import { unknownValue } from "../../providers/model/delegates";
import { policyNames, type PolicyName } from "../../providers/model/policies";
import { checkInputs } from "../../providers/pulumi/check";
import type { Properties } from "../../providers/pulumi/definition";
import { essence, makeWorld } from "./world";

const host = "orch01.do.local";
const common = { host, connection: { transport: "simulated" } };
const fresh = "AllowFreshCredentials";

function declared(policy: PolicyName, rest: Properties = {}): Properties {
  const targets = policy.startsWith("WinRM")
    ? {}
    : { targets: ["WSMAN/a.b.c"] };
  return { ...common, policy, ...targets, ...rest };
}

describe("a DelegationPolicy of every kind", () => {
  for (const policy of policyNames) {
    it(`${policy}: is created, read, found gone and repaired, and destroyed`, async () => {
      const world = makeWorld(host);
      const before = essence(world.fleet, host);
      const it = world.policy();
      await it.create(declared(policy));
      await it.refresh();
      assert.equal(await it.up(declared(policy)), "unchanged");
      assert.equal(it.outputs["list"], "ours");
      world.fleet.updatePolicy(host);
      assert.equal(await it.up(declared(policy)), "unchanged");

      for (const store of ["live", "local"] as const) {
        world.fleet.edit(host, (state) =>
          putList(state, store, policy, {
            switch: null,
            concatenate: null,
            values: [],
          }),
        );
      }
      await it.refresh();
      assert.equal(it.outputs["enabled"], null);
      assert.equal(await it.up(declared(policy)), "updated");
      assert.equal(await it.up(declared(policy)), "unchanged");

      await it.destroy();
      assert.deepEqual(essence(world.fleet, host), before);
    });
  }

  it("is another object when its policy changes: the old one goes first", async () => {
    const world = makeWorld(host);
    const it = world.policy();
    await it.create(declared("DenySavedCredentials"));
    assert.equal(await it.up(declared("WinRMServiceAllowCredSSP")), "replaced");
    const facts = factsOf(world.fleet.state(host));
    assert.equal(facts.live.DenySavedCredentials.switch, null);
    assert.deepEqual(facts.service, { on: true, source: "policy" });
  });
});

describe("a role under WinRM's policy of ours", () => {
  it("is satisfied by it, and off again once both are gone, whichever goes first", async () => {
    for (const first of ["role", "policy"] as const) {
      const world = makeWorld(host);
      const before = essence(world.fleet, host);
      const policy = world.policy("policy");
      const role = world.server();
      await role.create(common);
      await policy.create(declared("WinRMServiceAllowCredSSP"));
      await role.refresh();
      assert.equal(role.outputs["flag"], "satisfiedByPolicy");
      assert.equal(await role.up(common), "unchanged");
      for (const it of first === "role" ? [role, policy] : [policy, role]) {
        await it.destroy();
      }
      assert.deepEqual(essence(world.fleet, host), before, first);
    }
  });
});

describe("an exclusive DelegationPolicy", () => {
  it("takes others' entries away, shows new ones as drift, and gives all back", async () => {
    const world = makeWorld(host);
    world.fleet.edit(host, (s) => allow(s, fresh, ["TERMSRV/jump01"]));
    const args = declared(fresh, { exclusive: true });
    const it = world.policy();
    await it.create(args);
    const live = (): string[] =>
      factsOf(world.fleet.state(host)).live[fresh].values.map((v) => v.data);
    assert.deepEqual(live(), ["WSMAN/a.b.c"]);
    await it.refresh();
    assert.equal(await it.up(args), "unchanged");

    world.fleet.edit(host, (s) => allow(s, fresh, ["TERMSRV/new01"]));
    await it.refresh();
    assert.deepEqual(it.outputs["targets"], ["WSMAN/a.b.c", "TERMSRV/new01"]);
    assert.equal(await it.up(args), "updated");
    assert.deepEqual(live(), ["WSMAN/a.b.c"]);
    assert.equal(await it.up(args), "unchanged");

    await it.destroy();
    assert.deepEqual(live().sort(), ["TERMSRV/jump01", "TERMSRV/new01"]);
    assert.equal(world.fleet.state(host).ledger, null);
  });

  it("gives all back when it is not to be exclusive any more", async () => {
    const world = makeWorld(host);
    world.fleet.edit(host, (s) => allow(s, fresh, ["TERMSRV/jump01"]));
    const before = essence(world.fleet, host);
    const it = world.policy();
    await it.create(declared(fresh, { exclusive: true }));
    assert.equal(await it.up(declared(fresh)), "updated");
    assert.equal(await it.up(declared(fresh)), "unchanged");
    const { live } = factsOf(world.fleet.state(host));
    assert.equal(live[fresh].values.length, 2);
    await it.destroy();
    assert.deepEqual(essence(world.fleet, host), before);
  });

  it("sees no drift in what another resource of ours adds", async () => {
    const world = makeWorld(host);
    const [mine, other] = [world.policy("mine"), world.policy("other")];
    const args = declared(fresh, { exclusive: true });
    await mine.create(args);
    await other.create(declared(fresh, { targets: ["TERMSRV/other"] }));
    await mine.refresh();
    assert.equal(await mine.up(args), "unchanged");
  });
});

describe("a resource with adopt", () => {
  it("takes what was there with it when it goes", async () => {
    const world = makeWorld(host);
    const before = essence(world.fleet, host);
    world.fleet.edit(host, (s) => allow(s, fresh, ["WSMAN/a.b.c"]));
    const it = world.policy();
    await it.create(declared(fresh, { adopt: true }));
    await it.refresh();
    assert.equal(await it.up(declared(fresh, { adopt: true })), "unchanged");
    assert.deepEqual((it.outputs["before"] as { entries: unknown }).entries, {
      "WSMAN/a.b.c": "absent",
    });
    await it.destroy();
    assert.deepEqual(essence(world.fleet, host), before);
  });

  it("may come to it later, and a state without it differs in nothing from adopt: false", async () => {
    const world = makeWorld(host);
    world.fleet.edit(host, (s) => allow(s, fresh, ["WSMAN/a.b.c"]));
    const it = world.policy();
    await it.create(declared(fresh));
    assert.equal(await it.up(declared(fresh, { adopt: false })), "unchanged");
    assert.equal(await it.up(declared(fresh, { adopt: true })), "updated");
    await it.destroy();
    const { live } = factsOf(world.fleet.state(host));
    assert.deepEqual(live[fresh].values, []);
  });

  it("leaves alone what others have added beside", async () => {
    const world = makeWorld(host);
    world.fleet.edit(host, (s) => allow(s, fresh, ["WSMAN/a.b.c"]));
    const it = world.policy();
    await it.create(declared(fresh, { adopt: true }));
    world.fleet.edit(host, (s) => allow(s, fresh, ["TERMSRV/x"]));
    await it.destroy();
    const { live } = factsOf(world.fleet.state(host));
    assert.equal(live[fresh].switch, 1);
    assert.deepEqual(
      live[fresh].values.map((v) => v.data),
      ["TERMSRV/x"],
    );
  });
});

describe("concatenateDefaults", () => {
  it("is read back, shows drift, and is repaired", async () => {
    const world = makeWorld(host);
    const before = essence(world.fleet, host);
    const args = declared(fresh, { concatenateDefaults: false });
    const it = world.policy();
    await it.create(args);
    const live = () => factsOf(world.fleet.state(host)).live[fresh];
    assert.equal(live().concatenate, 0);
    for (const store of ["live", "local"] as const) {
      world.fleet.edit(host, (s) =>
        putList(s, store, fresh, { concatenate: 1 }),
      );
    }
    await it.refresh();
    assert.equal(it.outputs["concatenateDefaults"], true);
    assert.equal(await it.up(args), "updated");
    assert.equal(live().concatenate, 0);
    await it.destroy();
    assert.notDeepEqual(essence(world.fleet, host), before);
    // Somebody else had set it in between: that is what stays.
    assert.equal(live().concatenate, 1);
  });
});

describe("a list that others have come to use", () => {
  it("stays enabled for them when ours leaves, and not when they have left before", async () => {
    for (const leaves of [false, true]) {
      const world = makeWorld(host);
      const it = world.policy();
      await it.create(declared(fresh));
      world.fleet.edit(host, (s) => allow(s, fresh, ["TERMSRV/x"]));
      if (leaves)
        world.fleet.edit(host, (s) => revoke(s, fresh, ["TERMSRV/x"]));
      await it.destroy();
      const { live } = factsOf(world.fleet.state(host));
      assert.equal(live[fresh].switch, leaves ? null : 1);
      assert.match(
        world.said.warnings.join(),
        leaves ? /^$/u : /stays enabled/u,
      );
    }
  });
});

describe("what a DelegationPolicy refuses before it is sent anywhere", () => {
  const refused = (rest: Properties): string[] =>
    checkInputs(delegationPolicy, {
      ...common,
      policy: "WinRMClientAllowCredSSP",
      ...rest,
    }).failures.map(({ property, reason }) => `${property}: ${reason}`);

  for (const [property, value] of [
    ["targets", ["WSMAN/a.b.c"]],
    ["concatenateDefaults", true],
    ["exclusive", true],
  ] as const) {
    it(`${property} of a policy that is no list (CREDSSP112)`, () => {
      const [failure, ...more] = refused({ [property]: value });
      assert.match(
        failure ?? "",
        new RegExp(`^${property}: .*CREDSSP112`, "u"),
      );
      assert.deepEqual(more, []);
    });
  }

  it("a permission that is neither true nor false (CREDSSP109)", () => {
    assert.match(refused({ adopt: "yes" }).join(), /^adopt: .*CREDSSP109/u);
    assert.match(
      refused({ acceptVulnerableOracle: 1 }).join(),
      /^acceptVulnerableOracle: .*CREDSSP109/u,
    );
  });

  it("startService, which no policy needs (CREDSSP108)", () => {
    assert.match(refused({ startService: true }).join(), /CREDSSP108/u);
  });

  it("but nothing that Pulumi does not know yet", () => {
    assert.deepEqual(
      refused({
        policy: unknownValue,
        targets: unknownValue,
        concatenateDefaults: unknownValue,
        exclusive: unknownValue,
        adopt: unknownValue,
      }),
      [],
    );
  });

  it("a broad entry in a Deny list it does not refuse: it hands nothing to anybody", () => {
    assert.deepEqual(
      refused({ policy: "DenyFreshCredentials", targets: ["*"] }),
      [],
    );
    assert.match(
      refused({ policy: fresh, targets: ["*"] }).join(),
      /CREDSSP104/u,
    );
  });
});

describe("an update that was killed after it had written", () => {
  for (const [property, before, after] of [
    ["enabled", true, false],
    ["concatenateDefaults", true, false],
  ] as const)
    it(`leaves no other opinion of ${property} in the ledger when the program has gone back`, async () => {
      const world = makeWorld(host);
      const it = world.policy();
      const args = declared(fresh, { [property]: before });
      await it.create(args);
      const state = it.outputs;
      const untouched = world.fleet.state(host);
      await it.up(declared(fresh, { [property]: after }));
      // The ledger is written first, and no more came of it.
      const { ledger } = world.fleet.state(host);
      world.fleet.edit(host, () => ({ ...untouched, ledger }));
      it.outputs = state;
      await it.refresh();
      assert.equal(await it.up(args), "updated");
      const other = world.policy("other");
      await other.create(args);
      await it.refresh();
      assert.equal(await it.up(args), "unchanged");
    });

  it("is seen by the next refresh when the program has gone back, and undone", async () => {
    const world = makeWorld(host);
    const it = world.policy();
    await it.create(declared(fresh));
    // Pulumi was killed with its provider, so its state is as before.
    const state = it.outputs;
    await it.up(declared(fresh, { targets: ["WSMAN/a.b.c", "WSMAN/d.e.f"] }));
    it.outputs = state;
    await it.refresh();
    assert.equal(await it.up(declared(fresh)), "updated");
    const { live } = factsOf(world.fleet.state(host));
    assert.deepEqual(
      live[fresh].values.map(({ data }) => data),
      ["WSMAN/a.b.c"],
    );
    await it.refresh();
    assert.equal(await it.up(declared(fresh)), "unchanged");
  });
});
