import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Properties } from "../../providers/pulumi/definition";
import { kinds } from "./declared";
import { faulty } from "./fleet";
import { CallError } from "./providerClient";
import { inOneStack, type Resource } from "./stack";

describe("An error on its way to Pulumi", () => {
  const stack = inOneStack();

  /** How each fault shows, and what brings it about on a host that has the resource. */
  const faults: readonly (readonly [
    string,
    RegExp,
    (host: string) => Promise<void>,
  ])[] = [
    [
      "a host that does not answer",
      /CREDSSP206/,
      (host) => stack.fleet.edit(host, faulty({ unreachable: true })),
    ],
    [
      "a host's file that is no JSON",
      /CREDSSP202/,
      (host) => writeFile(join(stack.fleet.folder, `${host}.json`), "{"),
    ],
  ];

  for (const kind of kinds)
    for (const [what, code, breakIt] of faults)
      it(`of a ${kind} has no stack, no numeric code and is not NOT_FOUND: ${what}`, async () => {
        const host = await stack.host();
        const made = await stack.create(kind, host);
        await breakIt(host);
        const errors = stack.provider.errorText().length;
        for (const call of callsOf(made)) await failsPlainly(call, code);
        assert.doesNotMatch(
          stack.provider.errorText().slice(errors),
          /^\s+at |"?code"?: \d/m,
        );
      });

  it("names a host that is not in the fleet, in every call", async () => {
    const host = await stack.host();
    const made = await stack.create("CredSSPServer", host);
    const strange = { host: "nobody.do.local" };
    for (const call of callsOf({
      ...made,
      inputs: { ...made.inputs, ...strange },
      outputs: { ...made.outputs, ...strange },
    }))
      await failsPlainly(call, /on nobody\.do\.local: [^]*\(CREDSSP201\)$/);
  });

  it("is no system error when the fleet's folder is a file", async () => {
    const fleet = join(stack.fleet.folder, "file");
    await writeFile(fleet, "");
    const host = await stack.host();
    const made = await stack.create("CredSSPServer", host);
    const connection = { transport: "simulated", fleet };
    for (const call of callsOf({
      ...made,
      inputs: { ...made.inputs, connection },
      outputs: { ...made.outputs, connection },
    }))
      await failsPlainly(call, /CREDSSP20[12]/);
  });

  it("says when a host's file is a folder", async () => {
    const host = await stack.host();
    const made = await stack.create("CredSSPServer", host);
    await mkdir(join(stack.fleet.folder, "folder.do.local.json"));
    const inputs = { ...made.inputs, host: "folder.do.local" };
    await failsPlainly(() => stack.provider.create(inputs), /CREDSSP202/);
  });

  it("refuses a state that a newer version wrote, by name", async () => {
    for (const kind of kinds) {
      const host = await stack.host();
      const { id, inputs, outputs } = await stack.create(kind, host);
      const newer = { ...outputs, schema: 2 };
      await stack.provider.diff(id, newer, inputs);
      for (const call of [
        () => stack.provider.read(id, newer),
        () => stack.provider.update(id, newer, inputs),
        () => stack.provider.delete(id, newer),
      ])
        await failsPlainly(call, /CREDSSP902/);
    }
  });

  it("comes from a state that nobody wrote without a stack, too", async () => {
    const { inputs } = await stack.create("CredSSPClient", await stack.host());
    const errors = stack.provider.errorText().length;
    const mangled: readonly Properties[] = [
      { __provider: inputs["__provider"] },
      { ...inputs, connection: null },
      { ...inputs, connection: "local" },
      { ...inputs, before: "nothing", warnings: null },
    ];
    for (const state of mangled)
      for (const call of [
        () => stack.provider.check(state),
        () => stack.provider.diff("id", state, inputs),
        () => stack.provider.diff("id", inputs, state),
        () => stack.provider.read("id", state),
        () => stack.provider.update("id", state, state),
        () => stack.provider.delete("id", state),
      ])
        await call().catch((error: unknown) => {
          assert.ok(error instanceof CallError);
          assert.equal(error.status, "UNKNOWN");
        });
    assert.doesNotMatch(stack.provider.errorText().slice(errors), /^\s+at /m);
  });

  /** The calls that talk to a host. */
  const callsOf = ({ id, inputs, outputs }: Resource) => [
    () => stack.provider.create(inputs),
    () => stack.provider.read(id, outputs),
    () => stack.provider.update(id, outputs, inputs),
    () => stack.provider.delete(id, outputs),
  ];
});

/** A call that fails with an error of the catalogue, and leaves the resource as Pulumi has it. */
async function failsPlainly(
  call: () => Promise<unknown>,
  code: RegExp,
): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof CallError);
    assert.equal(error.status, "UNKNOWN");
    assert.equal(error.initFailed, null);
    assert.match(error.message, code);
    assert.match(
      error.message,
      /^[^\n]+ on [^\n]+: [^\n]+\nFound: [^\n]+ Needed: [^\n]+\nTry: [^\n]+$/,
    );
    return true;
  });
}
