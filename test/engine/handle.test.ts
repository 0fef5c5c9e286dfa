import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Properties } from "../../providers/pulumi/definition";
import { handle } from "../../providers/pulumi/handle";
import { declare, kinds } from "./declared";
import {
  repository,
  startDynamicProvider,
  type DynamicProvider,
  type StartOptions,
} from "./dynamicProvider";
import { CallError } from "./providerClient";
import { inOneStack } from "./stack";

/**
 * To the letter what stands in the states of released versions, twice with every
 * resource. It runs there on refresh and delete, so it can never change.
 */
const pinned = {
  CredSSPServer: String.raw`exports.handler=()=>{const m=process.env.CREDSSP_RUNTIME||"pulumi-credssp/runtime";try{return require(m).provider("CredSSPServer")}catch(e){throw Object.assign(new Error("Loading "+m+": "+String(e.message).split("\n")[0]+"\nTry: npm ci in the project's folder. (CREDSSP904)"),{stack:""})}}`,
  CredSSPClient: String.raw`exports.handler=()=>{const m=process.env.CREDSSP_RUNTIME||"pulumi-credssp/runtime";try{return require(m).provider("CredSSPClient")}catch(e){throw Object.assign(new Error("Loading "+m+": "+String(e.message).split("\n")[0]+"\nTry: npm ci in the project's folder. (CREDSSP904)"),{stack:""})}}`,
  DelegationPolicy: String.raw`exports.handler=()=>{const m=process.env.CREDSSP_RUNTIME||"pulumi-credssp/runtime";try{return require(m).provider("DelegationPolicy")}catch(e){throw Object.assign(new Error("Loading "+m+": "+String(e.message).split("\n")[0]+"\nTry: npm ci in the project's folder. (CREDSSP904)"),{stack:""})}}`,
};

describe("The handle in Pulumi's state", () => {
  const stack = inOneStack();
  const { inputs } = declare("CredSSPServer", "app.do.local", {
    transport: "local",
  });
  let folder: string;
  let others: DynamicProvider[] = [];

  /** Another process than the stack's own. */
  const start = async (options: StartOptions): Promise<DynamicProvider> => {
    const started = await startDynamicProvider(options);
    others.push(started);
    return started;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "credssp-handle-"));
  });
  afterEach(async () => {
    await Promise.all(others.map((one) => one.stop()));
    others = [];
    await rm(folder, { recursive: true, force: true });
  });

  for (const kind of kinds)
    it(`of a ${kind} is the text it always was`, () => {
      assert.equal(handle(kind), pinned[kind]);
    });

  for (const kind of kinds)
    it(`of a ${kind} refreshes and deletes in a project to which the code moved`, async () => {
      const host = await stack.host();
      const { id, outputs } = await stack.create(kind, host);
      const project = await projectWithCopy(folder);
      const moved = await start({ cwd: project });
      const state = { ...outputs, __provider: pinned[kind] };
      const read = await moved.read(id, state);
      assert.deepEqual(read.outputs, outputs);
      await moved.delete(id, state);
      assert.equal((await moved.read(id, state)).id, "");
    });

  for (const named of ["by its path", "relative to the project's folder"])
    it(`loads what CREDSSP_RUNTIME names ${named}`, async () => {
      await writeFile(
        join(folder, "other.cjs"),
        `exports.provider = (kind) => ({
          check: async () => ({ failures: [{ property: kind, reason: "another" }] }),
        });`,
      );
      const path = named === "by its path" ? join(folder, "other") : "./other";
      const process = await start({
        cwd: folder,
        env: { CREDSSP_RUNTIME: `${path}.cjs` },
      });
      for (const kind of kinds) {
        const { failures } = await process.check({ __provider: handle(kind) });
        assert.deepEqual(failures, [{ property: kind, reason: "another" }]);
      }
    });

  it("says what to do when the code is not there, whatever Pulumi asks", async () => {
    const lost = await start({ cwd: folder, env: { CREDSSP_RUNTIME: "" } });
    await saysNpmCi(lost, inputs);
    assert.doesNotMatch(lost.errorText(), /^\s+at /m);
  });

  it("says what to do when CREDSSP_RUNTIME names nothing", async () => {
    const lost = await start({ env: { CREDSSP_RUNTIME: "./nowhere" } });
    assert.match(await saysNpmCi(lost, inputs), /\.\/nowhere/);
  });

  it("says of a kind that came later that this version has none", async () => {
    const later = inputs.__provider.replace("CredSSPServer", "SecondHop");
    const state = { ...inputs, __provider: later };
    const text = await saysNpmCi(stack.provider, state);
    assert.match(text, /this version of pulumi-credssp has no SecondHop/);
  });

  it("works again as soon as the code is there, in the same process", async () => {
    const process = await start({ cwd: folder, env: { CREDSSP_RUNTIME: "" } });
    await assert.rejects(process.check(inputs), /CREDSSP904/);
    await mkdir(join(folder, "node_modules"));
    await symlink(
      join(repository, "providers"),
      join(folder, "node_modules", "pulumi-credssp"),
      "junction",
    );
    const { failures } = await process.check(inputs);
    assert.deepEqual(failures, []);
  });
});

/** A project in another place, with the package copied into its node_modules as a registry would do it. */
async function projectWithCopy(folder: string): Promise<string> {
  const project = join(folder, "project");
  const copy = join(project, "node_modules", "pulumi-credssp");
  await mkdir(copy, { recursive: true });
  for (const part of ["bin", "package.json"])
    await cp(join(repository, "providers", part), join(copy, part), {
      recursive: true,
    });
  // Its dependencies are found one folder up.
  await symlink(
    join(repository, "node_modules"),
    join(folder, "node_modules"),
    "junction",
  );
  return project;
}

/** Every call gives an error that says what to do; the last one's text. */
async function saysNpmCi(
  lost: DynamicProvider,
  inputs: Properties,
): Promise<string> {
  let text = "";
  for (const call of [
    () => lost.check(inputs),
    () => lost.diff("id", inputs, inputs),
    () => lost.create(inputs),
    () => lost.read("id", inputs),
    () => lost.update("id", inputs, inputs),
    () => lost.delete("id", inputs),
  ])
    await assert.rejects(call, (error: unknown) => {
      assert.ok(error instanceof CallError);
      assert.match(error.message, /npm ci in the project's folder.*CREDSSP904/);
      assert.equal(error.status, "UNKNOWN");
      assert.equal(error.initFailed, null);
      text = error.message;
      return true;
    });
  return text;
}
