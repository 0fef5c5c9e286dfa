import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { pulumiEnvironment } from "../../scripts/pulumiCommand.mjs";
import { inFolder } from "./fakePulumi.mjs";

describe("the environment of a Pulumi run", () => {
  const found = { folder: path.resolve("bin") };

  it(
    "keeps the user's own Pulumi out, and the rest in",
    inFolder((stateDir) => {
      const env = pulumiEnvironment(found, {
        stateDir,
        passphrase: "p",
        base: {
          Path: "before",
          PULUMI_ACCESS_TOKEN: "token",
          PULUMI_NODEJS_TRANSPILE_ONLY: "true",
          LANG: "C",
        },
      });
      assert.equal(env.PULUMI_ACCESS_TOKEN, undefined);
      assert.equal(env.PULUMI_NODEJS_TRANSPILE_ONLY, "true");
      assert.equal(env.LANG, "C");
      assert.equal(env.PATH, undefined);
      const folders = env.Path?.split(path.delimiter);
      assert.equal(folders?.[0], found.folder);
      assert.equal(folders?.at(-1), "before");
    }),
  );

  it(
    "names a backend that is there, by a path that is not encoded",
    inFolder((folder) => {
      const stateDir = path.join(folder, "with a space");
      const env = pulumiEnvironment(found, { stateDir, passphrase: "p" });
      const backend = env.PULUMI_BACKEND_URL?.replace(/^file:\/\//, "") ?? "";
      assert.equal(path.resolve(backend), path.join(stateDir, "stacks"));
      assert.ok(fs.statSync(backend).isDirectory());
      assert.equal(env.PULUMI_CONFIG_PASSPHRASE, "p");
    }),
  );
});
