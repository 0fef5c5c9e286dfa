import assert from "node:assert/strict";
import { lstat, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { needPulumi, tier } from "../support/tiers";
import { makeDemoFleet } from "./demoFleet";
import { changes, succeeded } from "./events";
import { observables } from "./observable";
import { installByPnpm, NoRegistry } from "./pnpm";
import { TestStack, type Project } from "./stack";

const member = "infra";
const project: Project = {
  folder: join(__dirname, "programs", "pnpmWorkspace"),
  files: [
    "package.json",
    "pnpm-workspace.yaml",
    ...["index.ts", "Pulumi.yaml", "package.json"].map((name) =>
      join(member, name),
    ),
  ],
  member,
  install: (copy) => installByPnpm(copy, member),
  typeCheck: true,
};

tier("stack: a program in a pnpm workspace", needPulumi(), (found) => {
  let stack: TestStack | undefined;

  after(() => stack?.close());

  it("loads the package through pnpm's links, converges, and undoes what it did", async function () {
    this.timeout(180_000);
    stack = await TestStack.open(found, project).catch((error: unknown) => {
      if (!(error instanceof NoRegistry)) throw error;
      this.runnable().title += ` (skipped: ${error.message})`;
      this.skip();
    });
    const ours = join(stack.folder, "node_modules", "pulumi-credssp");
    assert.ok((await lstat(ours)).isSymbolicLink());
    assert.ok((await realpath(ours)).includes(`${sep}.pnpm${sep}`));

    await makeDemoFleet(stack);
    const snapshot = await observables(stack.fleet);
    const made = succeeded(await stack.up());
    assert.deepEqual(changes(made), ["create cm12", "create orch"]);
    assert.equal(made.outputs["flag"]?.value, "ours");
    assert.equal(made.outputs["list"]?.value, "ours");
    succeeded(await stack.refresh({ expectNoChanges: true }));
    succeeded(await stack.destroy());
    assert.deepEqual(await observables(stack.fleet), snapshot);
  });
});
