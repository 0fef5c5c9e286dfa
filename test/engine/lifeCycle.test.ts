import assert from "node:assert/strict";
import { revoke, switchFlag } from "../../providers/host/simulated/hands";
import type { Kind, Properties } from "../../providers/pulumi/definition";
import { kinds } from "./declared";
import type { Change } from "./fleet";
import { inOneStack } from "./stack";

/** What differs between the kinds, for the tests that all of them share. */
interface Case {
  readonly id: string;
  /** Outputs beside what was declared, straight after the create. */
  readonly found: Properties;
  /** Somebody undoes it on the host, and what a refresh then shows. */
  readonly drift: { readonly change: Change; readonly shows: Properties };
  /** Another declaration that is an update in place, if the kind has one. */
  readonly other: Properties | null;
}

/** What stood in the DWORDs of a list that we made. */
const absent = { local: null, live: null };
const dwords = { switch: absent, concatenate: absent };

const cases: Readonly<Record<Kind, Case>> = {
  CredSSPServer: {
    id: "CredSSPServer",
    found: { enabled: true, flag: "ours", before: { flag: "off" } },
    drift: {
      change: (state) => switchFlag(state, "service", false),
      shows: { enabled: false },
    },
    other: null,
  },
  CredSSPClient: {
    id: "CredSSPClient",
    found: {
      enabled: true,
      flag: "ours",
      list: "ours",
      delegateComputers: ["*.do.local"],
      allowBroadDelegation: false,
      policyTimeoutSeconds: 90,
      before: { flag: "off", entries: { "*.do.local": "absent" }, dwords },
    },
    drift: {
      change: (state) =>
        switchFlag(
          revoke(state, "AllowFreshCredentials", ["wsman/*.do.local"]),
          "client",
          false,
        ),
      shows: { enabled: false, delegateComputers: [] },
    },
    other: { delegateComputers: ["web01", "*.do.local"] },
  },
  DelegationPolicy: {
    id: "DelegationPolicy/AllowFreshCredentials",
    found: {
      policy: "AllowFreshCredentials",
      targets: ["WSMAN/*.do.local"],
      enabled: true,
      list: "ours",
      allowBroadDelegation: false,
      policyTimeoutSeconds: 90,
      before: { entries: { "WSMAN/*.do.local": "absent" }, dwords },
    },
    drift: {
      change: (state) =>
        revoke(state, "AllowFreshCredentials", ["wsman/*.do.local"]),
      shows: { enabled: null, targets: [] },
    },
    other: { targets: ["WSMAN/web01", "WSMAN/*.do.local"] },
  },
};

for (const kind of kinds)
  describe(`A ${kind} in Pulumi's own process`, () => {
    const stack = inOneStack();
    const { id, found, drift, other } = cases[kind];

    it("is checked into its normal form", async () => {
      const once = await stack.checked(kind, "app.do.local");
      const host = "  APP.do.Local. ";
      const more = kind === "CredSSPServer" ? {} : { policyTimeoutSeconds: 90 };
      const again = await stack.checked(kind, "app.do.local", {
        host,
        ...more,
      });
      assert.deepEqual(again, once);
    });

    it("is checked once more without a change: `ignoreChanges` gives old inputs back", async () => {
      const once = await stack.checked(kind, "app.do.local");
      const twice = await stack.provider.check(once, once);
      assert.deepEqual(twice, { inputs: once, failures: [] });
    });

    it("is created, read as it was created, and not changed by a second create", async () => {
      const host = await stack.host();
      const made = await stack.create(kind, host);
      assert.equal(made.id, `${host}/${id}`);
      const { ledger, ...outputs } = made.outputs;
      assert.match(String(ledger), /^[0-9a-f-]{36}$/);
      assert.deepEqual(outputs, {
        host,
        connection: stack.fleet.connection,
        owner: made.inputs["owner"],
        __provider: made.inputs["__provider"],
        ...found,
        warnings: [],
        schema: 1,
      });

      const after = await stack.fleet.state(host);
      const again = await stack.provider.create(made.inputs);
      assert.deepEqual(again, { id: made.id, outputs: made.outputs });
      for (let times = 0; times < 2; times++) {
        const read = await stack.provider.read(made.id, made.outputs);
        assert.deepEqual(read, {
          id: made.id,
          outputs: made.outputs,
          inputs: made.inputs,
        });
      }
      assert.deepEqual(await stack.fleet.state(host), after);
    });

    it("does not differ from what was declared, whatever the handle in the state", async () => {
      const host = await stack.host();
      const { id, inputs, outputs } = await stack.create(kind, host);
      const same = { changes: "none", replaces: [], deleteBeforeReplace: true };
      assert.deepEqual(await stack.provider.diff(id, outputs, inputs), same);
      const older = { ...outputs, __provider: "of another version" };
      assert.deepEqual(await stack.provider.diff(id, older, inputs), same);
    });

    it("is replaced when it moves to another host, and not when its host is reached otherwise", async () => {
      const host = await stack.host();
      const { id, outputs } = await stack.create(kind, host);
      const moved = await stack.checked(kind, "elsewhere.do.local");
      const diff = await stack.provider.diff(id, outputs, moved);
      assert.deepEqual(diff.replaces, ["host"]);
      assert.equal(diff.deleteBeforeReplace, true);

      const connection = { transport: "winrm", port: 5999 };
      const rewired = await stack.checked(kind, host, { connection });
      const { changes, replaces } = await stack.provider.diff(
        id,
        outputs,
        rewired,
      );
      assert.deepEqual(
        { changes, replaces },
        { changes: "some", replaces: [] },
      );
    });

    it("shows in a refresh what somebody undid, and an update repairs it", async () => {
      const host = await stack.host();
      const made = await stack.create(kind, host);
      await stack.fleet.edit(host, drift.change);
      const read = await stack.provider.read(made.id, made.outputs);
      assert.equal(read.id, made.id);
      const shows = { ...drift.shows, drifted: true };
      assert.deepEqual(read.outputs, { ...made.outputs, ...shows });
      assert.deepEqual(read.inputs, { ...made.inputs, ...drift.shows });
      const diff = await stack.provider.diff(
        made.id,
        read.outputs,
        made.inputs,
      );
      assert.equal(diff.changes, "some");
      assert.deepEqual(diff.replaces, []);

      let outputs: typeof made.outputs = read.outputs;
      for (let times = 0; times < 2; times++) {
        outputs = await stack.provider.update(made.id, outputs, made.inputs);
        assert.deepEqual(outputs, made.outputs);
      }
    });

    if (other)
      it("is updated in place to another declaration and back", async () => {
        const host = await stack.host();
        const made = await stack.create(kind, host);
        const wider = await stack.checked(kind, host, other);
        const diff = await stack.provider.diff(made.id, made.outputs, wider);
        assert.deepEqual([diff.changes, diff.replaces], ["some", []]);
        const outputs = await stack.provider.update(
          made.id,
          made.outputs,
          wider,
        );
        const [property] = Object.keys(other);
        assert.deepEqual(outputs[String(property)], wider[String(property)]);
        const back = await stack.provider.update(made.id, outputs, made.inputs);
        assert.deepEqual(back, made.outputs);
      });

    it("is deleted, twice if need be, and then the host is as before", async () => {
      const host = await stack.host();
      const before = await stack.fleet.essence(host);
      const { id, outputs } = await stack.create(kind, host);
      assert.notDeepEqual(await stack.fleet.essence(host), before);
      await stack.provider.delete(id, outputs);
      assert.deepEqual(await stack.fleet.essence(host), before);
      await stack.provider.delete(id, outputs);
      assert.deepEqual(await stack.fleet.essence(host), before);
    });

    it("has no id any more when it is gone from the host", async () => {
      const host = await stack.host();
      const { id, outputs } = await stack.create(kind, host);
      await stack.provider.delete(id, outputs);
      for (let times = 0; times < 2; times++) {
        const read = await stack.provider.read(id, outputs);
        assert.equal(read.id, "");
      }
    });
  });

describe("A DelegationPolicy in Pulumi's own process", () => {
  const stack = inOneStack();

  it("is replaced when it becomes another policy", async () => {
    const host = await stack.host();
    const { id, outputs, inputs } = await stack.create(
      "DelegationPolicy",
      host,
    );
    // The one list of this version is the only one a program can name, so the state names another.
    const older = { ...outputs, policy: "AllowSavedCredentials" };
    const diff = await stack.provider.diff(id, older, inputs);
    assert.deepEqual([diff.changes, diff.replaces], ["some", ["policy"]]);
  });
});
