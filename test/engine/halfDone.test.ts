import assert from "node:assert/strict";
import {
  createDelegationKey,
  switchFlag,
} from "../../providers/host/simulated/hands";
import type { Properties } from "../../providers/pulumi/definition";
import { until } from "../support/until";
import { declare } from "./declared";
import { faulty, type Change } from "./fleet";
import { CallError } from "./providerClient";
import { inOneStack } from "./stack";

describe("A resource that was changed only half-way", () => {
  const stack = inOneStack();
  const quick = { policyTimeoutSeconds: 1 };

  /** What Pulumi keeps of a create or update that failed after it had changed something. */
  async function initFailure(
    work: Promise<unknown>,
  ): Promise<NonNullable<CallError["initFailed"]>> {
    const error = await work.then(
      () => assert.fail("it did not fail"),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof CallError, String(error));
    assert.equal(error.status, "UNKNOWN");
    assert.ok(error.initFailed, `nothing is kept: ${error.message}`);
    assert.deepEqual(error.initFailed.reasons, [error.message]);
    return error.initFailed;
  }

  /** The same, of a host that stops answering while it is waited for policy. */
  async function lostWhileWaiting(
    host: string,
    inputs: Properties,
    work: () => Promise<unknown>,
  ): Promise<NonNullable<CallError["initFailed"]>> {
    const said = stack.provider.messages.length;
    const failing = initFailure(work());
    await until("policy processing to be waited for", () =>
      stack.provider.messages
        .slice(said)
        .some(({ text }) => text.includes(`policy processing on ${host}`)),
    );
    await stack.fleet.edit(host, faulty({ unreachable: true }));
    const failed = await failing;
    assert.equal(failed.properties["__provider"], inputs["__provider"]);
    assert.match(String(failed.reasons[0]), /CREDSSP206/);
    await stack.fleet.edit(
      host,
      faulty({ unreachable: false, policyNeverApplies: false }),
    );
    return failed;
  }

  const neverApplies = faulty({ policyNeverApplies: true });

  for (const [what, start] of [
    ["on a host that never had a policy", neverApplies],
    [
      "on a host whose cmdlet fails, too",
      (state) => neverApplies(createDelegationKey(state)),
    ],
  ] as const satisfies readonly (readonly [string, Change])[])
    it(`arrives as initialised with errors when its entries never become effective, ${what}`, async () => {
      const host = await stack.host(start);
      const before = await stack.fleet.essence(host);
      const inputs = await stack.checked("CredSSPClient", host, quick);
      const { id, properties, reasons } = await initFailure(
        stack.provider.create(inputs),
      );
      assert.equal(id, `${host}/CredSSPClient`);
      assert.match(String(reasons[0]), /within 1 seconds[^]*\(CREDSSP302\)$/);
      assert.equal(properties["__provider"], inputs["__provider"]);
      assert.equal(properties["owner"], inputs["owner"]);
      assert.deepEqual(properties["connection"], inputs["connection"]);
      assert.deepEqual(properties["delegateComputers"], []);
      assert.equal(properties["schema"], 1);

      // What the run had added it took back itself, so a refresh finds nothing of it.
      assert.deepEqual(await stack.fleet.essence(host), before);
      for (let times = 0; times < 2; times++) {
        assert.equal((await stack.provider.read(id, properties)).id, "");
        await stack.provider.delete(id, properties);
      }
      assert.deepEqual(await stack.fleet.essence(host), before);
    });

  it("is read and deleted by exactly what was kept of it", async () => {
    const host = await stack.host(neverApplies);
    const before = await stack.fleet.essence(host);
    const inputs = await stack.checked("CredSSPClient", host);
    const { id, properties } = await lostWhileWaiting(host, inputs, () =>
      stack.provider.create(inputs),
    );
    const read = await stack.provider.read(id, properties);
    assert.equal(read.id, id);
    assert.equal(read.outputs["__provider"], inputs["__provider"]);
    const diff = await stack.provider.diff(id, read.outputs, inputs);
    assert.equal(diff.changes, "some");
    await stack.provider.delete(id, properties);
    assert.deepEqual(await stack.fleet.essence(host), before);
    await stack.provider.delete(id, properties);
    assert.deepEqual(await stack.fleet.essence(host), before);
  });

  it("is finished by the next update, and then deleted as if nothing had been", async () => {
    const host = await stack.host(neverApplies);
    const before = await stack.fleet.essence(host);
    const inputs = await stack.checked("CredSSPClient", host);
    const { id, properties } = await lostWhileWaiting(host, inputs, () =>
      stack.provider.create(inputs),
    );
    const outputs = await stack.provider.update(id, properties, inputs);
    assert.equal(outputs["enabled"], true);
    assert.deepEqual(outputs["delegateComputers"], ["*.do.local"]);
    const absent = { local: null, live: null };
    assert.deepEqual(outputs["before"], {
      flag: "off",
      entries: { "*.do.local": "absent" },
      dwords: { switch: absent, concatenate: absent },
    });
    await stack.provider.delete(id, outputs);
    assert.deepEqual(await stack.fleet.essence(host), before);
  });

  it("keeps what it was when it is an update that fails half-way", async () => {
    const host = await stack.host();
    const before = await stack.fleet.essence(host);
    const made = await stack.create("CredSSPClient", host);
    await stack.fleet.edit(host, neverApplies);
    const wider = await stack.checked("CredSSPClient", host, {
      ...quick,
      delegateComputers: ["*.do.local", "web01"],
    });
    const { id, properties } = await initFailure(
      stack.provider.update(made.id, made.outputs, wider),
    );
    assert.equal(id, made.id);
    assert.deepEqual(properties["delegateComputers"], ["*.do.local"]);
    assert.equal(properties["__provider"], made.inputs["__provider"]);

    await stack.fleet.edit(host, faulty({ policyNeverApplies: false }));
    const outputs = await stack.provider.update(id, properties, wider);
    assert.deepEqual(outputs["delegateComputers"], wider["delegateComputers"]);
    await stack.provider.delete(id, outputs);
    assert.deepEqual(await stack.fleet.essence(host), before);
  });

  it("is not kept when nothing was changed", async () => {
    const host = await stack.host(faulty({ nonElevated: true }));
    const before = await stack.fleet.state(host);
    for (const kind of ["CredSSPServer", "CredSSPClient"] as const) {
      const inputs = await stack.checked(kind, host);
      await assert.rejects(stack.provider.create(inputs), (error: unknown) => {
        assert.ok(error instanceof CallError);
        assert.match(error.message, /CREDSSP207/);
        assert.equal(error.initFailed, null);
        return true;
      });
    }
    assert.deepEqual(await stack.fleet.state(host), before);
  });

  it("leaves a deletion that failed to be repeated", async () => {
    const host = await stack.host();
    const before = await stack.fleet.essence(host);
    const { id, outputs } = await stack.create("CredSSPServer", host);
    await stack.fleet.edit(host, faulty({ unreachable: true }));
    await assert.rejects(stack.provider.delete(id, outputs), /CREDSSP206/);
    await stack.fleet.edit(host, faulty({ unreachable: false }));
    await stack.provider.delete(id, outputs);
    assert.deepEqual(await stack.fleet.essence(host), before);
  });

  it("does not undo what somebody did after it", async () => {
    const host = await stack.host();
    const { id, outputs } = await stack.create("CredSSPServer", host);
    await stack.fleet.edit(host, (state) =>
      switchFlag(state, "service", false),
    );
    const before = await stack.fleet.state(host);
    await stack.provider.delete(id, outputs);
    const { winrm } = await stack.fleet.state(host);
    assert.deepEqual(winrm, before.winrm);
  });

  it("tells apart two resources of one host, one of which fails", async () => {
    const host = await stack.host(neverApplies);
    const server = await stack.checked("CredSSPServer", host);
    const client = await stack.checked("CredSSPClient", host, quick);
    const [made] = await Promise.all([
      stack.provider.create(server),
      initFailure(stack.provider.create(client)),
    ]);
    assert.equal(made.outputs["enabled"], true);
    const { urn } = declare("CredSSPServer", host, stack.fleet.connection);
    assert.match(
      String((await stack.fleet.state(host)).ledger),
      new RegExp(urn),
    );
    await stack.provider.delete(made.id, made.outputs);
  });
});
