import { CredsspError, problem, type Problem } from "../../model/errors";
import { fingerprintParts, type HostFacts } from "../../model/facts";
import type { Batch } from "../../model/steps";
import type { Address, Applied, Host } from "../host";
import { readReply, type Answer, type Origin } from "./answer";
import type { Channel } from "./channel";
import { applyDocument, observeDocument } from "./document";
import type { LocalFiles, Observed } from "./observation";
import type { Envelope } from "./protocol";

/** An address that PowerShell reaches. */
export type PowerShellAddress = Exclude<Address, { transport: "simulated" }>;

/** How long a WinRM session may take to open; Windows' own default is three minutes. */
const openSeconds = 30;
/** Enable-WSManCredSSP alone may take a minute, so who waits for the lock waits as long. */
const longestLockSeconds = 60;
/** How many observed local policies are kept: what a plan was made on is nearly always the last. */
const keptFiles = 4;

const looking = "Looking at CredSSP";
const changing = "Changing CredSSP";

/** A host reached through PowerShell. Opens nothing: the first call does. */
export function powershellHost(
  host: string,
  address: PowerShellAddress,
  channel: Channel,
  platform: NodeJS.Platform,
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
      Math.min(longestLockSeconds, channel.deadlineSeconds() / 3),
    );
    return { host, transport: address.transport, platform, lockSeconds };
  }

  async function ask(document: string): Promise<Answer> {
    const reply = await channel.ask(envelope(host, address, document));
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

  return {
    observe: () => observe(looking),

    async apply(batch: Batch, planned: HostFacts): Promise<Applied> {
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
      const { lockSeconds } = origin();
      const answer = await ask(
        applyDocument(batch, planned.fingerprint, base, lockSeconds),
      );
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
          return {
            outcome: "failed",
            failure,
            facts: remember(answer.observed),
          };
        }
        case "none":
          if (answer.died) {
            return { outcome: "died", message: said(answer.problem) };
          }
          throw new CredsspError(changing, host, answer.problem);
      }
    },
  };
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

function envelope(
  host: string,
  address: PowerShellAddress,
  document: string,
): Envelope {
  if (address.transport === "local") return { transport: "local", document };
  return {
    transport: "winrm",
    document,
    computerName: host,
    authentication: address.authentication,
    port: address.port ?? null,
    useSSL: address.useSSL,
    configurationName: address.configurationName ?? null,
    openSeconds,
  };
}
