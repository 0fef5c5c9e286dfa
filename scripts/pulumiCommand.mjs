// Finds a `pulumi` command, or gets one: `npm run demo`, `npm test` and CI all
// start here. It runs before anything is installed, so it needs Node alone;
// @pulumi/pulumi is loaded only for the official download.
//
// Run directly, it prints where the command is:
//   node scripts/pulumiCommand.mjs

import { spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const self = fileURLToPath(import.meta.url);
const repository = path.resolve(path.dirname(self), "..");
const tools = path.join(repository, "tools", "pulumi");

/**
 * The oldest `pulumi` taken from PATH. Pulumi does not tie its command to the
 * version of an SDK, so this is a choice: 3.216.0 is the release in which the
 * inputs that a dynamic provider's `read` returns came to count, which refresh
 * relies on here, and nothing older is ever tested with this project.
 */
export const MINIMUM_VERSION = "3.216.0";

/** Where Pulumi's own installer is; asked first, to fail within seconds. */
const INSTALLER_URL = "https://get.pulumi.com/install.sh";
const REACH_LIMIT_MS = 5_000;

const MINUTE_MS = 60_000;
const DOWNLOAD_LIMIT_MS = 5 * MINUTE_MS;
/** `pulumi version` takes 0.1 s, but not while a build keeps the cores busy. */
const VERSION_LIMIT_MS = MINUTE_MS;

/** How often a builder says that it lives, and when it counts as dead. */
const HEARTBEAT_MS = 5_000;
const SILENCE_LIMIT_MS = 30_000;

/** How often progress is told where it cannot be shown in place. */
const PROGRESS_MS = 15_000;

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
 * No Pulumi could be had.
 *
 * @typedef {object} NoPulumi
 * @property {undefined} command
 * @property {string[]} tried One line for each way: what it was and why it failed.
 */

/** @typedef {Record<string, string | undefined>} Environment */
/** @typedef {(line: string) => void} Log */

// ---------------------------------------------------------------------------
// Pure parts

/**
 * Reads the numbers of a version. What follows them (`-alpha.1`, `+dirty`) is
 * left out: it says nothing about what a command can do.
 *
 * @param {string} text Such as "v3.274.1" or "1.26".
 * @returns {[number, number, number] | undefined}
 */
export function parseVersion(text) {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.])/.exec(text.trim());
  return match
    ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)]
    : undefined;
}

/**
 * Compares two versions: negative, zero or positive, as `sort` wants it. What
 * is no version comes before every version.
 *
 * @param {string} left
 * @param {string} right
 */
export function compareVersions(left, right) {
  const a = parseVersion(left) ?? [-1, 0, 0];
  const b = parseVersion(right) ?? [-1, 0, 0];
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/**
 * Says why a version of Pulumi does not fit, or nothing if it does.
 *
 * @param {string} version
 * @param {string} [minimum]
 * @returns {string | undefined}
 */
export function whyUnfit(version, minimum = MINIMUM_VERSION) {
  const found = parseVersion(version);
  const needed = parseVersion(minimum);
  if (!found || !needed) {
    return `its version is not readable ("${version}")`;
  }
  // Another major version has another SDK.
  if (found[0] !== needed[0] || compareVersions(version, minimum) < 0) {
    return `it is v${found.join(".")}, needed is v${minimum} or a later v${needed[0]}`;
  }
  return undefined;
}

/**
 * Reads what `go version` prints.
 *
 * @param {string} text Such as "go version go1.26.8 linux/amd64".
 * @returns {string | undefined} Such as "1.26.8".
 */
export function parseGoVersion(text) {
  return /^go version go(\d+\.\d+(?:\.\d+)?)/m.exec(text)?.[1];
}

/**
 * Reads what tools/pulumi/go.mod pins, so that it is written in one place.
 *
 * @param {string} text
 * @returns {{ go: string, pulumi: string }}
 */
export function parseGoMod(text) {
  const go = /^go (\S+)/m.exec(text)?.[1];
  const pulumi = /github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)/.exec(text)?.[1];
  if (!go || !pulumi) {
    throw new Error("tools/pulumi/go.mod pins no version of Go or of Pulumi");
  }
  return { go, pulumi };
}

/**
 * The folder that keeps Pulumi between runs and between checkouts.
 *
 * @param {Environment} env
 * @param {NodeJS.Platform} [platform]
 * @param {string} [home]
 */
export function cacheFolder(
  env,
  platform = process.platform,
  home = os.homedir(),
) {
  const { join } = platform === "win32" ? path.win32 : path.posix;
  if (env.CREDSSP_CACHE) {
    return env.CREDSSP_CACHE;
  }
  if (env.XDG_CACHE_HOME) {
    return join(env.XDG_CACHE_HOME, "pulumi-credssp");
  }
  if (platform === "win32") {
    return join(
      env.LOCALAPPDATA ?? join(home, "AppData", "Local"),
      "pulumi-credssp",
    );
  }
  return join(home, ".cache", "pulumi-credssp");
}

/**
 * The folders in the cache: one for Pulumi's own release, one for a build.
 * Their names say what is in them, so an update of go.mod never meets old files.
 *
 * @param {string} cache
 * @param {string} version
 * @param {string} [platform]
 * @param {string} [arch]
 */
export function cachedRoots(
  cache,
  version,
  platform = process.platform,
  arch = process.arch,
) {
  const name = `pulumi-${version}-${platform}-${arch}`;
  return {
    released: path.join(cache, `${name}-released`),
    built: path.join(cache, `${name}-built`),
  };
}

/**
 * The name under which an environment keeps PATH: Windows writes it `Path`, and
 * a copy of its environment is an ordinary object that minds the difference.
 *
 * @param {Environment} env
 */
export function pathName(env) {
  return Object.keys(env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
}

/**
 * The first of some file names that stands in one of some folders.
 *
 * @param {string[]} names
 * @param {string[]} folders
 * @param {(file: string) => boolean} [isFile]
 * @returns {string | undefined}
 */
export function findFile(names, folders, isFile = isExecutable) {
  return folders
    .flatMap((folder) => names.map((name) => path.join(folder, name)))
    .find(isFile);
}

/**
 * The sentence that tells how far a build is.
 *
 * @param {string} version
 * @param {number} done
 * @param {number} total
 */
export function buildProgress(version, done, total) {
  const label = `building Pulumi v${version} with Go`;
  // `go build -v` names only what it compiles: what Go still had in its own
  // cache is never named, and linking comes after the last name.
  return done === 0
    ? `${label}: looking at ${total} packages`
    : `${label}: ${Math.min(done, total)} of ${total} packages`;
}

// ---------------------------------------------------------------------------
// The main function

/**
 * Finds a Pulumi that fits, and gets one if there is none: what PULUMI_COMMAND
 * names, `pulumi` on PATH, the cache, Pulumi's own release, a build with Go.
 *
 * @param {object} [options]
 * @param {string} [options.projectDir] The folder with node_modules/@pulumi/pulumi.
 * @param {Log} [options.log] Told which way was taken, and what takes long.
 * @param {Environment} [options.env]
 * @returns {Promise<FoundPulumi | NoPulumi>}
 * @throws If PULUMI_COMMAND is set to something that cannot be used: what a
 *   user asks for by name is never silently replaced.
 */
export async function findPulumiCommand({
  projectDir = repository,
  log = console.error,
  env = process.env,
} = {}) {
  const pinned = parseGoMod(
    fs.readFileSync(path.join(tools, "go.mod"), "utf8"),
  );
  const cache = path.resolve(cacheFolder(env));
  const context = { projectDir, log, env, cache, pinned };

  /** @type {string[]} */
  const tried = [];
  for (const way of [fromVariable, fromPath, fromCache, fromRelease, fromGo]) {
    const result = await way(context);
    if (typeof result !== "string") {
      log(`Pulumi v${result.version} ${result.how}: ${result.command}`);
      return result;
    }
    tried.push(result);
  }
  return { command: undefined, tried };
}

/**
 * The environment in which Pulumi needs no network, no account and nothing of
 * the user's own Pulumi. It replaces the environment of the `pulumi` process;
 * for the automation API, which only adds to it, pass it as `envVars`.
 *
 * @param {FoundPulumi} found
 * @param {object} options
 * @param {string} options.stateDir Where stacks and Pulumi's home go; made if need be.
 * @param {string} options.passphrase What the stacks' secrets are encrypted with.
 * @param {Environment} [options.base]
 * @returns {Record<string, string>}
 */
export function pulumiEnvironment(
  found,
  { stateDir, passphrase, base = process.env },
) {
  const home = path.resolve(stateDir, "home");
  const stacks = path.resolve(stateDir, "stacks");
  // Pulumi makes its home, but not the folder of a file backend.
  fs.mkdirSync(home, { recursive: true });
  fs.mkdirSync(stacks, { recursive: true });

  /** @type {Record<string, string>} */
  const env = {};
  for (const [name, value] of Object.entries(base)) {
    // A token, a backend or a debug setting of the user's would change what
    // runs. The options of the Node SDK stay: they are about speed.
    if (
      value !== undefined &&
      (!name.startsWith("PULUMI_") || name.startsWith("PULUMI_NODEJS_"))
    ) {
      env[name] = value;
    }
  }
  const name = pathName(base);
  return {
    ...env,
    // Pulumi's helpers start `node`: let it be this one.
    [name]: [found.folder, path.dirname(process.execPath), base[name]]
      .filter(Boolean)
      .join(path.delimiter),
    PULUMI_HOME: home,
    // Not a URL by pathToFileURL: Pulumi takes what follows `file://` as a path
    // and decodes nothing, and before Windows paths were mended (issue 16414)
    // it wanted the drive letter right there.
    PULUMI_BACKEND_URL: `file://${stacks.replaceAll("\\", "/")}`,
    PULUMI_CONFIG_PASSPHRASE: passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Right here, where dynamic resources are all there is and their provider
    // stands in the folder. A program with other providers must unset it.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

// ---------------------------------------------------------------------------
// The ways. Each gives a Pulumi or one line that says why it cannot.

/**
 * @typedef {object} Context
 * @property {string} projectDir
 * @property {Log} log
 * @property {Environment} env
 * @property {string} cache
 * @property {{ go: string, pulumi: string }} pinned
 */

/** @typedef {(context: Context) => Promise<FoundPulumi | string>} Way */

/** @type {Way} */
async function fromVariable({ env }) {
  const command = env.PULUMI_COMMAND;
  if (!command) {
    return "PULUMI_COMMAND is not set";
  }
  if (!isExecutable(path.resolve(command))) {
    throw new Error(
      `PULUMI_COMMAND names ${command}, which is not an executable file. ` +
        "Set it to the path of a pulumi executable, or unset it.",
    );
  }
  const result = await inspect(
    path.resolve(command),
    "as PULUMI_COMMAND says",
    env,
  );
  if (typeof result === "string") {
    throw new Error(`PULUMI_COMMAND names ${command}, but ${result}.`);
  }
  return result;
}

/** @type {Way} */
async function fromPath({ env }) {
  const command = findFile([executable("pulumi")], foldersOf(env));
  if (!command) {
    return "PATH has no pulumi";
  }
  const result = await inspect(command, "from PATH", env);
  return typeof result === "string" ? `PATH has ${command}: ${result}` : result;
}

/** @type {Way} */
async function fromCache(context) {
  const { cache, pinned } = context;
  const { released, built } = cachedRoots(cache, pinned.pulumi);
  return (
    (await openCached(
      released,
      "from the cache (Pulumi's release)",
      context,
    )) ??
    (await openCached(built, "from the cache (built with Go)", context)) ??
    `the cache ${cache} has no Pulumi v${pinned.pulumi}`
  );
}

/** @type {Way} */
async function fromRelease(context) {
  const { projectDir, cache, pinned, log } = context;
  const label = `the download of Pulumi v${pinned.pulumi}`;
  if (!sdkFile(projectDir, "package.json")) {
    return `${label} needs @pulumi/pulumi in ${projectDir} (npm ci)`;
  }
  // The SDK itself gives up after two minutes.
  try {
    await fetch(INSTALLER_URL, {
      method: "HEAD",
      signal: AbortSignal.timeout(REACH_LIMIT_MS),
    });
  } catch (error) {
    return `${label}: get.pulumi.com is not reachable (${reasonOf(error)})`;
  }

  log(`downloading Pulumi v${pinned.pulumi} from get.pulumi.com`);
  fs.mkdirSync(cache, { recursive: true });
  const partial = fs.mkdtempSync(path.join(cache, "download-"));
  try {
    // In a process of its own, because the SDK offers no way to cancel.
    const outcome = await execute(
      process.execPath,
      [self, "--install", projectDir, partial, pinned.pulumi],
      { limit: DOWNLOAD_LIMIT_MS },
    );
    if (outcome.code !== 0) {
      return `${label} failed: ${lastLine(outcome)}`;
    }
    const { released } = cachedRoots(cache, pinned.pulumi);
    await moveInto(partial, released);
    return (
      (await openCached(released, "from Pulumi's release", context)) ??
      `${label} left no pulumi in ${released}`
    );
  } finally {
    fs.rmSync(partial, { recursive: true, force: true });
  }
}

/** @type {Way} */
async function fromGo(context) {
  const { cache, pinned, log } = context;
  const label = `a build of Pulumi v${pinned.pulumi}`;
  // Asked in the folder of go.mod, because Go then switches to the toolchain
  // that go.mod wants, or says that it may not.
  const asked = await execute("go", ["version"], {
    cwd: tools,
    limit: 2 * MINUTE_MS,
  });
  const go = parseGoVersion(asked.stdout);
  if (asked.code !== 0 || !go) {
    return `${label} needs Go ${pinned.go} or later: ${lastLine(asked)}`;
  }
  if (compareVersions(go, pinned.go) < 0) {
    return `${label} needs Go ${pinned.go} or later: it is ${go}`;
  }

  const { built } = cachedRoots(cache, pinned.pulumi);
  const started = Date.now();
  let waited = false;
  while (!fs.existsSync(built)) {
    const working = `${built}.working`;
    if (claim(working)) {
      const failure = await buildInto(working, pinned.pulumi, log);
      if (failure === undefined) {
        await moveInto(working, built);
      }
      fs.rmSync(working, { recursive: true, force: true });
      if (failure !== undefined) {
        return `${label} failed: ${failure}`;
      }
    } else {
      if (!waited) {
        log(`another process is building Pulumi v${pinned.pulumi}: waiting`);
        waited = true;
      }
      await sleep(1000);
    }
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  return (
    (await openCached(built, `built with Go ${go} in ${seconds} s`, context)) ??
    `${label} left no pulumi in ${built}`
  );
}

// ---------------------------------------------------------------------------
// Looking at what is there

/**
 * Asks a command for its version and looks for its Node helper.
 *
 * @param {string} command
 * @param {string} how
 * @param {Environment} env
 * @returns {Promise<FoundPulumi | string>}
 */
async function inspect(command, how, env) {
  const outcome = await execute(command, ["version"], {
    env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    limit: VERSION_LIMIT_MS,
  });
  if (outcome.code !== 0) {
    return `it does not run (${lastLine(outcome)})`;
  }
  const version = outcome.stdout.trim().replace(/^v/, "");
  const unfit = whyUnfit(version);
  if (unfit) {
    return unfit;
  }
  // Package managers put links on PATH: the helpers stand beside their target.
  const target = fs.realpathSync(command);
  const helpers = executables("pulumi-language-nodejs");
  if (!findFile(helpers, [path.dirname(command)])) {
    if (findFile(helpers, [path.dirname(target)])) {
      command = target;
    } else if (!findFile(helpers, foldersOf(env))) {
      return "it has no pulumi-language-nodejs beside it or on PATH";
    }
  }
  const folder = path.dirname(command);
  const root =
    path.basename(folder) === "bin" &&
    path.basename(command) === executable("pulumi")
      ? path.dirname(folder)
      : undefined;
  return { command, folder, root, version, how };
}

/**
 * Opens a folder of the cache. One whose Pulumi does not run (a home shared by
 * two systems, a full disk) is thrown away, so that the next way replaces it.
 *
 * @param {string} root
 * @param {string} how
 * @param {Context} context
 * @returns {Promise<FoundPulumi | undefined>}
 */
async function openCached(root, how, { projectDir, env, log, cache, pinned }) {
  const folder = path.join(root, "bin");
  const command = path.join(folder, executable("pulumi"));
  if (!isExecutable(command)) {
    return undefined;
  }
  if (root === cachedRoots(cache, pinned.pulumi).built) {
    addHelpers(folder, projectDir);
  }
  const result = await inspect(command, how, env);
  if (typeof result === "string") {
    log(`removing ${root}: ${result}`);
    fs.rmSync(root, { recursive: true, force: true });
    return undefined;
  }
  return result;
}

/**
 * Puts beside a built Pulumi what its releases have there: the helper for Node
 * programs (ours) and the provider of dynamic resources (the SDK's). Done at
 * each start, because both may have changed since the build.
 *
 * @param {string} folder
 * @param {string} projectDir
 */
function addHelpers(folder, projectDir) {
  const host = "languageHost.cjs";
  write(path.join(folder, host), fs.readFileSync(path.join(tools, host)));
  write(
    path.join(folder, "pulumi-language-nodejs"),
    // `exec`, so that Pulumi's signals reach Node and no shell is left over.
    `#!/bin/sh\nexec node "$(dirname "$0")/${host}" "$@"\n`,
  );
  if (process.platform === "win32") {
    write(
      path.join(folder, "pulumi-language-nodejs.cmd"),
      `@node "%~dp0${host}" %*\r\n`,
    );
  }
  for (const name of executables("pulumi-resource-pulumi-nodejs")) {
    // Absent before `npm ci`; then there is nothing to run either.
    const source =
      sdkFile(projectDir, name) ?? sdkFile(projectDir, `dist/${name}`);
    if (source) {
      write(path.join(folder, name), fs.readFileSync(source));
    }
  }
}

/**
 * Writes an executable file unless it is there already. It appears at once and
 * whole: another run may be starting it.
 *
 * @param {string} file
 * @param {string | Buffer} content
 */
function write(file, content) {
  if (
    fs.existsSync(file) &&
    fs.readFileSync(file).equals(Buffer.from(content))
  ) {
    return;
  }
  const partial = `${file}.${process.pid}`;
  fs.writeFileSync(partial, content, { mode: 0o755 });
  fs.renameSync(partial, file);
}

/**
 * A file of the project's @pulumi/pulumi.
 *
 * @param {string} projectDir
 * @param {string} name
 * @returns {string | undefined}
 */
function sdkFile(projectDir, name) {
  try {
    const find = createRequire(path.join(projectDir, "index.js"));
    const folder = path.dirname(find.resolve("@pulumi/pulumi/package.json"));
    const file = path.join(folder, name);
    return fs.existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

// ---------------------------------------------------------------------------
// Building

/**
 * Takes the right to build: the folder to build in is also the lock, so that
 * finishing and unlocking are one rename.
 *
 * @param {string} working
 * @returns {boolean}
 */
function claim(working) {
  const owner = path.join(working, "owner");
  fs.mkdirSync(path.dirname(working), { recursive: true });
  try {
    fs.mkdirSync(working);
    fs.writeFileSync(owner, `${os.hostname()} ${process.pid}\n`);
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") {
      throw error;
    }
  }
  try {
    const silence = Date.now() - fs.statSync(working).mtimeMs;
    const [host, pid] = fs.existsSync(owner)
      ? fs.readFileSync(owner, "utf8").trim().split(" ")
      : [];
    const dead = host === os.hostname() && !isAlive(Number(pid));
    if (dead || silence > SILENCE_LIMIT_MS) {
      // Renamed first: of two that see this at once, one gets it.
      const abandoned = `${working}.${process.pid}`;
      fs.renameSync(working, abandoned);
      fs.rmSync(abandoned, { recursive: true, force: true });
    }
  } catch {
    // The other has just finished, or was the one that got it.
  }
  return false;
}

/**
 * Builds Pulumi into `<working>/bin`.
 *
 * @param {string} working
 * @param {string} version
 * @param {Log} log
 * @returns {Promise<string | undefined>} What went wrong, if anything.
 */
async function buildInto(working, version, log) {
  const main = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
  // The tags of Pulumi's own releases. Without -buildvcs=false, Go would ask
  // Git about this repository, which may not be there or not be ours.
  const flags = ["-buildvcs=false", "-tags=osusergo,grpcnotrace"];
  const progress = showProgress(log);
  const heartbeat = setInterval(() => {
    try {
      fs.utimesSync(working, new Date(), new Date());
    } catch {
      // Another process took us for dead; Go's own error will tell.
    }
  }, HEARTBEAT_MS);
  try {
    log(
      `building Pulumi v${version} with Go: once, about four minutes on two cores`,
    );
    let modules = 0;
    const list = await execute("go", ["list", ...flags, "-deps", main], {
      cwd: tools,
      onErrorLine: () => progress(`fetching Go modules: ${++modules}`),
    });
    if (list.code !== 0) {
      return lastLine(list);
    }
    const total = list.stdout.trim().split("\n").length;
    let done = 0;
    progress(buildProgress(version, done, total));
    const build = await execute(
      "go",
      [
        "build",
        "-v",
        ...flags,
        `-ldflags=-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`,
        "-o",
        path.join(working, "bin", executable("pulumi")),
        main,
      ],
      {
        cwd: tools,
        onErrorLine: () => progress(buildProgress(version, ++done, total)),
      },
    );
    return build.code === 0 ? undefined : lastLine(build);
  } finally {
    clearInterval(heartbeat);
    progress(undefined);
  }
}

/**
 * Moves a finished folder to its place, unless another process was first.
 *
 * @param {string} from
 * @param {string} to
 */
async function moveInto(from, to) {
  fs.rmSync(path.join(from, "owner"), { force: true });
  for (let attempt = 1; ; attempt++) {
    try {
      fs.renameSync(from, to);
      return;
    } catch (error) {
      if (fs.existsSync(to)) {
        return;
      }
      // On Windows, virus scanners hold new executables open for a moment.
      if (attempt === 10 || codeOf(error) === "ENOENT") {
        throw error;
      }
      await sleep(500);
    }
  }
}

/**
 * Shows progress in place on a terminal, and now and then as a line elsewhere.
 *
 * @param {Log} log
 * @param {NodeJS.WriteStream} [stream]
 * @returns {(text: string | undefined) => void} Takes `undefined` at the end.
 */
function showProgress(log, stream = process.stderr) {
  let last = Date.now();
  return (text) => {
    if (stream.isTTY) {
      stream.write(`\r\u001B[2K${text ?? ""}`);
    } else if (text !== undefined && Date.now() - last >= PROGRESS_MS) {
      last = Date.now();
      log(text);
    }
  };
}

// ---------------------------------------------------------------------------
// Processes and files

/**
 * @typedef {object} Outcome
 * @property {number} code The exit code; -1 if it did not start or was ended.
 * @property {string} stdout
 * @property {string[]} errors The last lines of standard error.
 */

/**
 * Runs a program to its end, without a shell.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {object} options
 * @param {string} [options.cwd]
 * @param {Environment} [options.env]
 * @param {number} [options.limit] In milliseconds.
 * @param {Log} [options.onErrorLine]
 * @returns {Promise<Outcome>}
 */
function execute(command, args, { cwd, env, limit, onErrorLine }) {
  return new Promise((resolve) => {
    let stdout = "";
    /** @type {string[]} */
    const errors = [];
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    /** @param {number} code */
    const finish = (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, errors });
    };
    /** @param {unknown} error */
    const fail = (error) => {
      errors.push(
        codeOf(error) === "ENOENT"
          ? `there is no ${command}`
          : `${command} does not start: ${reasonOf(error)}`,
      );
      finish(-1);
    };

    let child;
    try {
      child = spawn(command, args, {
        cwd,
        env: env ?? process.env,
        stdio: ["ignore", "pipe", "pipe"],
        windowsHide: true,
      });
    } catch (error) {
      // Node refuses .cmd files without a shell by throwing.
      fail(error);
      return;
    }
    if (limit !== undefined) {
      // Not the option of `spawn`: its timer outlives a command that is absent.
      timer = setTimeout(() => child.kill("SIGKILL"), limit);
    }
    child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
    createInterface({ input: child.stderr }).on("line", (line) => {
      errors.push(line);
      errors.splice(0, errors.length - 20);
      onErrorLine?.(line);
    });
    child.once("error", fail);
    child.once("close", (code, signal) => {
      if (signal) {
        errors.push(`${path.basename(command)} was ended by ${signal}`);
      }
      finish(code ?? -1);
    });
  });
}

/** @param {Outcome} outcome */
function lastLine({ code, errors }) {
  return (
    errors.filter((line) => line.trim() !== "").at(-1) ?? `exit code ${code}`
  );
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** @param {unknown} error */
function reasonOf(error) {
  // `fetch` says "fetch failed" and keeps the reason for itself.
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** @param {string} name */
function executable(name) {
  return process.platform === "win32" ? `${name}.exe` : name;
}

/** @param {string} name */
function executables(name) {
  return process.platform === "win32" ? [`${name}.exe`, `${name}.cmd`] : [name];
}

/** @param {Environment} env */
function foldersOf(env) {
  return (env[pathName(env)] ?? "").split(path.delimiter).filter(Boolean);
}

/** @param {string} file */
function isExecutable(file) {
  try {
    // On Windows X_OK asks no more than whether it is there.
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives but is another user's.
    return codeOf(error) === "EPERM";
  }
}

// ---------------------------------------------------------------------------
// Run directly

/**
 * Lets the SDK install a release; see `fromRelease`.
 *
 * @param {string} projectDir
 * @param {string} root
 * @param {string} version
 */
async function install(projectDir, root, version) {
  const project = createRequire(path.join(projectDir, "index.js"));
  const sdk = createRequire(project.resolve("@pulumi/pulumi"));
  const { PulumiCommand } = sdk("./automation");
  const { SemVer } = sdk("semver");
  await PulumiCommand.install({ root, version: new SemVer(version) });
}

async function main() {
  const [option, projectDir, root, version] = process.argv.slice(2);
  if (option === "--install" && projectDir && root && version) {
    await install(projectDir, root, version);
    return;
  }
  const result = await findPulumiCommand();
  if (result.command === undefined) {
    console.error("No Pulumi could be had:");
    console.error(result.tried.map((line) => `  - ${line}`).join("\n"));
    process.exitCode = 1;
    return;
  }
  console.log(result.command);
}

if (
  process.argv[1] &&
  fs.realpathSync(process.argv[1]) === fs.realpathSync(self)
) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
