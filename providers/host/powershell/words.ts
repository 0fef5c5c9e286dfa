import { printable } from "../../model/errors";

/** The longest text of a host that goes into an error. */
const limit = 1000;

/**
 * A host's own words on one line. A WSManFault is XML: its words are those of the
 * innermost message, and its code is its own ([MS-WSMV], WSManFault).
 */
export function oneLine(message: string): string {
  const text = isFault(message) ? withoutTags(message) : message;
  const line = printable(text).replace(/\s{2,}/g, " ");
  return line.length > limit ? `${line.slice(0, limit)}…` : line;
}

/** The code of a WSManFault, which is the same in every language, or null. */
export function faultCode(message: string): number | null {
  const code = isFault(message) ? /\bCode="(\d+)"/.exec(message)?.[1] : null;
  return code ? Number(code) : null;
}

function isFault(message: string): boolean {
  return /<(\w+:)?WSManFault\b/.test(message);
}

function withoutTags(xml: string): string {
  return xml
    .replace(/<[^>]*>/g, " ")
    .replace(
      /&(lt|gt|quot|apos|amp);/g,
      (_, name: string) => entities[name] ?? "",
    )
    .trim();
}

const entities: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};
