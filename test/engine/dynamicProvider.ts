import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startFakeEngine, type EngineMessage } from "./fakeEngine";
import { connectProvider, type ProviderClient } from "./providerClient";

/** The root of the repository: the project's folder, where Pulumi starts its processes. */
export const repository = join(__dirname, "../..");

/** Pulumi's own program that runs dynamic providers. */
export const program = require.resolve("@pulumi/pulumi/cmd/dynamic-provider");

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running process of Pulumi's own that hosts dynamic providers. */
export interface DynamicProvider extends Omit<ProviderClient, "close"> {
  readonly pid: number;
  /** What the process told the engine. */
  readonly messages: readonly EngineMessage[];
  /** What the process printed as errors so far. */
  readonly errorText: () => string;
  /** Sends a signal to the process, and only to it. */
  signal(name: NodeJS.Signals): void;
  /** Ends the process's standard input, as the death of Pulumi does. */
  endInput(): void;
  readonly ended: Promise<Ending>;
  /** Ends the process, whatever state it is in. */
  stop(): Promise<void>;
}

/** What a process can be started with. */
export interface StartOptions {
  /** @default the repository's root */
  readonly cwd?: string;
  /** Where the engine is said to listen. @default where one does */
  readonly engine?: string;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the process as Pulumi's engine does: the engine's address last, the port as its first line. */
export async function startDynamicProvider(
  options: StartOptions = {},
): Promise<DynamicProvider> {
  const { cwd = repository, env = {} } = options;
  const engine = await startFakeEngine();
  const address = options.engine ?? engine.address;
  const child = spawn(process.execPath, [program, address], {
    cwd,
    env: { ...process.env, ...env },
    stdio: "pipe",
  });
  const ended = endingOf(child);
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  // Its end may come before the end of what is written to it.
  child.stdin.on("error", () => undefined);
  const port = await firstLine(child, () => errors);
  const { close, ...client } = connectProvider(Number(port));
  return {
    ...client,
    pid: child.pid ?? 0,
    messages: engine.messages,
    errorText: () => errors,
    signal: (name) => void child.kill(name),
    endInput: () => void child.stdin.end(),
    ended,
    async stop() {
      close();
      child.kill("SIGKILL");
      await ended;
      engine.close();
    },
  };
}

/** The first line that a process prints. */
export async function firstLine(
  child: Pick<ChildProcess, "stdout">,
  errors: () => string = () => "",
): Promise<string> {
  assert.ok(child.stdout);
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([
    once(lines, "line"),
    once(lines, "close"),
  ])) as [string?];
  return line ?? assert.fail(`it ended without a line: ${errors()}`);
}

async function endingOf(child: ChildProcess): Promise<Ending> {
  const [code, signal] = (await once(child, "exit")) as [
    number | null,
    NodeJS.Signals | null,
  ];
  return { code, signal };
}
