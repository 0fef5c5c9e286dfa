import { problem, shown, type Problem } from "../../model/errors";
import { childEnvironment, type Environment } from "./environment";
import { findPowerShell, type Missing } from "./executable";
import {
  newRequestId,
  requestLine,
  turnsOf,
  type Asked,
  type Envelope,
} from "./protocol";
import { startSession, whatEnded, type Session } from "./session";

/**
 * How a request ended. Only `answer` is an answer; `parts` is what the host said
 * was done before, and `noise` the last of what PowerShell printed beside.
 */
export type Reply =
  | {
      readonly kind: "answer";
      readonly document: unknown;
      readonly parts: readonly unknown[];
      readonly noise: string;
    }
  | ({ readonly kind: "noPowerShell" } & Missing)
  | { readonly kind: "language"; readonly mode: string }
  | {
      /** This machine took too long: PowerShell is ended. */
      readonly kind: "timeout";
      readonly seconds: number;
      readonly parts: readonly unknown[];
      readonly noise: string;
    }
  | {
      /** PowerShell ended, or did not get ready, or went on without an answer. */
      readonly kind: "lost";
      /** Whether the request had been sent: then it may have been at work. */
      readonly sent: boolean;
      readonly said: string;
      readonly parts: readonly unknown[];
      readonly noise: string;
    };

/** The line to one PowerShell on this machine, which is started when it is first needed. */
export interface Channel {
  /** Rejects only when our own scripts cannot be read. */
  ask(envelope: Envelope): Promise<Reply>;
  /** Ends PowerShell once what is under way is answered. */
  retire(): void;
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

/** What a channel is for. */
export interface ChannelOptions {
  /** Hosts elsewhere are served side by side; this machine does one thing after the other. */
  readonly serves: "this machine" | "hosts elsewhere";
  /** Variables of the child that no other child has: the credential it acts with. */
  readonly secret?: Readonly<Record<string, string>>;
}

const deadlineVariable = "CREDSSP_DEADLINE_SECONDS";
const defaultDeadlineSeconds = 180;
/** As much as a connection may declare. */
const longestSeconds = 3600;
/** node-powershell keeps something of every command as long as its process lives. */
const requestsPerShell = 1000;
/** Requests of this time go together: what falls together in a program arrives within a few milliseconds. */
const gatheringMs = 10;
/** PowerShell keeps the deadlines of hosts elsewhere itself: how much later it is given up. */
const graceSeconds = 10;

/** How long a request may take, in seconds, as the environment has it now. What means nothing is the default here, and refused before. */
export function deadlineSeconds(env: Environment): number {
  const given = Number(env[deadlineVariable]);
  return given > 0 && given <= longestSeconds ? given : defaultDeadlineSeconds;
}

/** What is wrong with the variable that says how long a request may take, if anything; an empty one is unset. */
export function deadlineProblem(env: Environment): Problem | null {
  const given = env[deadlineVariable]?.trim() ?? "";
  return given === "" ||
    deadlineSeconds({ [deadlineVariable]: given }) === Number(given)
    ? null
    : problem("CREDSSP229", { found: shown(given), longest: longestSeconds });
}

/** A request until it is answered. */
interface Pending extends Asked {
  readonly parts: unknown[];
  isSent: boolean;
  /** What became of it; only the first counts. */
  readonly settle: (reply: Reply) => void;
  readonly settled: Promise<Reply>;
  /** Tells who asked, once PowerShell is as it has to be for the next. */
  readonly tell: (reply: Reply | Promise<Reply>) => void;
  readonly fail: (error: unknown) => void;
}

/** A PowerShell and the requests it has taken. */
interface Used {
  readonly session: Session;
  readonly pending: Set<Pending>;
  served: number;
}

/** Opens a channel. Starts nothing: the first request does. */
export function openChannel(
  { env, platform, timer }: Surroundings,
  { serves, secret = {} }: ChannelOptions,
): Channel {
  const isHere = serves === "this machine";
  const waiting: Pending[] = [];
  const running = new Set<Used>();
  let current: Used | null = null;
  let isWorking = false;
  let isRetired = false;
  let working = Promise.resolve();
  let isClosed = false;

  function start(executable: string): Used {
    const used: Used = {
      session: startSession({
        executable,
        env: { ...childEnvironment(env, executable), ...secret },
        platform,
        timer,
      }),
      pending: new Set(),
      served: 0,
    };
    running.add(used);
    void used.session.ended.then((said) => {
      running.delete(used);
      if (current === used) current = null;
      // An answer given with the last breath has been heard by now.
      for (const one of used.pending) one.settle(lost(said, one, used));
    });
    return used;
  }

  /** Nothing new goes to it; it ends when the last of its requests is answered. */
  async function retire(used: Used): Promise<void> {
    if (current === used) current = null;
    if (used.pending.size === 0) await used.session.kill();
  }

  /** Whether it has answered all that it will be asked. */
  const isDone = (used: Used): boolean =>
    used.pending.size === 0 &&
    (current !== used || (isRetired && waiting.length === 0));

  /** Takes requests on, and is through with them when the next may come. */
  async function serve(batch: readonly Pending[]): Promise<void> {
    const found = findPowerShell(env, platform);
    if ("lookedFor" in found) {
      const reply: Reply = { kind: "noPowerShell", ...found };
      for (const one of batch) one.tell(reply);
      return;
    }
    if (current?.session.isRunning() === false) current = null;
    const used = (current ??= start(found.path));
    if (used.pending.size === 0) used.session.clearNoise();
    used.served += batch.length;
    const sending = send(batch, used);
    const turns = turnsOf(batch);
    const told = batch.map((one) => {
      const limit = limitFor(one, turns.get(one.id) ?? 1);
      const reply = attend(one, used, limit).then(async (said) => {
        // Here an answer may be the last word of a PowerShell that is ending.
        if (isHere) await sending;
        return said;
      });
      one.tell(reply);
      return reply;
    });
    const through = Promise.all(told);
    await (isHere ? through : Promise.race([sending, through]));
    if (used.served >= requestsPerShell) await retire(used);
  }

  /** Hears what is said of a request until it is answered or given up; PowerShell goes with what it did not answer. */
  async function attend(
    one: Pending,
    used: Used,
    seconds: number,
  ): Promise<Reply> {
    const { session, pending } = used;
    pending.add(one);
    session.listen(one.id, {
      part: (document) => void one.parts.push(document),
      end(document) {
        const noise = session.noise();
        one.settle({ kind: "answer", document, parts: one.parts, noise });
      },
    });
    const deadline = timer(seconds * 1000, () => {
      const { parts, isSent } = one;
      const noise = session.noise();
      const late = `within ${seconds} seconds`;
      if (!isSent)
        one.settle(lost(`PowerShell was not ready ${late}`, one, used));
      // It keeps the hosts' deadlines itself, so without a word of it the host may be well.
      else if (!isHere)
        one.settle(lost(`PowerShell gave no answer ${late}`, one, used));
      else one.settle({ kind: "timeout", seconds, parts, noise });
    });
    const reply = await one.settled;
    deadline.cancel();
    session.forget(one.id);
    pending.delete(one);
    if (reply.kind !== "answer" || isDone(used)) await retire(used);
    return reply;
  }

  /** Sends what is to be done, once PowerShell is ready for it. */
  async function send(batch: readonly Pending[], used: Used): Promise<void> {
    const { session } = used;
    const hindered = await session.ready;
    for (const one of batch) {
      if (typeof hindered === "string") one.settle(lost(hindered, one, used));
      else if (hindered) one.settle({ kind: "language", ...hindered });
      one.isSent = true;
    }
    // Who was told in the meantime that it came to nothing must not be served after that.
    const asked = batch.filter((one) => used.pending.has(one));
    if (hindered !== null || asked.length === 0) return;
    await session.send(requestLine(asked));
    // Elsewhere the work goes on, and answers as it ends.
    if (!isHere) return;
    const said = await Promise.race([
      Promise.all(batch.map(({ settled }) => settled)),
      whatEnded(session, { timer }),
    ]);
    if (typeof said !== "string") return;
    for (const one of batch) one.settle(lost(said, one, used));
  }

  /** How long a request may take before it is given up here, in seconds. */
  function limitFor({ envelope: { remote } }: Pending, turn: number): number {
    return remote === null
      ? deadlineSeconds(env)
      : (remote.openSeconds + remote.seconds) * turn + graceSeconds;
  }

  function lost(said: string, one: Pending, used?: Used): Reply {
    const { isSent: sent, parts } = one;
    return {
      kind: "lost",
      said,
      sent,
      parts,
      noise: used?.session.noise() ?? "",
    };
  }

  /** Serves whoever is waiting, until nobody is. */
  async function work(): Promise<void> {
    while (waiting.length > 0) {
      if (!isHere) await new Promise<void>((go) => timer(gatheringMs, go));
      const batch = waiting.splice(0, isHere ? 1 : waiting.length);
      try {
        if (!isClosed) await serve(batch);
        else batch.forEach((one) => one.tell(refused(one)));
      } catch (error) {
        for (const one of batch) one.fail(error);
      }
    }
    isWorking = false;
  }

  const refused = (one: Pending): Reply =>
    lost("the connection was closed", one);

  return {
    ask(envelope) {
      return new Promise((tell, fail) => {
        let settle: Pending["settle"] = () => undefined;
        const settled = new Promise<Reply>((resolve) => (settle = resolve));
        const asked = {
          id: newRequestId(),
          envelope,
          parts: [],
          isSent: false,
        };
        waiting.push({ ...asked, settle, settled, tell, fail });
        if (isWorking) return;
        isWorking = true;
        working = work();
      });
    },
    retire() {
      isRetired = true;
      if (current && isDone(current)) void retire(current);
    },
    async close() {
      isClosed = true;
      await Promise.all([...running].map(({ session }) => session.kill()));
      await working;
    },
  };
}
