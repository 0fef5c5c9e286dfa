// What our channel adds to looking at many hosts at one time: against Invoke-Command written by hand
// with the same reads, against a PowerShell for each resource, and through Pulumi.
import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { pulumiEnvironment } from "../scripts/pulumiCommand.mjs";

const repository = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

/** How a session is opened; hosts of a real fleet are reached by who runs this. */
const winrm = { transport: "winrm", useSSL: false, authentication: "Default" };

/**
 * @typedef {object} Fleet The hosts, and the machine from which they are looked at.
 * @property {readonly string[]} hosts
 * @property {Record<string, string | undefined>} env
 * @property {() => string} starts What was started since last time; empty where nobody can tell.
 * @property {boolean} mayChange Whether Pulumi may make resources on them.
 * @property {() => void} remove
 */

/**
 * @typedef {() => Promise<number>} Way Looks at all hosts, a fresh PowerShell included; gives the seconds until the
 *   last of them was seen. Nothing of it runs on when it resolves.
 */

/**
 * @param {Parameters<typeof pulumiEnvironment>[0] | undefined} found The Pulumi command, where there is one.
 * @param {{ sizes: readonly number[], pairs: number, list: readonly string[] | undefined, log: (line: string) => void }} options
 */
export async function fanOut(found, { sizes, pairs, list, log }) {
  for (const size of sizes) {
    const fleet = list === undefined ? standIn(size) : real(list, size);
    try {
      await measureSize(fleet, found, pairs, log);
    } finally {
      fleet.remove();
    }
  }
}

/**
 * @param {Fleet} fleet
 * @param {Parameters<typeof pulumiEnvironment>[0] | undefined} found
 * @param {number} pairs
 * @param {(line: string) => void} log
 */
async function measureSize(fleet, found, pairs, log) {
  const { length } = fleet.hosts;
  const count = length === 1 ? "1 host" : `${length} hosts`;
  /** @type {Record<string, Way>} */
  const ways = {
    "our channel": () => throughChannels(fleet, [fleet.hosts]),
    "by hand": () => byHand(fleet, ""),
    "by hand as a job": () => byHand(fleet, " -AsJob | Receive-Job -Wait"),
    "one PowerShell each": () =>
      throughChannels(
        fleet,
        fleet.hosts.map((host) => [host]),
      ),
  };
  const stack = found && fleet.mayChange ? makeStack(found, fleet) : undefined;
  if (stack) ways["pulumi up --refresh"] = stack.look;
  try {
    /** @type {Record<string, number[]>} */
    const seconds = {};
    for (let turn = 0; turn <= pairs; turn++) {
      const taken = [];
      for (const [name, way] of Object.entries(ways)) {
        fleet.starts();
        const one = await way();
        taken.push(`${name} ${one.toFixed(2)} s`);
        // The first turn warms up, and is where the starts are counted.
        if (turn === 0) log(`${count}, ${name}: ${fleet.starts()}`);
        else (seconds[name] ??= []).push(one);
      }
      if (turn > 0) log(`${count}, turn ${turn}: ${taken.join(", ")}`);
    }
    log(summary(count, seconds));
  } finally {
    stack?.remove();
  }
}

/**
 * @param {string} count
 * @param {Record<string, number[]>} seconds
 */
function summary(count, seconds) {
  const medians = Object.entries(seconds).map(([name, taken]) => ({
    name,
    median: median(taken),
  }));
  const of = (/** @type {string} */ wanted) =>
    medians.find(({ name }) => name === wanted)?.median ?? NaN;
  const each = medians.map(
    ({ name, median }) => `${name} ${median.toFixed(2)} s`,
  );
  // With the better of what somebody might write.
  const byHand = Math.min(of("by hand"), of("by hand as a job"));
  const ratio = (of("our channel") / byHand).toFixed(3);
  return (
    `${count}, medians of ${seconds["by hand"]?.length}: ${each.join(", ")}; ` +
    `our channel / the quicker by hand ${ratio} (goal: at most 1.15)`
  );
}

/**
 * Our channel: a PowerShell for each group of hosts, all groups at one time.
 *
 * @param {Fleet} fleet
 * @param {readonly (readonly string[])[]} groups
 */
async function throughChannels({ env }, groups) {
  const { createPowerShell } = compiled("powershell");
  const { here } = compiled("channel");
  const start = process.hrtime.bigint();
  const shells = groups.map((hosts) => ({
    hosts,
    shell: createPowerShell({ ...here, env }),
  }));
  try {
    await Promise.all(
      shells.flatMap(({ hosts, shell }) =>
        hosts.map((host) => shell.connect(host, winrm).observe()),
      ),
    );
    return since(start);
  } finally {
    await Promise.all(shells.map(({ shell }) => shell.close()));
  }
}

/**
 * What somebody who knows PowerShell would write: one Invoke-Command over all hosts.
 *
 * @param {Fleet} fleet
 * @param {string} more What follows the command.
 */
async function byHand({ env, hosts }, more) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "credssp-bench-"));
  try {
    const write = (/** @type {string} */ name, /** @type {string} */ text) => {
      writeFileSync(path.join(folder, name), text);
    };
    write("host.ps1", compiled("scripts").hostScript());
    write("document.json", compiled("document").observeDocument());
    write("hosts.txt", hosts.join("\n"));
    write("run.ps1", `${handWritten}${more}`);
    const start = process.hrtime.bigint();
    const args = ["-NoProfile", "-NonInteractive"];
    if (process.platform === "win32") args.push("-ExecutionPolicy", "Bypass");
    const child = spawn(
      powershell(env),
      [...args, "-File", path.join(folder, "run.ps1")],
      { env, stdio: ["ignore", "pipe", "inherit"], windowsHide: true },
    );
    let printed = "";
    let taken = NaN;
    child.stdout.setEncoding("utf8").on("data", (text) => {
      printed += text;
      if (answersIn(printed) === hosts.length) taken = since(start);
    });
    await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (Number.isNaN(taken)) throw new Error(`not every host:\n${printed}`);
    return taken;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const handWritten = `
$ErrorActionPreference = 'Stop'
$script = [scriptblock]::Create((Get-Content -Raw -LiteralPath "$PSScriptRoot/host.ps1"))
$document = Get-Content -Raw -LiteralPath "$PSScriptRoot/document.json"
$all = Get-Content -LiteralPath "$PSScriptRoot/hosts.txt"
Invoke-Command -ComputerName $all -ScriptBlock $script -ArgumentList $document`;

/** @param {string} printed */
function answersIn(printed) {
  return printed.match(/^credssp:end:\{.*"outcome":"observed".*$/gm)?.length;
}

/**
 * The PowerShell that our channel takes too.
 *
 * @param {Fleet["env"]} env
 */
function powershell(env) {
  const found = compiled("executable").findPowerShell(env, process.platform);
  if ("path" in found) return found.path;
  throw new Error(found.lookedFor);
}

/**
 * A stack with a resource on each host, which a refresh looks at; parallel is as many as there are hosts.
 *
 * @param {Parameters<typeof pulumiEnvironment>[0]} found
 * @param {Fleet} fleet
 */
function makeStack(found, { env: base, hosts }) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "credssp-bench-"));
  cpSync(path.join(repository, "bench", "fanOut"), folder, { recursive: true });
  const modules = path.join(repository, "node_modules");
  symlinkSync(modules, path.join(folder, "node_modules"), "junction");
  const env = {
    ...pulumiEnvironment(found, {
      stateDir: path.join(folder, ".state"),
      passphrase: "credssp-bench",
      base,
    }),
    BENCH_HOSTS: hosts.join(","),
    PULUMI_SKIP_CHECKPOINTS: "true",
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };
  const pulumi = (/** @type {string[]} */ ...args) => {
    const ended = spawnSync(found.command, [...args, "--non-interactive"], {
      cwd: folder,
      env,
      encoding: "utf8",
      maxBuffer: Infinity,
    });
    if (ended.status === 0) return;
    const command = args.slice(0, 2).join(" ");
    throw new Error(
      `pulumi ${command} failed:\n${ended.stdout}${ended.stderr}`,
    );
  };
  const up = (/** @type {string[]} */ ...more) => {
    const parallel = ["--parallel", String(hosts.length)];
    pulumi("up", "--yes", "--skip-preview", ...parallel, ...more);
  };
  pulumi("stack", "init", "bench");
  up();
  return {
    look: async () => {
      const start = process.hrtime.bigint();
      up("--refresh", "--expect-no-changes");
      return since(start);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * A fleet of the stand-in that CREDSSP_TEST_WINDOWS names. Every PowerShell there, also the one that is a session on
 * a host, is started by a script that writes it down.
 *
 * @param {number} size
 * @returns {Fleet}
 */
function standIn(size) {
  const tools = process.env["CREDSSP_TEST_WINDOWS"];
  if (!tools || !existsSync(tools)) {
    throw new Error(
      "No hosts to look at. Try: --list with a file of host names, a name a line, or the folder of a stand-in for Windows in CREDSSP_TEST_WINDOWS.",
    );
  }
  const folder = mkdtempSync(path.join(os.tmpdir(), "credssp-bench-"));
  const fleet = path.join(folder, "fleet");
  const made = spawnSync(
    path.join(tools, "bin", "rig"),
    ["new", fleet, String(size)],
    { encoding: "utf8" },
  );
  if (made.status !== 0) throw new Error(made.stderr);
  const written = path.join(folder, "starts");
  const genuine =
    process.env["WINRIG_PWSH"] ?? path.join(tools, "..", "pwsh", "pwsh");
  const counting = path.join(folder, "pwsh");
  writeFileSync(
    counting,
    `#!/bin/sh\necho "$*" >>'${written}'\nexec '${genuine}' "$@"\n`,
    { mode: 0o755 },
  );
  return {
    hosts: readdirSync(fleet)
      .filter((file) => /^app\d+\..*\.json$/.test(file))
      .map((file) => path.basename(file, ".json")),
    env: {
      ...process.env,
      PATH: [path.join(tools, "bin"), process.env["PATH"]].join(path.delimiter),
      WINRIG_FLEET: fleet,
      WINRIG_HOST: "client01.do.local",
      WINRIG_PWSH: counting,
    },
    starts() {
      if (!existsSync(written)) return "0 PowerShells, 0 sessions";
      const lines = readFileSync(written, "utf8").trim().split("\n");
      rmSync(written);
      const sessions = lines.filter((line) => / -sshs( |$)/.test(line)).length;
      return `${lines.length - sessions} PowerShells, ${sessions} sessions`;
    },
    mayChange: true,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * The first hosts of a list. They are looked at only.
 *
 * @param {readonly string[]} list
 * @param {number} size
 * @returns {Fleet}
 */
function real(list, size) {
  return {
    hosts: list.slice(0, size),
    env: process.env,
    starts: () => "starts are counted on the stand-in only",
    mayChange: false,
    remove: () => undefined,
  };
}

/**
 * A compiled file of the PowerShell adapter.
 *
 * @param {string} name
 */
function compiled(name) {
  return require(
    path.join(repository, "providers", "bin", "host", "powershell", name),
  );
}

/** @param {bigint} start */
function since(start) {
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** @param {readonly number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[half]
    : (sorted[half - 1] + sorted[half]) / 2;
}
