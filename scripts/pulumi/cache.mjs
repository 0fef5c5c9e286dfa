// The folder that keeps Pulumi between runs and between checkouts.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { addHelperPrograms } from "./helperPrograms.mjs";
import { inspect } from "./inspect.mjs";
import { executable } from "./searchPath.mjs";

/**
 * What every way to a Pulumi is told.
 *
 * @typedef {object} Context
 * @property {(line: string) => void} log
 * @property {NodeJS.ProcessEnv} env
 * @property {string} cache
 * @property {{ go: string, pulumi: string }} pinned
 */

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {NodeJS.Platform} [platform]
 */
export function cacheFolder(env, platform = process.platform) {
  if (env["CREDSSP_CACHE"]) {
    return path.resolve(env["CREDSSP_CACHE"]);
  }
  const parent =
    env["XDG_CACHE_HOME"] ||
    (platform === "win32" && env["LOCALAPPDATA"]) ||
    path.join(os.homedir(), ".cache");
  return path.resolve(parent, "pulumi-credssp");
}

/**
 * The folders in the cache: one for Pulumi's own release, one for a build.
 * Their names say what is in them, so an update of go.mod never meets old files.
 *
 * @param {Pick<Context, "cache" | "pinned">} context
 */
export function cachedRoots({ cache, pinned }) {
  const name = `pulumi-${pinned.pulumi}-${process.platform}-${process.arch}`;
  return {
    released: path.join(cache, `${name}-released`),
    built: path.join(cache, `${name}-built`),
  };
}

/**
 * Opens the release in the cache, if there is one.
 *
 * @param {string} how
 * @param {Context} context
 */
export function openReleased(how, context) {
  return open(cachedRoots(context).released, how, context);
}

/**
 * Opens the build in the cache, if there is one.
 *
 * @param {string} how
 * @param {Context} context
 */
export function openBuilt(how, context) {
  const { built } = cachedRoots(context);
  if (fs.existsSync(built)) {
    addHelperPrograms(path.join(built, "bin"));
  }
  return open(built, how, context);
}

/**
 * One whose Pulumi does not run (a home shared by two systems, a full disk) is
 * thrown away, so that the next way replaces it.
 *
 * @param {string} root
 * @param {string} how
 * @param {Context} context
 */
async function open(root, how, { env, log }) {
  if (!fs.existsSync(root)) {
    return undefined;
  }
  const command = path.join(root, "bin", executable("pulumi"));
  const result = await inspect(command, how, env);
  if (typeof result !== "string") {
    return result;
  }
  log(`removing ${root}: ${result}`);
  fs.rmSync(root, { recursive: true, force: true });
  return undefined;
}

/**
 * Moves a finished folder to its place, unless another process was first.
 *
 * @param {string} from
 * @param {string} to
 */
export async function moveInto(from, to) {
  for (let attempt = 1; !fs.existsSync(to); attempt++) {
    try {
      fs.renameSync(from, to);
    } catch (error) {
      // On Windows, virus scanners hold new executables open for a moment.
      if (attempt === 10) throw error;
      await sleep(500);
    }
  }
}
