import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { inspect } from "../../scripts/pulumi/inspect.mjs";
import { fakePulumi, inFolder, onPosix, writeProgram } from "./fakePulumi.mjs";

/** A PATH with a shell, and without a Pulumi. */
const env = { PATH: "/usr/bin:/bin" };
const look = (/** @type {string} */ command) => inspect(command, "here", env);

describe("a pulumi that stands somewhere", () => {
  onPosix(
    "is known by version, folder and root",
    inFolder(async (root) => {
      const folder = path.join(root, "bin");
      const command = fakePulumi(folder);
      const found = { command, folder, root, version: "3.300.0", how: "here" };
      assert.deepEqual(await look(command), found);
    }),
  );

  onPosix(
    "has no root where PulumiCommand would not find it",
    inFolder(async (folder) => {
      const found = await look(fakePulumi(folder));
      assert.ok(typeof found !== "string");
      assert.equal(found.root, undefined);
    }),
  );

  onPosix(
    "may be a link whose helper stands beside the target",
    inFolder(async (folder) => {
      fs.symlinkSync(
        fakePulumi(path.join(folder, "real")),
        path.join(folder, "pulumi"),
      );
      const found = await look(path.join(folder, "pulumi"));
      assert.ok(typeof found !== "string");
      assert.equal(found.folder, folder);
    }),
  );

  onPosix(
    "does not fit if it is old, broken or without a helper",
    inFolder(async (folder) => {
      assert.match(String(await look(fakePulumi(folder, "3.1.0"))), /v3\.1\.0/);
      writeProgram(folder, "pulumi", "echo lost >&2; exit 1");
      const command = fakePulumi(path.join(folder, "bare"));
      fs.rmSync(path.join(folder, "bare", "pulumi-language-nodejs"));
      assert.equal(
        await look(path.join(folder, "pulumi")),
        "it does not run (lost)",
      );
      assert.match(String(await look(command)), /no pulumi-language-nodejs/);
    }),
  );
});
