import assert from "node:assert/strict";
import path from "node:path";
import { cachedRoots } from "../../scripts/pulumi/cache.mjs";
import { pinnedVersions } from "../../scripts/pulumi/versions.mjs";
import { findPulumiCommand } from "../../scripts/pulumiCommand.mjs";
import { fakePulumi, inFolder, onPosix } from "./fakePulumi.mjs";

describe("the command", () => {
  onPosix(
    "is what the user names, then what fits on PATH, then what is cached",
    inFolder(async (folder) => {
      const cache = path.join(folder, "cache");
      const { released } = cachedRoots({ cache, pinned: pinnedVersions() });
      const cached = fakePulumi(path.join(released, "bin"));
      const onPath = fakePulumi(path.join(folder, "path"));
      const named = fakePulumi(path.join(folder, "named"));
      const env = {
        PULUMI_COMMAND: named,
        PATH: `${path.dirname(onPath)}:/usr/bin:/bin`,
        CREDSSP_CACHE: cache,
      };
      /** @type {string[]} */
      const lines = [];
      const find = async () =>
        (await findPulumiCommand({ env, log: (line) => lines.push(line) }))
          .command;

      assert.equal(await find(), named);
      env.PULUMI_COMMAND = "";
      assert.equal(await find(), onPath);
      fakePulumi(path.dirname(onPath), "3.1.0");
      assert.equal(await find(), cached);
      assert.deepEqual(lines, [
        `Pulumi v3.300.0 as PULUMI_COMMAND says: ${named}`,
        `Pulumi v3.300.0 from PATH: ${onPath}`,
        `Pulumi v3.300.0 from the cache (Pulumi's release): ${cached}`,
      ]);
    }),
  );

  it("is never silently replaced where the user names it", async () => {
    const env = { ...process.env, PULUMI_COMMAND: "no/such/pulumi" };
    await assert.rejects(
      findPulumiCommand({ env, log: () => {} }),
      /^Error: PULUMI_COMMAND names no\/such\/pulumi, but it does not run \(there is no /,
    );
  });
});
