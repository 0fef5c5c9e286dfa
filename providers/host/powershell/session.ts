import { boundedNoise } from "./lines";
import { isReadyLine, readAnswerLine, readLanguageLine } from "./protocol";
import { bootstrapLine } from "./scripts";
import { startShell, type Shell } from "./shell";

/** What is heard of one request. */
export interface Listener {
  /** Something of it is done. */
  part(document: unknown): void;
  /** Its answer. */
  end(document: unknown): void;
}

/** How a PowerShell that cannot be used says so: how it ended, or the language it is held to. */
export type Hindrance = string | { readonly mode: string };

/** One running PowerShell that knows our dispatcher, and who waits for what it says. */
export interface Session {
  /** Null when it can be used. */
  readonly ready: Promise<Hindrance | null>;
  /** Resolves, with a sentence about it, when PowerShell has ended and all that it printed was heard. */
  readonly ended: Promise<string>;
  isRunning(): boolean;
  /** Sends one line; resolves when PowerShell has worked it off, or has ended. */
  send(line: string): Promise<void>;
  /** From now on what is said of a request goes to its listener, until `forget`. */
  listen(id: string, listener: Listener): void;
  forget(id: string): void;
  /** The last of what was printed beside the answers, for the text of an error. */
  noise(): string;
  clearNoise(): void;
  /** Ends PowerShell, busy or not: by itself within half a second, or by force. */
  kill(): Promise<void>;
}

/** What `startSession` needs. */
export interface SessionOptions {
  readonly executable: string;
  readonly env: Record<string, string>;
  readonly platform: NodeJS.Platform;
  /** Calls back after so many milliseconds. */
  readonly timer: (ms: number, callback: () => void) => { cancel(): void };
}

/** Starts a PowerShell and makes it ready. Never throws: one that cannot start has `ended`. */
export function startSession(options: SessionOptions): Session {
  const noise = boundedNoise();
  const listeners = new Map<string, Listener>();
  let announce: (mode: string) => void = () => undefined;
  let isReady = false;
  const restricted = new Promise<Hindrance>((resolve) => {
    announce = (mode) => {
      if (mode !== "FullLanguage") resolve({ mode });
    };
  });
  const shell: Shell = startShell({
    ...options,
    onLine(stream, line) {
      if (stream === "stderr") return noise.add(line);
      const mode = readLanguageLine(line);
      if (mode !== null) return announce(mode);
      if (isReadyLine(line)) return void (isReady = true);
      const answer = readAnswerLine(line);
      if (answer === null) return noise.add(line);
      listeners.get(answer.id)?.[answer.kind](answer.document);
    },
  });
  // Only its own word shows that the line was worked off: node-powershell takes an end for success.
  const bootstrapped = shell
    .send(bootstrapLine())
    .then(() =>
      isReady
        ? null
        : whatEnded(shell, options, "PowerShell did not become ready"),
    );
  return {
    // A restricted session cannot even print what node-powershell waits for, so its own word counts first.
    ready: Promise.race([restricted, shell.ended, bootstrapped]),
    ended: shell.ended,
    isRunning: () => shell.isRunning(),
    send: (line) => shell.send(line),
    listen: (id, listener) => void listeners.set(id, listener),
    forget: (id) => void listeners.delete(id),
    noise: () => noise.text(),
    clearNoise: () => noise.clear(),
    kill: () => shell.kill(),
  };
}

/** PowerShell came back without the word that was due: a moment for it to end, then that is what is said. */
export function whatEnded(
  { ended }: Pick<Shell, "ended">,
  { timer }: Pick<SessionOptions, "timer">,
  otherwise = "PowerShell went on without an answer",
): Promise<string> {
  const silence = new Promise<string>((resolve) => {
    timer(1000, () => resolve(otherwise));
  });
  return Promise.race([ended, silence]);
}
