// Looks at a `pulumi` that stands somewhere: does it fit?
import fs from "node:fs";
import path from "node:path";
import { execute } from "./execute.mjs";
import {
  executable,
  executables,
  findExecutable,
  pathFolders,
} from "./searchPath.mjs";
import { whyUnfit } from "./versions.mjs";

/** `pulumi version` takes 0.1 s, but not while a build keeps the cores busy. */
const LIMIT_MS = 60_000;

/**
 * A Pulumi that can run a Node program.
 *
 * @typedef {object} FoundPulumi
 * @property {string} command The executable, as an absolute path.
 * @property {string} folder Its folder: put first on PATH, it brings Pulumi's helpers.
 * @property {string | undefined} root For `PulumiCommand.get({ root })`; undefined where the executable is not in a folder named `bin`, then use `PulumiCommand.get()` with the folder on PATH.
 * @property {string} version Such as "3.274.1".
 * @property {string} how Which way it was found, for people.
 */

/**
 * Asks a command for its version and looks for its Node helper.
 *
 * @param {string} command An absolute path.
 * @param {string} how
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<FoundPulumi | string>} Or why it does not fit.
 */
export async function inspect(command, how, env) {
  const { stdout, failure } = await execute(command, ["version"], {
    env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    limit: LIMIT_MS,
  });
  if (failure !== undefined) {
    return `it does not run (${failure})`;
  }
  const version = stdout.trim().replace(/^v/, "");
  const unfit = whyUnfit(version);
  if (unfit !== undefined) {
    return unfit;
  }
  const folder = path.dirname(command);
  // Where Pulumi itself looks. Package managers put links on PATH, and the
  // helpers stand beside what the links lead to.
  const places = [
    folder,
    path.dirname(fs.realpathSync(command)),
    ...pathFolders(env),
  ];
  if (!findExecutable(executables("pulumi-language-nodejs"), places)) {
    return "it has no pulumi-language-nodejs beside it or on PATH";
  }
  const root = path.dirname(folder);
  return {
    command,
    folder,
    root:
      command === path.join(root, "bin", executable("pulumi"))
        ? root
        : undefined,
    version,
    how,
  };
}
