import assert from "node:assert/strict";
import {
  allow,
  revoke,
  ruleFlag,
  switchFlag,
} from "../../providers/host/simulated/hands";
import { unknownValue } from "../../providers/model/delegates";
import { credsspServer } from "../../providers/credsspServer";
import { factsOf } from "../../providers/host/simulated/observe";
import { createMemoryFleet } from "../../providers/host/simulated/memoryFleet";
import { CredsspError, problem } from "../../providers/model/errors";
import { providersFor } from "../../providers/pulumi/provider";
import { essence, makeWorld } from "./world";

const host = "orch01.do.local";
const connection = { transport: "simulated" };
const client = { host, connection, delegateComputers: ["*.do.local"] };
const server = { host, connection };
const policy = {
  host,
  connection,
  policy: "AllowFreshCredentials",
  targets: ["WSMAN/*.do.local"],
};
const foreign = "WSMAN/backup.corp.example";

describe("a CredSSPServer", () => {
  it("is switched on once, by the cmdlet, and destroyed as it was", async () => {
    const world = makeWorld(host);
    const before = essence(world.fleet, host);
    const it = world.server();
    await it.create(server);
    assert.deepEqual(world.said.steps, ["writeLedger", "enableServer"]);
    assert.equal(it.outputs["enabled"], true);
    assert.equal(it.outputs["flag"], "ours");
    assert.deepEqual(it.outputs["before"], { flag: "off" });
    assert.equal(await it.up(server), "unchanged");

    await it.destroy();
    assert.deepEqual(world.said.steps.slice(2), [
      "disableServer",
      "writeLedger: nothing",
    ]);
    assert.deepEqual(essence(world.fleet, host), before);
  });

  it("does nothing when it is created or destroyed a second time", async () => {
    const world = makeWorld(host);
    const it = world.server();
    await it.create(server);
    const outputs = it.outputs;
    await it.create(server);
    assert.deepEqual(it.outputs, outputs);
    assert.equal(world.said.steps.length, 2);
    await it.destroy();
    it.outputs = outputs;
    await it.destroy();
    assert.equal(world.said.steps.length, 4);
  });

  it("leaves on what was on before it", async () => {
    const world = makeWorld(host);
    world.fleet.edit(host, (state) => switchFlag(state, "service", true));
    const before = essence(world.fleet, host);
    const it = world.server();
    await it.create(server);
    assert.deepEqual(it.outputs["before"], { flag: "on" });
    await it.destroy();
    assert.deepEqual(essence(world.fleet, host), before);
  });

  it("shows a role switched off as drift, and repairs it", async () => {
    const world = makeWorld(host);
    const it = world.server();
    await it.create(server);
    world.fleet.edit(host, (state) => switchFlag(state, "service", false));
    await it.refresh();
    assert.equal(it.outputs["enabled"], false);
    assert.equal(await it.up(server), "updated");
    assert.equal(it.outputs["enabled"], true);
    await it.refresh();
    assert.equal(await it.up(server), "unchanged");
  });

  it("is gone only when nothing of it is left, record included", async () => {
    const world = makeWorld(host);
    const it = world.server();
    await it.create(server);
    const { outputs } = it;
    await it.destroy();
    it.outputs = outputs;
    await it.refresh();
    assert.deepEqual(it.outputs, {});
  });

  it("is satisfied by policy, reports it, and leaves the policy to itself", async () => {
    const world = makeWorld(host);
    world.fleet.edit(host, (state) => ruleFlag(state, "service", 1));
    const it = world.server();
    await it.create(server);
    assert.equal(it.outputs["flag"], "satisfiedByPolicy");
    assert.deepEqual(world.said.steps, ["writeLedger"]);
    await it.destroy();
    assert.equal(world.fleet.state(host).ledger, null);
  });

  it("refuses to fight a policy, and says which value it is (CREDSSP301)", async () => {
    const world = makeWorld(host);
    world.fleet.edit(host, (state) => ruleFlag(state, "service", 0));
    const before = essence(world.fleet, host);
    const it = world.server();
    await assert.rejects(
      it.create(server),
      /^Error: Accepting delegated credentials on orch01\.do\.local: Group Policy forbids it\nFound: .*WinRM\\Service\\AllowCredSSP = 0.*\nTry: .*\(CREDSSP301\)$/u,
    );
    assert.deepEqual(essence(world.fleet, host), before);
  });

  it("shows a policy that took over as blocked, and as a change to make", async () => {
    const world = makeWorld(host);
    const it = world.server();
    await it.create(server);
    world.fleet.edit(host, (state) => ruleFlag(state, "service", 0));
    await it.refresh();
    assert.equal(it.outputs["flag"], "blockedByPolicy");
    await assert.rejects(it.up(server), /CREDSSP301/u);
  });
});

describe("a CredSSPClient", () => {
  it("is switched on by the cmdlet on a fresh host, and waits for the policy", async () => {
    const world = makeWorld(host);
    const before = essence(world.fleet, host);
    const it = world.client();
    await it.create(client);
    assert.deepEqual(world.said.steps, [
      "writeLedger",
      "enableClient: *.do.local",
    ]);
    assert.match(world.said.progress[0] ?? "", /waiting for policy/u);
    assert.deepEqual(it.outputs["before"], {
      flag: "off",
      entries: { "*.do.local": "absent" },
      dwords: {
        switch: { local: null, live: null },
        concatenate: { local: null, live: null },
      },
    });
    assert.equal(await it.up(client), "unchanged");

    await it.destroy();
    assert.deepEqual(world.said.steps.slice(2), [
      "disableClient",
      "writeLedger: nothing",
    ]);
    assert.deepEqual(essence(world.fleet, host), before);
  });

  it("leaves other people's delegations alone, from create to destroy", async () => {
    const world = makeWorld(host);
    world.fleet.edit(host, (state) =>
      allow(state, "AllowFreshCredentials", [foreign]),
    );
    const before = essence(world.fleet, host);
    const it = world.client();
    await it.create(client);
    await it.up({ ...client, delegateComputers: ["cm12.do.local"] });
    await it.destroy();
    assert.ok(!world.said.steps.includes("disableClient"));
    assert.deepEqual(essence(world.fleet, host), before);
  });

  it("adds one computer and removes one in one update in place", async () => {
    const world = makeWorld(host);
    const it = world.client();
    await it.create({
      ...client,
      delegateComputers: ["a.do.local", "b.do.local"],
    });
    const done = world.said.steps.length;
    const next = { ...client, delegateComputers: ["b.do.local", "c.do.local"] };
    assert.equal(await it.up(next), "updated");
    assert.deepEqual(world.said.steps.slice(done), [
      "writeLedger",
      "writePolicy",
      "writeLedger",
    ]);
    assert.deepEqual(it.outputs["delegateComputers"], next.delegateComputers);
    assert.equal(await it.up(next), "unchanged");
  });

  it("takes the order of the computers for no change", async () => {
    const world = makeWorld(host);
    const it = world.client();
    const names = ["a.do.local", "b.do.local"];
    await it.create({ ...client, delegateComputers: names });
    const turned = { ...client, delegateComputers: names.toReversed() };
    assert.equal(await it.up(turned), "unchanged");
  });

  it("shows exactly the computer that somebody revoked", async () => {
    const world = makeWorld(host);
    const it = world.client();
    const both = { ...client, delegateComputers: ["a.do.local", "b.do.local"] };
    await it.create(both);
    world.fleet.edit(host, (state) =>
      revoke(state, "AllowFreshCredentials", ["WSMAN/A.do.local"]),
    );
    await it.refresh();
    assert.deepEqual(it.outputs["delegateComputers"], ["b.do.local"]);
    assert.equal(it.outputs["enabled"], true);
    assert.equal(await it.up(both), "updated");
    assert.deepEqual(it.outputs["delegateComputers"], both.delegateComputers);
  });

  it("survives every policy pass", async () => {
    const world = makeWorld(host);
    world.fleet.edit(host, (state) =>
      allow(state, "AllowFreshCredentials", ["TERMSRV/jump01"]),
    );
    const it = world.client();
    await it.create(client);
    world.fleet.updatePolicy(host);
    await it.refresh();
    assert.equal(await it.up(client), "unchanged");
  });

  it("shares an entry with a policy, and it goes with the last of them", async () => {
    for (const first of ["client", "policy"] as const) {
      const world = makeWorld(host);
      const before = essence(world.fleet, host);
      const pair = { client: world.client(), policy: world.policy() };
      await pair.client.create(client);
      await pair.policy.create(policy);
      const second = first === "client" ? "policy" : "client";
      await pair[first].destroy();
      await pair[second].refresh();
      const args = second === "client" ? client : policy;
      assert.equal(await pair[second].up(args), "unchanged");
      await pair[second].destroy();
      assert.deepEqual(essence(world.fleet, host), before);
    }
  });

  it("takes back what never became effective, and says what the cmdlet said (CREDSSP302)", async () => {
    const world = makeWorld(host);
    world.fleet.edit(host, (state) => ({
      ...allow(state, "AllowFreshCredentials", ["TERMSRV/jump01"]),
      faults: { policyNeverApplies: true },
    }));
    const before = essence(world.fleet, host);
    const it = world.client();
    await assert.rejects(
      it.create({ ...client, policyTimeoutSeconds: 5 }),
      (error: Error & { id?: string; properties?: object }) => {
        assert.match(error.message, /within 5 seconds/u);
        assert.match(error.message, /CREDSSP302/u);
        assert.equal(error.id, `${host}/CredSSPClient`);
        assert.ok(error.properties && "__provider" in error.properties);
        return true;
      },
    );
    assert.deepEqual(essence(world.fleet, host), before);
  });

  it("does by its own writer what took the cmdlet's process down", async () => {
    const world = makeWorld(host);
    world.fleet.edit(host, (state) => ({
      ...state,
      faults: { crashEnableClient: true },
    }));
    const before = essence(world.fleet, host);
    const it = world.client();
    await it.create(client);
    assert.deepEqual(world.said.steps, [
      "writeLedger",
      "enableClient: *.do.local",
      "writePolicy",
      ...world.said.steps.slice(3),
    ]);
    await it.destroy();
    assert.deepEqual(
      { ...(essence(world.fleet, host) as object) },
      before as object,
    );
  });

  it("stays in the state half done, from which up continues and destroy undoes", async () => {
    const world = makeWorld(host);
    const before = essence(world.fleet, host);
    const it = world.client();
    world.fleet.edit(host, (state) => ({
      ...state,
      faults: { policyNeverApplies: true },
    }));
    const failed: { properties?: Record<string, unknown> } = await it
      .create({ ...client, policyTimeoutSeconds: 1 })
      .then(
        () => assert.fail("it was created"),
        (error: unknown) => error as object,
      );
    it.outputs = failed.properties ?? {};
    world.fleet.edit(host, (state) => ({ ...state, faults: {} }));
    assert.equal(await it.up(client), "updated");
    assert.equal(await it.up(client), "unchanged");
    await it.destroy();
    assert.deepEqual(essence(world.fleet, host), before);
  });
});

describe("a DelegationPolicy", () => {
  it("stands in local policy and in HKLM at once, and goes from both", async () => {
    const world = makeWorld(host);
    const before = essence(world.fleet, host);
    const it = world.policy();
    await it.create(policy);
    assert.deepEqual(world.said.steps, ["writeLedger", "writePolicy"]);
    assert.deepEqual(world.said.progress, []);
    world.fleet.updatePolicy(host);
    await it.refresh();
    assert.equal(await it.up(policy), "unchanged");
    await it.destroy();
    assert.deepEqual(essence(world.fleet, host), before);
  });

  it("forbids with enabled: false, and shows a switch set by hand as drift", async () => {
    const world = makeWorld(host);
    const before = essence(world.fleet, host);
    const it = world.policy();
    const args = {
      host,
      connection,
      policy: "AllowFreshCredentials",
      enabled: false,
    };
    await it.create(args);
    assert.equal(it.outputs["enabled"], false);
    world.fleet.edit(host, (state) =>
      allow(state, "AllowFreshCredentials", ["TERMSRV/jump01"]),
    );
    await it.refresh();
    assert.equal(it.outputs["enabled"], true);
    await it.up(args);
    assert.equal(it.outputs["enabled"], false);
    world.fleet.edit(host, (state) =>
      revoke(state, "AllowFreshCredentials", ["TERMSRV/jump01"]),
    );
    await it.destroy();
    assert.deepEqual(essence(world.fleet, host), before);
  });

  it("refuses to forbid what another resource delegates by, naming it (CREDSSP304)", async () => {
    const world = makeWorld(host);
    await world.client("orch").create(client);
    await assert.rejects(
      world.policy().create({ ...policy, targets: [], enabled: false }),
      /CredSSPClient::orch declares enabled: true[^]*CREDSSP304/u,
    );
  });
});

describe("every resource", () => {
  const kinds = [
    ["server", server],
    ["client", client],
    ["policy", policy],
  ] as const;

  for (const [kind, args] of kinds) {
    it(`replaces a ${kind} whose host changes, the old one first`, async () => {
      const world = makeWorld(host, "other.do.local");
      const before = essence(world.fleet, host);
      const it = world[kind]();
      await it.create(args);
      assert.equal(
        await it.up({ ...args, host: "other.do.local" }),
        "replaced",
      );
      assert.deepEqual(essence(world.fleet, host), before);
    });

    it(`changes nothing on the host when only the connection of a ${kind} changes`, async () => {
      const world = makeWorld(host);
      const it = world[kind]();
      await it.create(args);
      const done = world.said.steps.length;
      const moved = { ...args, connection: { transport: "winrm", port: 5985 } };
      assert.equal(await it.up(moved), "updated");
      assert.equal(world.said.steps.length, done);
      assert.equal(await it.up(moved), "unchanged");
    });

    it(`sees the difference of two long paths that begin alike in the connection of a ${kind}`, async () => {
      const it = makeWorld(host)[kind]();
      const to = (end: string) => ({
        ...args,
        connection: { transport: "ssh", keyFilePath: "/k".repeat(200) + end },
      });
      await it.create(to("a"));
      assert.equal(await it.up(to("b")), "updated");
      assert.equal(await it.up(to("b")), "unchanged");
    });

    it(`writes nothing of a ${kind} whose host is not there`, async () => {
      const world = makeWorld("other.do.local");
      await assert.rejects(world[kind]().create(args), /CREDSSP201/u);
      assert.deepEqual(world.said.steps, []);
    });

    it(`passes unknown values of a ${kind} through check and diff, and refuses them in create`, async () => {
      const names = Object.keys(args) as (keyof typeof args)[];
      for (const name of names) {
        const world = makeWorld(host);
        const it = world[kind]();
        await it.create(args);
        const unknown = { ...args, [name]: unknownValue };
        await assert.rejects(
          world[kind]("another").create(unknown),
          /CREDSSP110/u,
          name,
        );
      }
    });

    it(`claims a ${kind} again after its host's ledger was lost, and takes it back`, async () => {
      const world = makeWorld(host);
      const before = essence(world.fleet, host);
      const it = world[kind]();
      await it.create(args);
      world.fleet.edit(host, (state) => ({ ...state, ledger: null }));
      await it.refresh();
      assert.equal(it.outputs["ledger"], "");
      assert.equal(await it.up(args), "updated");
      await it.destroy();
      if (kind === "server") {
        assert.deepEqual(essence(world.fleet, host), before);
      } else {
        // The DWORDs' records are lost for good; entries and roles are not.
        const { hklm } = essence(world.fleet, host) as { hklm: object };
        assert.doesNotMatch(JSON.stringify(hklm), /do\.local/u);
      }
    });

    it(`leaves a ${kind} alone, and says so, when its record is lost and it is destroyed`, async () => {
      const world = makeWorld(host);
      const it = world[kind]();
      await it.create(args);
      world.fleet.edit(host, (state) => ({ ...state, ledger: null }));
      const done = world.said.steps.length;
      await it.destroy();
      assert.equal(world.said.steps.length, done);
      assert.match(world.said.warnings[0] ?? "", /no record of this resource/u);
    });

    it(`refuses the state of a newer version of a ${kind} by name (CREDSSP902)`, async () => {
      const world = makeWorld(host);
      const it = world[kind]();
      await it.create(args);
      it.outputs = { ...it.outputs, schema: 99 };
      await assert.rejects(it.refresh(), /CREDSSP902/u);
      await assert.rejects(it.destroy(), /CREDSSP902/u);
    });
  }

  const unfit = [
    ["speaks a restricted language", "constrainedLanguage", "CREDSSP208"],
    ["does not answer", "unreachable", "CREDSSP206"],
    ["lets nobody in as an administrator", "nonElevated", "CREDSSP207"],
    ["gives a 32-bit session", "wow64", "CREDSSP209"],
  ] as const;
  for (const [what, fault, code] of unfit) {
    it(`is refused with a code of its own by a host that ${what} (${code})`, async () => {
      const world = makeWorld(host);
      world.fleet.edit(host, (state) => ({
        ...state,
        faults: { [fault]: true },
      }));
      const before = essence(world.fleet, host);
      await assert.rejects(world.client().create(client), new RegExp(code));
      assert.deepEqual(essence(world.fleet, host), before);
    });
  }

  it("is neither forgotten nor taken for deleted by a 32-bit session (CREDSSP209)", async () => {
    for (const [kind, args] of kinds) {
      const world = makeWorld(host);
      const it = world[kind]();
      await it.create(args);
      // What such a session sees: another registry, in which nothing is.
      world.fleet.edit(host, (state) => ({
        ...state,
        ledger: null,
        hklm: {},
        faults: { wow64: true },
      }));
      await assert.rejects(it.refresh(), /CREDSSP209/u);
      await assert.rejects(it.destroy(), /CREDSSP209/u);
    }
  });

  it("is not forgotten while a rename of it is not finished", async () => {
    const world = makeWorld(host);
    const before = essence(world.fleet, host);
    const it = world.client();
    await it.create({ ...client, delegateComputers: ["a.do.local"] });
    // The state of an update that renamed it and broke off before the ledger was written.
    const first = String(it.outputs["owner"]);
    it.outputs = {
      ...it.outputs,
      owner: `${first}-renamed`,
      formerOwners: [first],
    };
    world.fleet.edit(host, (state) =>
      revoke(switchFlag(state, "client", false), "AllowFreshCredentials", [
        "wsman/a.do.local",
      ]),
    );
    await it.refresh();
    assert.deepEqual(it.outputs["formerOwners"], [first]);
    await it.destroy();
    assert.deepEqual(essence(world.fleet, host), before);
  });

  it("says what stays behind when it is destroyed", async () => {
    const world = makeWorld(host);
    const it = world.client();
    await it.create(client);
    world.fleet.edit(host, (state) =>
      allow(state, "AllowFreshCredentials", ["WSMAN/late.example"]),
    );
    await it.destroy();
    assert.match(world.said.warnings.join("\n"), /stays on.*late\.example/u);
  });

  it("leaves alone what somebody adds again after the program gave it up", async () => {
    const world = makeWorld(host);
    const it = world.client();
    await it.create({
      ...client,
      delegateComputers: ["a.do.local", "b.do.local"],
    });
    const b = ["wsman/b.do.local"];
    world.fleet.edit(host, (state) =>
      revoke(state, "AllowFreshCredentials", b),
    );
    await it.refresh();
    await it.up({ ...client, delegateComputers: ["a.do.local"] });
    world.fleet.edit(host, (state) => allow(state, "AllowFreshCredentials", b));
    await it.destroy();
    assert.match(JSON.stringify(world.fleet.state(host).hklm), /b\.do\.local/u);
  });

  it("is not in the state when its host turned the batch away untouched", async () => {
    const fleet = createMemoryFleet([host]);
    const provider = providersFor({
      connect: (name, address) => ({
        observe: () => fleet.connect(name, address).observe(),
        apply: () =>
          Promise.reject(
            new CredsspError("Changing", name, problem("CREDSSP214")),
          ),
      }),
      clock: fleet.clock,
      log: { progress: () => undefined, warning: () => undefined },
      random: () => 0,
      newId: () => "id",
    })(credsspServer);
    await assert.rejects(
      provider.create({ ...server, owner: "o/urn:pulumi:x" }),
      (error) => error instanceof Error && !("id" in error),
    );
  });

  it("claims nothing by its state where the ledger is there and has forgotten it, so that somebody's entry stays theirs", async () => {
    const world = makeWorld(host);
    const [it, other] = [world.policy("mine"), world.policy("other")];
    await it.create(policy);
    await other.create({ ...policy, targets: ["WSMAN/other.do.local"] });
    // As a killed rename, or a release, leaves it: the ledger stays and knows the others only.
    const forgotten = world.policy("mine");
    forgotten.outputs = it.outputs;
    await forgotten.destroy();
    const [entry = ""] = policy.targets;
    world.fleet.edit(host, (state) =>
      allow(state, "AllowFreshCredentials", [entry]),
    );
    await it.refresh();
    assert.notEqual(it.outputs["ledger"], "");
    assert.equal(await it.up(policy), "updated");
    await it.destroy();
    const { live } = factsOf(world.fleet.state(host));
    assert.ok(
      live.AllowFreshCredentials.values.some(({ data }) => data === entry),
    );
  });

  it("says that it waits for a host that takes its time, and that somebody else was at work", async () => {
    const fleet = createMemoryFleet([host]);
    const said: string[] = [];
    let isTaken = false;
    const provider = providersFor({
      connect: (name, address) => {
        const inner = fleet.connect(name, address);
        return {
          observe: () => inner.observe(),
          apply: (batch, planned) => {
            // Somebody switches a role between the look and the change.
            if (!isTaken) {
              fleet.edit(name, (state) => switchFlag(state, "client", true));
            }
            isTaken = true;
            return inner.apply(batch, planned);
          },
        };
      },
      // Every look takes long.
      clock: {
        ...fleet.clock,
        after: (_ms, callback) => {
          callback();
          return () => undefined;
        },
      },
      log: {
        progress: (_urn, text) => void said.push(text),
        warning: () => undefined,
      },
      random: () => 0,
      newId: () => "id",
    })(credsspServer);
    await provider.create({ ...server, owner: "o/urn:pulumi:x" });
    assert.ok(said.includes(`waiting for ${host}`), said.join());
    assert.ok(
      said.includes(`roles of ${host} changed in this moment; planning anew`),
      said.join(),
    );
  });

  it("warns of an address once a run", async () => {
    const world = makeWorld(host);
    const it = world.client();
    await it.create({ ...client, delegateComputers: ["10.0.0.5"] });
    assert.equal((it.outputs["warnings"] as string[]).length, 1);
    await it.create({ ...client, delegateComputers: ["10.0.0.5"] });
    assert.equal(world.said.warnings.length, 1);
  });
});
