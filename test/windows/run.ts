import { existsSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bring, stubbornly } from "./bring";
import { openHands, type Hands, type Machine } from "./hands";
import { SavedFolder } from "./savedFolder";
import type { Snapshot } from "./snapshot";
import {
  findEdition,
  hold,
  suitesOn,
  type Counts,
  type Running,
} from "./suites";

/** An end that a person is told of in words: what could not be done, what was found, what to try. */
class Told extends Error {
  constructor(
    message: string,
    readonly code = 2,
  ) {
    super(message);
  }
}

interface Options {
  readonly restore: boolean;
  readonly domainJoined: boolean;
  readonly grep: string | undefined;
}

/** The machine, the PowerShell that our hands use, and the environment in which both are found. */
interface Place {
  readonly executable: string;
  readonly env: NodeJS.ProcessEnv;
}

/** What a signal does at this moment. */
interface Interruption {
  signal: NodeJS.Signals | undefined;
  running: Running | undefined;
}

/** `npm run test:windows`: gives the exit code. */
export async function run(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const interruption: Interruption = { signal: undefined, running: undefined };
  listen(interruption);
  try {
    const options = optionsOf(args);
    const place = placeOf(env);
    return await onMachine(place, options, interruption);
  } catch (error) {
    if (!(error instanceof Told)) throw error;
    console.error(error.message);
    return error.code;
  }
}

/** Signals break off the cases, never the putting back. */
function listen(interruption: Interruption): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"] as const) {
    // Only Windows has SIGBREAK.
    if (signal === "SIGBREAK" && process.platform !== "win32") continue;
    process.on(signal, () => {
      if (interruption.signal === undefined)
        console.error(`\n${signal}: the cases are broken off.`);
      else console.error(`${signal}: the machine is being put back first.`);
      interruption.signal ??= signal;
      interruption.running?.stop();
    });
  }
}

function optionsOf(args: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        restore: { type: "boolean", default: false },
        "domain-joined": { type: "boolean", default: false },
        grep: { type: "string" },
      },
    });
    return {
      restore: values.restore,
      domainJoined: values["domain-joined"],
      grep: values.grep,
    };
  } catch (error) {
    const { message } = error as Error;
    throw new Told(
      `${message}\nTry: npm run test:windows -- [--grep TEXT] [--domain-joined], or npm run test:windows -- --restore.`,
    );
  }
}

/** This Windows, or the host of a stand-in that the environment names. */
function placeOf(env: NodeJS.ProcessEnv): Place {
  const windows = process.platform === "win32";
  const around = windows ? env : standInOf(env);
  const program = windows ? "powershell" : "pwsh";
  const executable = findEdition(program, around);
  if (executable !== null) return { executable, env: around };
  throw new Told(
    `The tests on Windows cannot begin: there is no ${program} on PATH.\nTry: put it on PATH.`,
  );
}

function standInOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const folder = env["CREDSSP_TEST_WINDOWS"] ?? "";
  if (folder === "" || !existsSync(folder)) {
    throw new Told(
      `The tests on Windows cannot begin: this is ${process.platform}, and CREDSSP_TEST_WINDOWS names no stand-in for Windows.\n` +
        "Try: run this on a Windows whose settings may change for a while.",
    );
  }
  for (const name of ["WINRIG_FLEET", "WINRIG_HOST"]) {
    if (env[name]) continue;
    throw new Told(
      `The tests on the stand-in cannot begin: ${name} is not set.\nTry: set it to the fleet's folder and the host's name.`,
    );
  }
  const path = [join(resolve(folder), "bin"), env["PATH"]].join(delimiter);
  return { ...env, PATH: path };
}

async function onMachine(
  place: Place,
  options: Options,
  interruption: Interruption,
): Promise<number> {
  const machine = await withHands(place, (hands) => hands.machine());
  console.log(`> ${sentenceAbout(machine)}`);
  if (!machine.elevated) {
    throw new Told(
      "The tests on Windows cannot begin: this session is not elevated, and they change settings of the machine.\n" +
        "Try: run this from a PowerShell that was started as an administrator.",
    );
  }
  if (machine.wow64) {
    throw new Told(
      "The tests on Windows cannot begin: this is a 32-bit PowerShell on a 64-bit Windows, which sees another System32.\n" +
        "Try: a 64-bit Node.",
    );
  }
  const folder = new SavedFolder(join(machine.systemRoot, "credssp-test"));
  await restoreEarlier(place, folder);
  if (options.restore) return 0;
  if (machine.domain !== null && !options.domainJoined) {
    throw new Told(
      `The tests on Windows cannot begin: ${machine.computer} is in the domain ${machine.domain}, whose policy and whose users would notice.\n` +
        "Try: a machine outside any domain, or --domain-joined where nobody needs this one.",
    );
  }
  return testOn(place, machine, folder, options, interruption);
}

function sentenceAbout(machine: Machine): string {
  const { computer, version, edition, domain, powershell } = machine;
  const where = domain === null ? "in no domain" : `in the domain ${domain}`;
  return `${computer}: Windows ${version} (${edition}), ${where}, seen through PowerShell ${powershell}`;
}

/** Puts back what a run that was killed has left. */
async function restoreEarlier(
  place: Place,
  folder: SavedFolder,
): Promise<void> {
  const pid = folder.worker();
  if (pid !== null) {
    throw new Told(
      `The tests on Windows cannot begin: process ${pid} is at them, says ${folder.path}.\n` +
        `Try: wait for it. If that process is another program, delete ${join(folder.path, "process")} and run this again.`,
    );
  }
  const saved = folder.read();
  if (saved === null) {
    console.log("> Nothing is left from an earlier run");
    folder.remove();
    return;
  }
  console.log(
    `> An earlier run did not end: putting the machine back as ${folder.path} has it`,
  );
  folder.enter();
  await restore(place, folder, saved);
}

async function testOn(
  place: Place,
  machine: Machine,
  folder: SavedFolder,
  { grep }: Options,
  interruption: Interruption,
): Promise<number> {
  folder.enter();
  const hands = openHands(place.executable, place.env);
  try {
    const suites = await suitesOn({ hands, machine, env: place.env });
    for (const { title, lack } of suites)
      console.log(`> ${title}: ${lack === null ? "yes" : `skipped, ${lack}`}`);
    const saved = await hands.snapshot();
    folder.save(saved);
    console.log(`> Saved what the tests touch in ${folder.path}`);
    try {
      const site = { hands, machine, saved, env: place.env };
      return await casesOf(() => hold(suites, site, grep), interruption);
    } finally {
      hands.close();
      console.log("> Putting the machine back");
      await restore(place, folder, saved);
    }
  } finally {
    hands.close();
    if (folder.read() === null) folder.remove();
  }
}

/** Lets the cases run, or not if a signal came before them. */
async function casesOf(
  start: () => Running,
  interruption: Interruption,
): Promise<number> {
  const counts = interruption.signal === undefined ? await heldBy() : null;
  const signal = signalOf(interruption);
  if (signal !== undefined) return signal === "SIGINT" ? 130 : 143;
  if (counts?.tests === 0) console.error("No case has that text in its title.");
  return counts === null || counts.tests === 0 || counts.failures > 0 ? 1 : 0;

  async function heldBy(): Promise<Counts> {
    interruption.running = start();
    try {
      return await interruption.running.ended;
    } finally {
      interruption.running = undefined;
    }
  }
}

/** The signal that came, whenever it came. */
function signalOf({ signal }: Interruption): NodeJS.Signals | undefined {
  return signal;
}

/** Puts a state back, with hands of its own, and forgets it when it has been read back. */
async function restore(
  place: Place,
  folder: SavedFolder,
  saved: Snapshot,
): Promise<void> {
  try {
    await withHands(place, (hands) =>
      bring(
        hands,
        saved,
        () => true,
        stubbornly(hands, (line) => console.error(`> Not put back: ${line}`)),
      ),
    );
  } catch (error) {
    throw new Told(
      `The machine could not be put back: ${(error as Error).message}\n` +
        `What was saved is still in ${folder.path}. Try: npm run test:windows -- --restore.`,
      1,
    );
  }
  folder.remove();
  console.log("> The machine is as it was, read back");
}

async function withHands<T>(
  { executable, env }: Place,
  work: (hands: Hands) => Promise<T>,
): Promise<T> {
  const hands = openHands(executable, env);
  try {
    return await work(hands);
  } finally {
    hands.close();
  }
}
