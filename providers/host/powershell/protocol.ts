import { randomUUID } from "node:crypto";
import type { Role } from "../../model/facts";

/** What the channel is asked: a document for the script of a host, and how that host is reached. */
export interface Envelope {
  /** The host's script gets it as it is. */
  readonly document: string;
  /** Null: PowerShell sits on the host itself. */
  readonly remote: Remote | null;
  /** In the document's place: a setting of WinRM, set from outside, without a session. */
  readonly setting?: Setting;
}

/** A setting of a host's WinRM: whether CredSSP may be used, by its client or by its service. */
export interface Setting {
  readonly role: Role;
  readonly on: boolean;
}

/** A host as `Invoke-Command` reaches it. */
export interface Remote {
  /** The parameter that takes the name: `-ComputerName` is WinRM, `-HostName` is SSH. */
  readonly by: "ComputerName" | "HostName";
  readonly name: string;
  /** The other parameters, in PowerShell's own words; an object becomes a hashtable. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** How long the session may take to open. */
  readonly openSeconds: number;
  /** How long the host may take, the opening of its session included. */
  readonly seconds: number;
}

/**
 * How many hosts of a group are served at one time: as many as one `Invoke-Command` by default, and over SSH
 * always. The next begins when the session of one has ended, or one was given up, also where its session does not end.
 */
export const throttle = 32;

/** An envelope with the id by which its answer is known. */
export interface Asked {
  readonly id: string;
  readonly envelope: Envelope;
}

/** Hosts that get the same in the same way: one `Invoke-Command` for as many as the throttle lets begin. */
interface Group extends Omit<Remote, "name"> {
  readonly document: string;
  readonly setting?: Setting;
  readonly throttle: number;
  readonly hosts: { readonly id: string; readonly name: string }[];
}

/** A line of the protocol: the answer, or word of something that is done. */
export interface AnswerLine {
  readonly id: string;
  readonly kind: "part" | "end";
  readonly document: unknown;
}

/** A fresh request id. Random, so that no output that merely looks like an answer is one. */
export function newRequestId(): string {
  return randomUUID();
}

/** The one ASCII line that asks the dispatcher for one thing here, or for many elsewhere at one time. */
export function requestLine(asked: readonly Asked[]): string {
  const here = asked.filter(({ envelope }) => envelope.remote === null);
  const request = {
    local: here.map(({ id, envelope }) => ({
      id,
      document: envelope.document,
    })),
    groups: groupsOf(asked),
  };
  return `Invoke-CredSSPRequest ${Buffer.from(JSON.stringify(request), "utf8").toString("base64")}`;
}

/**
 * What one `Invoke-Command` can carry goes together: the same document, reached alike; a setting stays alone. A name stands
 * in a group once, as the answers are told apart by it.
 */
export function groupsOf(asked: readonly Asked[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const { id, envelope } of asked) {
    if (envelope.remote === null) continue;
    const { name, ...how } = envelope.remote;
    const { document, setting } = envelope;
    for (let again = 0; ; again++) {
      // A setting waits for its host, so none waits behind another.
      const alone = setting && id;
      const key = JSON.stringify([how, document, setting, alone, again]);
      const group = groups.get(key) ?? {
        ...how,
        document,
        ...(setting && { setting }),
        throttle,
        hosts: [],
      };
      groups.set(key, group);
      if (group.hosts.some((host) => host.name === name)) continue;
      group.hosts.push({ id, name });
      break;
    }
  }
  return [...groups.values()];
}

/** Which turn each request has among those of its group: 1 begins at once. This machine has no turns. */
export function turnsOf(asked: readonly Asked[]): ReadonlyMap<string, number> {
  return new Map(
    groupsOf(asked).flatMap(({ hosts }) =>
      hosts.map(({ id }, i) => [id, 1 + Math.floor(i / throttle)] as const),
    ),
  );
}

/** Reads a line of the protocol, with null for a document that is none; null for everything else that PowerShell prints. */
export function readAnswerLine(line: string): AnswerLine | null {
  const match = /^credssp ([0-9a-f-]{36}) (part|end) ([0-9A-Za-z+/=]+)$/.exec(
    line,
  );
  if (!match) return null;
  const [, id = "", kind, base64 = ""] = match;
  return {
    id,
    kind: kind === "end" ? "end" : "part",
    document: parsed(Buffer.from(base64, "base64").toString("utf8")),
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** Whether a line is a fresh PowerShell's word that it can be asked. */
export function isReadyLine(line: string): boolean {
  return line === "credssp ready";
}

/** The language mode that a fresh PowerShell announces, or null. */
export function readLanguageLine(line: string): string | null {
  return /^credssp language (\w+)$/.exec(line)?.[1] ?? null;
}
