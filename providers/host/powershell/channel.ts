import { childEnvironment, type Environment } from "./environment";
import { findPowerShell } from "./executable";
import { boundedNoise } from "./lines";
import {
  newRequestId,
  readAnswerLine,
  readLanguageLine,
  requestLine,
  type Envelope,
} from "./protocol";
import { bootstrapLine } from "./scripts";
import { startShell, type Shell } from "./shell";

/**
 * How a request ended. Only `answer` is an answer; `parts` is what the host said
 * was done before, and `noise` the last of what PowerShell printed beside.
 */
export type Reply =
  | {
      readonly kind: "answer";
      readonly document: unknown;
      readonly parts: readonly unknown[];
    }
  | { readonly kind: "noPowerShell"; readonly lookedFor: string }
  | { readonly kind: "language"; readonly mode: string }
  | {
      /** The deadline passed; the shell was killed. */
      readonly kind: "timeout";
      readonly seconds: number;
      readonly parts: readonly unknown[];
      readonly noise: string;
    }
  | {
      /** PowerShell ended, or went on without an answer. */
      readonly kind: "lost";
      /** Whether the request had been sent: then it may have been at work. */
      readonly sent: boolean;
      readonly said: string;
      readonly parts: readonly unknown[];
      readonly noise: string;
    };

/** The line to one PowerShell on this machine, which is started when it is first needed. */
export interface Channel {
  /** Asks, one request after the other. Rejects only when our own scripts cannot be read. */
  ask(envelope: Envelope): Promise<Reply>;
  /** How long a request may take, as the environment has it now. */
  deadlineSeconds(): number;
  /** Ends PowerShell, also a busy one; what is under way or asked later is `lost`. */
  close(): Promise<void>;
}

/** Where a channel lives; tests give it another machine. */
export interface Surroundings {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** Calls back after so many milliseconds, unless cancelled. */
  readonly timer: (ms: number, callback: () => void) => { cancel(): void };
}

/** This machine. */
export const here: Surroundings = {
  env: process.env,
  platform: process.platform,
  timer(ms, callback) {
    const timeout = setTimeout(callback, ms);
    return { cancel: () => clearTimeout(timeout) };
  },
};

const defaultDeadlineSeconds = 180;
/** node-powershell keeps something of every command as long as its process lives. */
const requestsPerShell = 1000;

/** The request being served. */
interface Pending {
  readonly id: string;
  sent: boolean;
  readonly parts: unknown[];
  answer?: { readonly document: unknown };
}

/** A PowerShell with what is known of it. */
interface Session {
  readonly shell: Shell;
  /** Resolves with the language mode if that is not the full one; else never. */
  readonly restricted: Promise<{ readonly mode: string }>;
  readonly announce: (mode: string) => void;
  /** Resolves when the dispatcher is there, or with what happened in its place. */
  readonly ready: Promise<string | null>;
  served: number;
}

/** Opens a channel. Starts nothing: the first request does. */
export function openChannel(surroundings: Surroundings = here): Channel {
  const { env, platform, timer } = surroundings;
  const noise = boundedNoise();
  let session: Session | null = null;
  let pending: Pending | null = null;
  let closed = false;
  let tail: Promise<unknown> = Promise.resolve();

  function onLine(stream: "stdout" | "stderr", line: string): void {
    if (stream === "stderr") return noise.add(line);
    const mode = readLanguageLine(line);
    if (mode !== null) return session?.announce(mode);
    const answer = readAnswerLine(line);
    if (answer === null) return noise.add(line);
    if (answer.id !== pending?.id) return;
    if (answer.kind === "part") pending.parts.push(answer.document);
    else pending.answer ??= { document: answer.document };
  }

  /** Starts a PowerShell and makes it ready. */
  function start(executable: string): Session {
    const shell = startShell({
      executable,
      env: childEnvironment(env, executable),
      platform,
      onLine,
    });
    let announce: Session["announce"] = () => undefined;
    let announced = false;
    const restricted = new Promise<{ mode: string }>((resolve) => {
      announce = (mode) => {
        announced = true;
        if (mode !== "FullLanguage") resolve({ mode });
      };
    });
    // Only its own word shows that the line was worked off: node-powershell takes an end for success.
    const ready = shell
      .send(bootstrapLine())
      .then(() => (announced ? null : whatEnded(shell)));
    const fresh: Session = { shell, restricted, announce, ready, served: 0 };
    void shell.ended.then(() => {
      if (session === fresh) session = null;
    });
    return fresh;
  }

  async function serve(envelope: Envelope): Promise<Reply> {
    const request: Pending = { id: newRequestId(), sent: false, parts: [] };
    if (closed) return lost("the connection was closed", request);
    const found = findPowerShell(env, platform);
    if ("lookedFor" in found) return { kind: "noPowerShell", ...found };
    const seconds = deadlineSeconds();
    noise.clear();
    pending = request;
    try {
      const outcome = await withDeadline(
        seconds,
        exchange(found.path, request, envelope),
      );
      if (request.answer) {
        return { kind: "answer", ...request.answer, parts: request.parts };
      }
      if (outcome === "timeout") {
        const { parts } = request;
        return { kind: "timeout", seconds, parts, noise: noise.text() };
      }
      return typeof outcome === "string"
        ? lost(outcome, request)
        : { kind: "language", mode: outcome.mode };
    } finally {
      pending = null;
      if (!request.answer || (session?.served ?? 0) >= requestsPerShell) {
        await discard();
      }
    }
  }

  /** Sends the request and waits until PowerShell is through with it or has ended. Says what happened. */
  async function exchange(
    executable: string,
    request: Pending,
    envelope: Envelope,
  ): Promise<string | { mode: string }> {
    if (session?.shell.isRunning() === false) session = null;
    const used = (session ??= start(executable));
    const { shell, restricted } = used;
    used.served += 1;
    // A restricted session cannot even print what node-powershell waits for, so its own word counts first.
    const hindered = await Promise.race([restricted, shell.ended, used.ready]);
    if (hindered !== null) return hindered;
    request.sent = true;
    const through = shell
      .send(requestLine(request.id, envelope))
      .then(() => null);
    // `ended` comes after everything printed was read: an answer given with the last breath counts.
    const said = await Promise.race([shell.ended, through]);
    if (said !== null || request.answer) return said ?? "";
    return whatEnded(shell);
  }

  /** PowerShell came back without the word that was due: a moment for it to end, then that is what is said. */
  function whatEnded(shell: Shell): Promise<string> {
    const silence = new Promise<string>((resolve) => {
      timer(1000, () => resolve("PowerShell went on without an answer"));
    });
    return Promise.race([shell.ended, silence]);
  }

  function withDeadline<T>(
    seconds: number,
    work: Promise<T>,
  ): Promise<T | "timeout"> {
    return new Promise((resolve, reject) => {
      const deadline = timer(seconds * 1000, () => resolve("timeout"));
      work.finally(() => deadline.cancel()).then(resolve, reject);
    });
  }

  function lost(said: string, { sent, parts }: Pending): Reply {
    return { kind: "lost", said, sent, parts, noise: noise.text() };
  }

  /** Nothing that failed to answer is used again: it may still be at work. */
  async function discard(): Promise<void> {
    const old = session;
    session = null;
    await old?.shell.kill();
  }

  function deadlineSeconds(): number {
    const given = Number(env["CREDSSP_DEADLINE_SECONDS"]);
    return given > 0 ? given : defaultDeadlineSeconds;
  }

  return {
    deadlineSeconds,
    ask(envelope) {
      const reply = tail.then(() => serve(envelope));
      tail = reply.catch(() => undefined);
      return reply;
    },
    async close() {
      closed = true;
      await discard();
      await tail;
    },
  };
}
