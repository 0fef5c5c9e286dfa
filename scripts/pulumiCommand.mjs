// Finds a `pulumi` command, or gets one: the demo, the tests and the benchmarks
// start here. What it does is in the folder `pulumi`, one file for each step.
//
// Run directly, it prints where the command is:
//   node scripts/pulumiCommand.mjs
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildWithGo } from "./pulumi/buildWithGo.mjs";
import { cacheFolder, openBuilt, openReleased } from "./pulumi/cache.mjs";
import { downloadRelease } from "./pulumi/downloadRelease.mjs";
import { inspect } from "./pulumi/inspect.mjs";
import {
  executable,
  findExecutable,
  pathFolders,
} from "./pulumi/searchPath.mjs";
import { pinnedVersions } from "./pulumi/versions.mjs";

export { pulumiEnvironment } from "./pulumi/environment.mjs";

/** @typedef {import("./pulumi/cache.mjs").Context} Context */
/** @typedef {import("./pulumi/inspect.mjs").FoundPulumi} FoundPulumi */

/**
 * No Pulumi could be had.
 *
 * @typedef {object} NoPulumi
 * @property {undefined} command
 * @property {string[]} tried One line for each way: what it was and why it failed.
 */

/**
 * Finds a Pulumi that fits, and gets one if there is none: what PULUMI_COMMAND
 * names, `pulumi` on PATH, the cache, Pulumi's own release, a build with Go.
 *
 * @param {object} [options]
 * @param {(line: string) => void} [options.log] Told which way was taken, and what takes long.
 * @param {NodeJS.ProcessEnv} [options.env]
 * @returns {Promise<FoundPulumi | NoPulumi>}
 * @throws If PULUMI_COMMAND is set to something that cannot be used: what a
 *   user asks for by name is never silently replaced.
 */
export async function findPulumiCommand({
  log = console.error,
  env = process.env,
} = {}) {
  const pinned = pinnedVersions();
  const cache = cacheFolder(env);
  // Even `pulumi version` writes a log into its home.
  const home = env["PULUMI_HOME"] ?? path.join(cache, "home");
  const context = { log, env: { ...env, PULUMI_HOME: home }, cache, pinned };

  /** @type {string[]} */
  const tried = [];
  for (const way of [
    fromVariable,
    fromPath,
    fromCache,
    downloadRelease,
    buildWithGo,
  ]) {
    const result = await way(context);
    if (typeof result !== "string") {
      log(`Pulumi v${result.version} ${result.how}: ${result.command}`);
      return result;
    }
    tried.push(result);
  }
  return { command: undefined, tried };
}

// Each way gives a Pulumi, or one line that says why it cannot.

/** @param {Context} context */
async function fromVariable({ env }) {
  const command = env["PULUMI_COMMAND"];
  if (!command) {
    return "PULUMI_COMMAND is not set";
  }
  const result = await inspect(
    path.resolve(command),
    "as PULUMI_COMMAND says",
    env,
  );
  if (typeof result === "string") {
    throw new Error(
      `PULUMI_COMMAND names ${command}, but ${result}.\n` +
        "Try: set it to the path of a pulumi executable, or unset it.",
    );
  }
  return result;
}

/** @param {Context} context */
async function fromPath({ env }) {
  const command = findExecutable([executable("pulumi")], pathFolders(env));
  if (!command) {
    return "PATH has no pulumi";
  }
  const result = await inspect(command, "from PATH", env);
  return typeof result === "string" ? `PATH has ${command}: ${result}` : result;
}

/** @param {Context} context */
async function fromCache(context) {
  const { cache, pinned } = context;
  return (
    (await openReleased("from the cache (Pulumi's release)", context)) ??
    (await openBuilt("from the cache (built with Go)", context)) ??
    `the cache ${cache} has no Pulumi v${pinned.pulumi}`
  );
}

/**
 * The same for a program that cannot go on without: says why there is none and
 * ends the process.
 *
 * @param {(line: string) => void} [log]
 * @returns {Promise<FoundPulumi>}
 */
export async function needPulumiCommand(log) {
  try {
    const result = await findPulumiCommand({ log });
    if (result.command !== undefined) return result;
    console.error(
      ["No Pulumi command could be had:", ...result.tried].join("\n  - "),
    );
    console.error(
      "Try: install Pulumi (https://www.pulumi.com/docs/install) or Go, and run this again.",
    );
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  process.exit(1);
}

if (
  process.argv[1] &&
  fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)
) {
  console.log((await needPulumiCommand()).command);
}
