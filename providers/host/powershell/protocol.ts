import { randomUUID } from "node:crypto";

/** What the channel's dispatcher is asked: how the host is reached, and the document for its script. */
export interface Envelope {
  readonly transport: "local" | "winrm";
  /** The host's script gets it as it is. */
  readonly document: string;
  readonly computerName?: string;
  readonly authentication?: string;
  readonly port?: number | null;
  readonly useSSL?: boolean;
  readonly configurationName?: string | null;
  /** How long the session may take to open. */
  readonly openSeconds?: number;
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

/** The one ASCII line that asks the dispatcher. */
export function requestLine(id: string, envelope: Envelope): string {
  const json = JSON.stringify({ id, ...envelope });
  return `Invoke-CredSSPRequest ${Buffer.from(json, "utf8").toString("base64")}`;
}

/** Reads a line of the protocol; null for everything else that PowerShell prints. */
export function readAnswerLine(line: string): AnswerLine | null {
  const match = /^credssp ([0-9a-f-]{36}) (part|end) ([0-9A-Za-z+/=]+)$/.exec(
    line,
  );
  if (!match) return null;
  const [, id = "", kind, base64 = ""] = match;
  try {
    return {
      id,
      kind: kind === "end" ? "end" : "part",
      document: JSON.parse(Buffer.from(base64, "base64").toString("utf8")),
    };
  } catch {
    return null;
  }
}

/** The language mode that a fresh PowerShell announces, or null. */
export function readLanguageLine(line: string): string | null {
  return /^credssp language (\w+)$/.exec(line)?.[1] ?? null;
}
