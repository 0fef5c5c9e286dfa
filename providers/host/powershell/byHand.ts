import type { Remote } from "./protocol";

/** How a host is reached, as a command for a person needs it. */
export interface Way {
  /** Absent: it is this machine. */
  readonly remote?: Pick<Remote, "by" | "name" | "parameters">;
  /** Whether it is reached as a credential: its place in the command is a question, never a secret. */
  readonly hasCredential?: boolean;
}

/** What opens a session with PowerShell by hand, with the same parameters. */
export function sessionCommand({ remote, hasCredential }: Way): string {
  if (!remote) return "pwsh";
  const { Authentication, ...others } = remote.parameters;
  return words([
    "New-PSSession",
    `-${remote.by} ${argument(remote.name)}`,
    ...parameters({
      ...others,
      // What is left out means the same (`New-PSSession`, -Authentication).
      ...(Authentication !== "Default" && { Authentication }),
    }),
    hasCredential && asked,
  ]);
}

/**
 * What asks by hand whether WinRM answers. `Test-WSMan` knows no session configuration and no implicit credential,
 * and "by default [it] queries the WinRM service without using authentication", so it is told one where it gets a
 * credential, or where not even the connection takes PowerShell's own choice.
 */
export function answerCommand({ remote, hasCredential }: Way): string {
  if (!remote) return "Test-WSMan";
  const { Port, UseSSL, Authentication } = remote.parameters;
  const isChosen = Authentication !== "Default" || hasCredential;
  return words([
    "Test-WSMan",
    argument(remote.name),
    ...parameters({
      Port,
      UseSSL,
      ...(isChosen && {
        Authentication:
          Authentication === "NegotiateWithImplicitCredential"
            ? "Negotiate"
            : Authentication,
      }),
    }),
    hasCredential && asked,
  ]);
}

const asked = "-Credential (Get-Credential)";

function words(all: readonly (string | false | undefined)[]): string {
  return all.filter((word) => typeof word === "string").join(" ");
}

function parameters(
  given: Readonly<Record<string, unknown>>,
): readonly string[] {
  return Object.entries(given).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    return value === true ? `-${name}` : `-${name} ${argument(value)}`;
  });
}

/** A value in a command. Only what can be nothing but a word goes without quotation marks. */
function argument(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "object" && value !== null) return hashtable(value);
  const text = String(value);
  return /^[A-Za-z][A-Za-z0-9.-]*$/u.test(text) ? text : quoted(text);
}

function hashtable(object: object): string {
  const entries = Object.entries(object).map(
    ([name, value]) => `${quoted(name)} = ${quoted(String(value))}`,
  );
  return `@{ ${entries.join("; ")} }`;
}

/**
 * A text that PowerShell takes as it is. It takes typographic quotation marks for the plain one, so they are doubled
 * too (`EscapeSingleQuotedStringContent` of CodeGeneration).
 */
function quoted(text: string): string {
  return `'${text.replace(/['\u2018-\u201B]/gu, "$&$&")}'`;
}
