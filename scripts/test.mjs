// `npm test [-- mocha's arguments]`: every tier this machine can run. A tier that it cannot run is
// counted as skipped, under a title that says why; see test/support/tiers.ts.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { install, repository } from "./install.mjs";
import { findPulumiCommand } from "./pulumiCommand.mjs";

install(console.log);
const found = await findPulumiCommand({ log: console.log });
const mocha = createRequire(import.meta.url).resolve("mocha/bin/mocha.js");
const ended = spawnSync(
  process.execPath,
  [
    mocha,
    "--reporter",
    "test/support/closingLine.cjs",
    "--spec",
    "test/**/*.test.ts",
    "--spec",
    "test/**/*.test.mjs",
    ...process.argv.slice(2),
  ],
  {
    cwd: repository,
    env: { ...process.env, CREDSSP_TEST_PULUMI: JSON.stringify(found) },
    stdio: ["ignore", "inherit", "inherit"],
  },
);
process.exit(ended.status ?? 1);
