import {
  asCredsspError,
  CredsspError,
  problem,
  type Problem,
} from "../../model/errors";
import { fingerprintParts, type HostFacts } from "../../model/facts";
import type { Batch, Step } from "../../model/steps";
import type { Address, Applied, Host } from "../host";
import { readReply, type Answer, type Origin } from "./answer";
import {
  deadlineProblem,
  deadlineSeconds,
  type Channel,
  type Surroundings,
} from "./channel";
import { applyDocument, observeDocument } from "./document";
import type { LocalFiles, Observed } from "./observation";
import type { Remote, Setting } from "./protocol";

/** An address that PowerShell reaches. */
export type PowerShellAddress = Exclude<Address, { transport: "simulated" }>;

/** How long a session may take to open unless declared; Windows' own default is three minutes. */
const defaultOpenSeconds = 30;
/** Enable-WSManCredSSP alone may take a minute, so who waits for the lock waits as long. */
const longestLockSeconds = 60;
/** How many observed local policies are kept: what a plan was made on is nearly always the last. */
const keptFiles = 4;

const looking = "Looking at CredSSP";
const changing = "Changing CredSSP";

/**
 * A host reached through PowerShell. Opens nothing: the first call does.
 * @param others the names of other hosts that the same PowerShell may be asked for.
 */
export function powershellHost(
  host: string,
  address: PowerShellAddress,
  channelNow: () => Channel | Problem,
  { env, platform }: Pick<Surroundings, "env" | "platform">,
  others: () => readonly string[],
): Host {
  /** The files behind a fingerprint, because facts do not hold them. */
  const files = new Map<string, LocalFiles>();

  function remember({ facts, files: seen }: Observed): HostFacts {
    files.delete(facts.fingerprint.local);
    files.set(facts.fingerprint.local, seen);
    for (const oldest of files.keys()) {
      if (files.size <= keptFiles) break;
      files.delete(oldest);
    }
    return facts;
  }

  function origin(): Origin {
    const lockSeconds = Math.ceil(
      Math.min(longestLockSeconds, secondsFor(address, env) / 3),
    );
    const { transport } = address;
    const remote = remoteOf(host, address, env);
    return {
      host,
      transport,
      platform,
      lockSeconds,
      others: others(),
      hasCredential: transport === "winrm" && address.credential !== undefined,
      ...(remote && { remote }),
    };
  }

  async function ask(document: string): Promise<Answer> {
    const wrong = deadlineProblem(env);
    const channel = wrong ?? channelNow();
    if ("code" in channel) {
      return { outcome: "none", problem: channel, died: false };
    }
    const remote = remoteOf(host, address, env);
    const reply = await channel.ask({ document, remote });
    return readReply(reply, origin());
  }

  /** "local" reaches this machine whatever the declared host is: another one is a mistake. */
  function refuseOther(computer: string): void {
    if (address.transport !== "local" || isNameOf(host, computer)) return;
    const p = problem("CREDSSP216", { computer, host });
    throw new CredsspError(looking, host, p);
  }

  async function observe(attempt: string): Promise<HostFacts> {
    const answer = await ask(observeDocument());
    if (answer.outcome !== "none") {
      refuseOther(answer.observed.facts.computer.name);
      return remember(answer.observed);
    }
    throw new CredsspError(attempt, host, answer.problem);
  }

  /** What carries a batch out; a text that would not arrive as it is is refused here. */
  function documentOf(
    batch: Batch,
    { fingerprint }: HostFacts,
    base: LocalFiles,
  ): string {
    try {
      return applyDocument(batch, fingerprint, base, origin().lockSeconds);
    } catch (error) {
      throw asCredsspError(error, changing, host);
    }
  }

  /** Whether WinRM's own service did what a session on the host may not. */
  async function setFromOutside(setting: Setting): Promise<boolean> {
    const channel = channelNow();
    const remote = remoteOf(host, address, env);
    if ("code" in channel || remote?.by !== "ComputerName") return false;
    const reply = await channel.ask({ document: "", remote, setting });
    return (
      reply.kind === "answer" &&
      (reply.document as { outcome?: unknown } | null)?.outcome === "set"
    );
  }

  async function apply(batch: Batch, planned: HostFacts): Promise<Applied> {
    if (!files.has(planned.fingerprint.local)) {
      // Somebody else's observation: local policy can only be changed from the bytes behind it.
      const facts = await observe(changing);
      const moved = movedParts(planned, facts);
      if (moved.length > 0) return { outcome: "stale", moved, facts };
    }
    const base = files.get(planned.fingerprint.local);
    if (!base) {
      throw new CredsspError(
        changing,
        host,
        problem("CREDSSP903", {
          said: "the observed files are missing",
          found: "a fingerprint without them",
        }),
      );
    }
    const answer = await ask(documentOf(batch, planned, base));
    switch (answer.outcome) {
      case "done":
      case "observed":
        return { outcome: "done", facts: remember(answer.observed) };
      case "stale": {
        const { moved } = answer;
        return { outcome: "stale", moved, facts: remember(answer.observed) };
      }
      case "failed": {
        const { failure } = answer;
        const facts = remember(answer.observed);
        const at = batch.findIndex(({ kind }) => kind === failure.step);
        const setting =
          failure.faultCode === accessDenied ? settingOf(batch[at]) : null;
        if (!setting || !(await setFromOutside(setting))) {
          return { outcome: "failed", failure, facts };
        }
        // The rest was planned on facts that are old by now: it is planned anew.
        return { outcome: "done", facts: await observe(changing) };
      }
      case "none":
        if (answer.died) {
          return { outcome: "died", message: said(answer.problem) };
        }
        throw new CredsspError(changing, host, answer.problem);
    }
  }

  return { observe: () => observe(looking), apply };
}

/** Windows' code for what may not be done. */
const accessDenied = 5;

/** What a step sets of WinRM, if that is all it does. */
function settingOf(step: Step | undefined): Setting | null {
  switch (step?.kind) {
    case "enableServer":
      return { role: "service", on: true };
    case "disableServer":
      return { role: "service", on: false };
    case "setClientAuth":
      return { role: "client", on: step.on };
    default:
      return null;
  }
}

/** Whether a declared host is the computer with this NetBIOS name, which has 15 characters at most. */
function isNameOf(host: string, computer: string): boolean {
  const label = host.split(".")[0] ?? host;
  return (
    ["localhost", "127.0.0.1", "::1"].includes(host.toLowerCase()) ||
    label.slice(0, 15).toUpperCase() === computer.toUpperCase()
  );
}

function said(p: Problem): string {
  return `${p.why} (${p.found})`;
}

function movedParts(planned: HostFacts, facts: HostFacts) {
  return fingerprintParts.filter(
    (part) => planned.fingerprint[part] !== facts.fingerprint[part],
  );
}

/** How long a request may take on a host, in seconds. */
function secondsFor(
  address: PowerShellAddress,
  env: Surroundings["env"],
): number {
  const declared =
    address.transport === "local" ? undefined : address.operationTimeoutSeconds;
  return declared ?? deadlineSeconds(env);
}

/** ssh's options: those declared, and ours. Names compare without case. */
function sshOptions(
  declared: Readonly<Record<string, string>> = {},
  openSeconds: number,
): Readonly<Record<string, string>> {
  const is = (name: string, ours: string): boolean =>
    name.toLowerCase() === ours.toLowerCase();
  const names = Object.keys(declared);
  const theirs = Object.entries(declared).filter(
    ([name]) => !is(name, "BatchMode"),
  );
  return {
    ...Object.fromEntries(theirs),
    ...(!names.some((name) => is(name, "ConnectTimeout")) && {
      ConnectTimeout: String(Math.ceil(openSeconds)),
    }),
    // Nobody is there to answer a question.
    BatchMode: "yes",
  };
}

/** How the host is reached: null is this machine, else parameters of `Invoke-Command` in its own words. */
function remoteOf(
  host: string,
  address: PowerShellAddress,
  env: Surroundings["env"],
): Remote | null {
  if (address.transport === "local") return null;
  const openSeconds = address.openTimeoutSeconds ?? defaultOpenSeconds;
  const common = {
    name: host,
    openSeconds,
    seconds: secondsFor(address, env),
  };
  if (address.transport === "winrm") {
    const { port, useSSL, authentication, configurationName } = address;
    return {
      ...common,
      by: "ComputerName",
      parameters: {
        Authentication: authentication,
        ...(useSSL && { UseSSL: true }),
        ...(port !== undefined && { Port: port }),
        ...(configurationName !== undefined && {
          ConfigurationName: configurationName,
        }),
      },
    };
  }
  const { port, userName, keyFilePath, subsystem, options } = address;
  return {
    ...common,
    by: "HostName",
    parameters: {
      Options: sshOptions(options, openSeconds),
      ...(port !== undefined && { Port: port }),
      ...(userName !== undefined && { UserName: userName }),
      ...(keyFilePath !== undefined && { KeyFilePath: keyFilePath }),
      ...(subsystem !== undefined && { Subsystem: subsystem }),
    },
  };
}
