import assert from "node:assert/strict";
import { until } from "../support/until";
import { kinds } from "./declared";
import { startDynamicProvider, type DynamicProvider } from "./dynamicProvider";
import { faulty } from "./fleet";
import { inOneStack } from "./stack";

describe("CREDSSP_UNREACHABLE in the environment of Pulumi", () => {
  const stack = inOneStack();
  const lost = faulty({ unreachable: true });

  /** Another run of Pulumi, with the variable. */
  async function inRun(
    value: string,
    work: (provider: DynamicProvider) => Promise<void>,
  ): Promise<void> {
    const env = { CREDSSP_UNREACHABLE: value };
    const provider = await startDynamicProvider({ env });
    try {
      await work(provider);
    } finally {
      await provider.stop();
    }
  }

  /** The warning that came to a resource's row. */
  async function warningOf(
    { messages }: DynamicProvider,
    urn: string,
  ): Promise<string> {
    const found = () =>
      messages.filter((one) => one.urn === urn && one.severity === "warning");
    await until("the warning", () => found().length > 0);
    return found()
      .map(({ text }) => text)
      .join("\n");
  }

  for (const kind of kinds)
    it(`lets a refresh keep a ${kind} as its state has it, and says so on its row`, async () => {
      const host = await stack.host();
      const { id, urn, inputs, outputs } = await stack.create(kind, host);
      await stack.fleet.edit(host, lost);
      await inRun("keep", async (provider) => {
        const kept = await provider.read(id, outputs);
        assert.deepEqual(kept.outputs, outputs);
        // None of ours: the engine goes on with those it has.
        assert.deepEqual(kept.inputs, {});
        const { changes } = await provider.diff(id, kept.outputs, inputs);
        assert.equal(changes, "none");
        assert.match(await warningOf(provider, urn), /kept as it was/);
        await assert.rejects(provider.delete(id, outputs), /CREDSSP206/);
      });
    });

  for (const kind of kinds)
    it(`lets a destroy forget a ${kind}, and says on its row what stays and how to release it`, async () => {
      const host = await stack.host();
      const { id, urn, outputs } = await stack.create(kind, host);
      await stack.fleet.edit(host, lost);
      const before = await stack.fleet.essence(host);
      await inRun("abandon", async (provider) => {
        await provider.delete(id, outputs);
        const warning = await warningOf(provider, urn);
        assert.match(
          warning,
          /stay on the host: .*record in the host's ledger/,
        );
        assert.ok(
          warning.includes(
            `npx pulumi-credssp ledger release 'contoso/${urn}' ${host} --fleet `,
          ),
          warning,
        );
        await assert.rejects(provider.read(id, outputs), /CREDSSP206/);
      });
      assert.deepEqual(await stack.fleet.essence(host), before);
    });

  it("is refused in every read and delete when it is misspelt, without a stack", async () => {
    const host = await stack.host();
    const { id, outputs } = await stack.create("CredSSPServer", host);
    await inRun("keept", async (provider) => {
      for (const failing of [
        provider.read(id, outputs),
        provider.delete(id, outputs),
      ])
        await assert.rejects(
          failing,
          /Found: "keept"\. Needed: keep .* or abandon .*CREDSSP217/s,
        );
      assert.doesNotMatch(provider.errorText(), /^\s+at /m);
    });
    assert.equal((await stack.fleet.state(host)).winrm.serviceCredSSP, true);
  });
});
