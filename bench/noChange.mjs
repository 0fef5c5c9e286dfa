// What our resources add to a `pulumi up` that has nothing to do: three resources on each of many
// simulated hosts, against as many dynamic resources that do nothing.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { pulumiEnvironment } from "../scripts/pulumiCommand.mjs";

const repository = fileURLToPath(new URL("..", import.meta.url));

/**
 * @param {{ command: string, folder: string, root: string | undefined, version: string, how: string }} found
 * @param {{ pairs: number, hosts: number, log: (line: string) => void }} options
 */
export function noChange(found, { pairs, hosts, log }) {
  const ours = makeProject(found, "credssp", hosts);
  const nothing = makeProject(found, "nothing", hosts);
  try {
    log(`Making two stacks of ${3 * hosts} resources`);
    ours.credssp("fleet", "new", ...hostNames(hosts));
    for (const { pulumi } of [ours, nothing]) {
      pulumi("stack", "init", "bench");
      pulumi("up", "--yes", "--skip-preview", "--suppress-outputs");
    }
    const measure = (/** @type {typeof ours} */ { pulumi }) => {
      const start = process.hrtime.bigint();
      pulumi(
        "up",
        "--yes",
        "--skip-preview",
        "--suppress-outputs",
        "--expect-no-changes",
      );
      return Number(process.hrtime.bigint() - start) / 1e9;
    };
    log("Warming up");
    measure(ours);
    measure(nothing);
    const measured = Array.from({ length: pairs }, (_, i) => {
      const pair = { ours: measure(ours), nothing: measure(nothing) };
      log(
        `pair ${i + 1}: ours ${seconds(pair.ours)}, nothing ${seconds(pair.nothing)}, ratio ${ratio(pair).toFixed(3)}`,
      );
      return pair;
    });
    const of = (/** @type {(pair: typeof measured[0]) => number} */ value) =>
      median(measured.map(value));
    log(
      `No-change up of ${3 * hosts} resources, medians of ${pairs}: ours ${seconds(of((pair) => pair.ours))}, ` +
        `nothing ${seconds(of((pair) => pair.nothing))}, ratio pair by pair ${of(ratio).toFixed(3)} (goal: at most 1.05)`,
    );
  } finally {
    ours.remove();
    nothing.remove();
  }
}

/**
 * A project in a folder of its own, with its own Pulumi state.
 *
 * @param {Parameters<typeof noChange>[0]} found
 * @param {string} name
 * @param {number} hosts
 */
function makeProject(found, name, hosts) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "credssp-bench-"));
  cpSync(path.join(repository, "bench", "noChange", name), folder, {
    recursive: true,
  });
  symlinkSync(
    path.join(repository, "node_modules"),
    path.join(folder, "node_modules"),
    "junction",
  );
  const env = {
    ...pulumiEnvironment(found, {
      stateDir: path.join(folder, ".state"),
      passphrase: "credssp-bench",
    }),
    BENCH_HOSTS: String(hosts),
    // Neither the file backend's rewriting of the whole state at every step nor
    // the type check of the program is what is compared.
    PULUMI_SKIP_CHECKPOINTS: "true",
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };
  const run = (/** @type {string} */ command, /** @type {string[]} */ args) => {
    const ended = spawnSync(command, args, {
      cwd: folder,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: Infinity,
    });
    if (ended.status !== 0) {
      throw new Error(
        `${path.basename(command)} ${args.slice(0, 2).join(" ")} failed:\n${ended.stdout}${ended.stderr}`,
      );
    }
  };
  return {
    /** @param {string[]} args */
    pulumi: (...args) => run(found.command, [...args, "--non-interactive"]),
    /** @param {string[]} args */
    credssp: (...args) =>
      run(process.execPath, [
        path.join(repository, "providers", "pulumi-credssp.cjs"),
        ...args,
        "--fleet",
        path.join(folder, "fleet"),
      ]),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** @param {number} hosts */
function hostNames(hosts) {
  return Array.from({ length: hosts }, (_, i) => `host${i}.do.local`);
}

/** @param {{ ours: number, nothing: number }} pair */
function ratio(pair) {
  return pair.ours / pair.nothing;
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[half]
    : (sorted[half - 1] + sorted[half]) / 2;
}

/** @param {number} value */
function seconds(value) {
  return `${value.toFixed(2)} s`;
}
