import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { PowerShell } from "node-powershell";
import { lineReader } from "./lines";

/** A running PowerShell that is fed line by line. */
export interface Shell {
  /** Sends one line; resolves when PowerShell has worked it off, or has ended. */
  send(line: string): Promise<void>;
  /** Resolves, with a sentence about it, when PowerShell has ended and everything it printed was handed over. */
  readonly ended: Promise<string>;
  /** Whether the process is there, as far as is known. */
  isRunning(): boolean;
  /** Ends PowerShell, busy or not: by itself within half a second, or by force. */
  kill(): Promise<void>;
}

/** What `startShell` needs. */
export interface ShellOptions {
  readonly executable: string;
  readonly env: Record<string, string>;
  readonly platform: NodeJS.Platform;
  readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
}

/**
 * node-powershell with the one thing replaced that its options cannot: it would
 * let the variable NODE_POWERSHELL name another program.
 */
class OwnPowerShell extends PowerShell {
  protected override setExecutable(options: { executable?: string }): string {
    return options.executable ?? "pwsh";
  }
}

/** What node-powershell keeps private and its traps make us reach for. */
interface Internals {
  readonly exitPromise: Promise<void>;
  readonly process: ChildProcess;
  readonly debuggers: Readonly<Record<string, { enabled: boolean }>>;
}

/** Starts PowerShell. Never throws: one that cannot start has `ended`. */
export function startShell(options: ShellOptions): Shell {
  let shell: OwnPowerShell;
  try {
    shell = new OwnPowerShell({
      executable: options.executable,
      executableOptions: {
        "-NoProfile": true,
        "-NonInteractive": true,
        // Only Windows has execution policies; elsewhere the switch is a warning.
        ...(options.platform === "win32" && { "-ExecutionPolicy": "Bypass" }),
      },
      spawnOptions: { env: options.env, windowsHide: true },
      throwOnInvocationError: false,
    });
  } catch (error) {
    return neverStarted(String(error));
  }
  const { exitPromise, process: child, debuggers } = internals(shell);
  // A missing program shows as a rejection that nobody waits for, which ends a Node process.
  exitPromise.catch(() => undefined);
  // node-powershell listens for the first error only; a second one would be thrown.
  shell.streams.stdin.on("error", () => undefined);
  child.on("error", () => undefined);
  // With DEBUG=* in the environment it would print every command to our standard output.
  for (const one of Object.values(debuggers)) one.enabled = false;

  const finished = (["stdout", "stderr"] as const).map((name) => {
    const reader = lineReader((line) => options.onLine(name, line));
    // A pipe of our own that stays: node-powershell's are cut after each command.
    shell.streams[name].pipe(reader);
    return once(reader, "finish");
  });
  const ended = whenEnded(child, options.executable).then(async (said) => {
    // What was printed last may come after the exit; a grandchild may hold the pipe open, so not for ever.
    await Promise.race([Promise.all(finished), pause(500)]);
    return said;
  });
  return {
    async send(line) {
      try {
        await shell.invoke(line);
      } catch {
        // It ended; `ended` says how.
      } finally {
        // It would keep every command and every answer for ever.
        shell.history.length = 0;
      }
    },
    ended,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    async kill() {
      // An idle one ends by itself without input, and its ssh with it; a killed one leaves that behind.
      shell.streams.stdin.end();
      await Promise.race([ended, pause(500)]);
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function internals(shell: PowerShell): Internals {
  return shell as unknown as Internals;
}

function whenEnded(child: ChildProcess, executable: string): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) =>
      resolve(
        signal
          ? `${executable} was ended by ${signal}`
          : `${executable} ended with exit code ${code}`,
      ),
    );
  });
}

function neverStarted(said: string): Shell {
  return {
    send: () => Promise.resolve(),
    ended: Promise.resolve(said),
    isRunning: () => false,
    kill: () => Promise.resolve(),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
