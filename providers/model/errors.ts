/**
 * The catalogue: every message a person may meet. `{name}` stands for a fact of
 * the case. `why` completes "<what could not be done> on <host>: ". Codes are
 * never reused: 1xx inputs, 2xx reaching the host, 3xx CredSSP and policy, 9xx ours.
 */
export const catalogue = {
  CREDSSP101: {
    why: "{value} is not the name of a computer",
    found: "{found}",
    needed: "one name, as it will be typed after -ComputerName",
    remedy: "write a host name such as cm12.do.local",
  },
  CREDSSP102: {
    why: "{value} is more than a name",
    found: "{found}",
    needed: "the bare name",
    remedy: 'write "{suggestion}"',
  },
  CREDSSP103: {
    why: "{value} has a wildcard that Windows does not match",
    found: "{found}",
    needed: "at most one wildcard, alone at the front, before a dot",
    remedy: "write *.do.local, or the names one by one",
  },
  CREDSSP104: {
    why: "{value} would hand credentials to far too many computers",
    found: "a wildcard over {labels}",
    needed: "a wildcard over at least two labels, such as *.do.local",
    remedy: "name the domain, or set allowBroadDelegation: true",
  },
  CREDSSP105: {
    why: "the list is empty",
    found: "no entry",
    needed: "at least one",
    remedy: "name a computer, or remove the resource",
  },
  CREDSSP106: {
    why: "{value} is not a service principal name",
    found: "{found}",
    needed: "a service class, a slash and a host, such as WSMAN/*.do.local",
    remedy: 'write "{suggestion}"',
  },
  CREDSSP107: {
    why: "{value} is not a transport this version knows",
    found: "{value}",
    needed: "one of {known}",
    remedy: "correct connection.transport",
  },
  CREDSSP108: {
    why: "{property} is not a property of {of}",
    found: "{property}",
    needed: "one of {known}",
    remedy: "correct the spelling, or remove it",
  },
  CREDSSP109: {
    why: "the value cannot be used",
    found: "{found}",
    needed: "{needed}",
    remedy:
      "write what is needed; the README of pulumi-credssp describes each property",
  },
  CREDSSP110: {
    why: "{value} is not known when the host is to be changed",
    found: "a value that Pulumi computes later",
    needed: "a known value",
    remedy: "let this resource depend on what computes it, and run again",
  },
  CREDSSP111: {
    why: "the configuration of this stack cannot be used: {property}",
    found: "{found}",
    needed: "{needed}",
    remedy: "correct {key} in the stack's configuration",
  },
  CREDSSP112: {
    why: "{policy} is no list",
    found: "{found}",
    needed: "nothing here: the policy is enabled or disabled, and no more",
    remedy: "remove this property",
  },
  CREDSSP201: {
    why: "the simulated fleet has no such host",
    found: "{found}",
    needed: "a file {file}",
    remedy:
      "correct host or connection.fleet; `npx pulumi-credssp fleet list` shows who is there, `fleet new` adds a host",
  },
  CREDSSP202: {
    why: "the host's file cannot be read",
    found: "{found}",
    needed: "the JSON that this package wrote",
    remedy: "restore {file}, or delete it and add the host again",
  },
  CREDSSP203: {
    why: "the host's file cannot be written",
    found: "{found}",
    needed: "the right to write {file}",
    remedy: "give the user who runs Pulumi that right",
  },
  CREDSSP204: {
    why: "there is no PowerShell {where}",
    found: "{found}",
    needed: "powershell.exe or pwsh {where}",
    remedy:
      "{repair}; CREDSSP_POWERSHELL names PowerShell 7 where it is not on PATH",
  },
  CREDSSP205: {
    why: "no answer within {seconds} seconds",
    found: "{found}",
    needed: "an answer",
    remedy: "see whether the host is up and busy, and run again",
  },
  CREDSSP206: {
    why: "{said}",
    found: "{found}",
    needed: "a PowerShell session on the host",
    remedy: "run `{command}` from this machine and see what it says",
  },
  CREDSSP207: {
    why: "the session is not elevated",
    found: "no enabled Administrators group",
    needed: "an administrator's full token",
    remedy:
      "run as an administrator of the host; a local account needs LocalAccountTokenFilterPolicy",
  },
  CREDSSP208: {
    why: "the session speaks {mode} only",
    found: "{mode}",
    needed: "FullLanguage",
    remedy:
      "name an endpoint in connection.configurationName that is not restricted",
  },
  CREDSSP209: {
    why: "the session is a 32-bit process on a 64-bit Windows",
    found: "another registry and another System32 than Windows uses",
    needed: "a 64-bit PowerShell",
    remedy: "name a 64-bit endpoint in connection.configurationName",
  },
  CREDSSP210: {
    why: "the WinRM service is not running",
    found: "{status}, start type {startType}",
    needed: "a running WinRM service",
    remedy: "on the host: {command}",
  },
  CREDSSP211: {
    why: "the host kept changing while it was being changed",
    found: "{moved} moved {times} times between look and change",
    needed: "a quiet moment",
    remedy: "see who else changes this host, and run again",
  },
  CREDSSP212: {
    why: "transport {transport} starts on Windows only",
    found: "{platform}",
    needed: "Windows",
    remedy: "run Pulumi on a Windows machine, or use another transport",
  },
  CREDSSP213: {
    why: "the answer cannot be understood",
    found: "{found}",
    needed: "one line of this version's protocol",
    remedy: "run again; if it repeats, report it with this text",
  },
  CREDSSP214: {
    why: "somebody else holds the host's lock",
    found: "waited {seconds} seconds",
    needed: "the lock",
    remedy: "see who else changes this host, and run again",
  },
  CREDSSP215: {
    why: "{said}",
    found: "the script on the host failed{id}",
    needed: "its answer",
    remedy: "correct what the host says, and run again",
  },
  CREDSSP216: {
    why: "this machine is another one",
    found: "transport local, which reaches {computer} only",
    needed: "a connection that reaches {host}",
    remedy:
      'declare connection: { transport: "winrm" } or "ssh", or the host by the name {computer}',
  },
  CREDSSP217: {
    why: "CREDSSP_UNREACHABLE has a value that means nothing",
    found: "{found}",
    needed:
      "keep (a refresh keeps the state of a host that does not answer) or abandon (a destroy forgets its resources)",
    remedy: "correct the variable, or unset it",
  },
  CREDSSP218: {
    why: "{given} does not name one owner",
    found: "{found}",
    needed:
      "an owner as the ledger has it, its URN, or a part that only one of them has",
    remedy: "copy it from `pulumi-credssp ledger list`",
  },
  CREDSSP219: {
    why: "the ledger was written on another machine, so nothing in it is about this one",
    found: "MachineGuid {theirs} in the ledger, {ours} on the host",
    needed: "a ledger that this machine wrote",
    remedy:
      "run `pulumi up` of the stacks that declare this host: they begin a ledger of its own",
  },
  CREDSSP220: {
    why: "there is no credential {name}",
    found: "{found}",
    needed: "a user name and a password under this name",
    remedy:
      "set {userName} and {password}, or add {name} to the file that CREDSSP_CREDENTIALS names",
  },
  CREDSSP221: {
    why: "half of the credential {name} is missing",
    found: "{given} without {missing}",
    needed: "both variables",
    remedy: "set {missing}, or unset {given}",
  },
  CREDSSP222: {
    why: "the file of credentials cannot be read",
    found: "{found}, for the file that CREDSSP_CREDENTIALS names",
    needed:
      "a regular file in UTF-8, of 1 MiB at most, that the user who runs Pulumi may read",
    remedy:
      "correct CREDSSP_CREDENTIALS (a path that is not absolute begins in the folder Pulumi runs in), or the file's permissions",
  },
  CREDSSP223: {
    why: "the credentials cannot be understood",
    found: "{found} in {source}",
    needed:
      'a JSON object of names, each with a text "username" and a text "password"',
    remedy: "correct {source}",
  },
  CREDSSP224: {
    why: "this PowerShell knows no SSH remoting",
    found: "Windows PowerShell",
    needed: "PowerShell 7",
    remedy:
      "install PowerShell 7 on this machine, or name it with CREDSSP_POWERSHELL",
  },
  CREDSSP225: {
    why: "the host let nobody in: {said}",
    found: "{found}",
    needed: "an account that is an administrator of the host",
    remedy:
      "see who asks (the connection's credential, or else who runs Pulumi) and whether it may enter; a local account needs LocalAccountTokenFilterPolicy",
  },
  CREDSSP226: {
    why: "the PowerShell session failed: {said}",
    found: "{found}",
    needed: "a PowerShell session on the host",
    remedy:
      "open one by hand from this machine (`{command}`) and see what it says",
  },
  CREDSSP227: {
    why: "this machine does not trust the host: {said}",
    found: "{found}",
    needed: "Kerberos, HTTPS, or the host in TrustedHosts",
    remedy:
      "use the name that the domain knows, or `useSSL`, or add {host} to WSMan:\\localhost\\Client\\TrustedHosts of this machine",
  },
  CREDSSP228: {
    why: "the PowerShell on this machine failed: {said}",
    found: "{found}",
    needed: "a PowerShell on this machine that stays and answers",
    remedy:
      "start it by hand and see whether it comes up; CREDSSP_POWERSHELL names another",
  },
  CREDSSP229: {
    why: "CREDSSP_DEADLINE_SECONDS has a value that means nothing",
    found: "{found}",
    needed: "seconds, more than 0 and at most {longest}",
    remedy: "correct the variable, or unset it for 180 seconds",
  },
  CREDSSP301: {
    why: "Group Policy forbids it",
    found:
      '"Allow CredSSP authentication" for the WinRM {role} is disabled by {by} ({value} = 0)',
    needed: "that policy enabled or not configured",
    remedy: "change the policy, or remove this resource",
  },
  CREDSSP302: {
    why: "the entries did not become effective within {seconds} seconds",
    found: "{missing} not in HKLM{said}",
    needed: "a policy pass that brings local policy to HKLM",
    remedy:
      "run gpupdate /target:computer on the host and see its event log; what this run added was taken back",
  },
  CREDSSP303: {
    why: "local policy is not applied on this host",
    found: "{reason}",
    needed: "a host that applies local policy",
    remedy: "declare the list in the domain's policy instead",
  },
  CREDSSP304: {
    why: "another resource declares the opposite for {policy}",
    found: "{other} declares {property}: {theirs}",
    needed: "one opinion",
    remedy: "change one of the two resources",
  },
  CREDSSP305: {
    why: "the host accepts unpatched CredSSP (CVE-2018-0886)",
    found: "AllowEncryptionOracle = 2 (Vulnerable)",
    needed: "0 (Force Updated Clients) or 1 (Mitigated)",
    remedy: "set Encryption Oracle Remediation to Mitigated",
  },
  CREDSSP306: {
    why: "{said}",
    found: "{step} failed{id}",
    needed: "the step carried out",
    remedy: "correct what the host says, and run again: it continues",
  },
  CREDSSP307: {
    why: "the host's ledger was written by a newer version",
    found: "schema {schema}",
    needed: "schema {known} or older",
    remedy: "update pulumi-credssp in this project",
  },
  CREDSSP308: {
    why: "the host's ledger cannot be read",
    found: "{found}",
    needed:
      "the JSON that this package wrote to HKLM\\SOFTWARE\\pulumi-credssp",
    remedy: "restore the value from a backup",
  },
  CREDSSP309: {
    why: "local policy cannot be read",
    found: "{found}",
    needed: "a valid Registry.pol",
    remedy:
      "restore System32\\GroupPolicy\\Machine\\Registry.pol from a backup; it was left alone",
  },
  CREDSSP310: {
    why: "it would cut the connection it travels on",
    found: "a session authenticated by CredSSP",
    needed: "another authentication",
    remedy: "set connection.authentication to Kerberos or Negotiate",
  },
  CREDSSP311: {
    why: "the ledger would be too large",
    found: "{size} characters",
    needed: "at most {cap}",
    remedy: "declare fewer entries on this host; one wildcard may cover them",
  },
  CREDSSP312: {
    why: "Group Policy holds {policy}",
    found: "{by} empties the list and does not hold {missing}",
    needed: "these entries in that policy object",
    remedy: "add them there, or remove this resource",
  },
  CREDSSP313: {
    why: "Group Policy sets it otherwise",
    found: "{by} sets {value} to {found}",
    needed: "that policy object changed or not configured",
    remedy: "change the policy, or declare what it says",
  },
  CREDSSP314: {
    why: "Group Policy denies it",
    found: "{policy}, set by {by}, covers {denied}",
    needed: "no such exception",
    remedy: "change that policy object, or remove these entries",
  },
  CREDSSP901: {
    why: "the plan did not come to an end",
    found: "{found}",
    needed: "a plan that is empty after {rounds} rounds",
    remedy: "report this text; running again is safe",
  },
  CREDSSP902: {
    why: "the state was written by a newer version",
    found: "schema {schema}",
    needed: "schema {known} or older",
    remedy: "update pulumi-credssp in this project",
  },
  CREDSSP903: {
    why: "an error of our own: {said}",
    found: "{found}",
    needed: "no such error",
    remedy: "report this text; running again is safe",
  },
  // The handle in Pulumi's state carries this one's words: nothing can be loaded there.
  CREDSSP904: {
    why: "the provider's code is not where the state says",
    found: "{found}",
    needed: "the package pulumi-credssp in the project's node_modules",
    remedy: "npm ci in the project's folder",
  },
} as const satisfies Record<
  string,
  { why: string; found: string; needed: string; remedy: string }
>;

/** A code of the catalogue. */
export type Code = keyof typeof catalogue;

/** The facts that a catalogue entry's `{name}`s stand for. */
export type Details = Readonly<Record<string, string | number>>;

/** A message with its facts filled in, not yet tied to a host or a property. */
export interface Problem {
  readonly code: Code;
  readonly why: string;
  readonly found: string;
  readonly needed: string;
  readonly remedy: string;
}

/** Fills a catalogue entry in. Characters of the facts that are not seen are escaped, so a message keeps its lines. */
export function problem(code: Code, details: Details = {}): Problem {
  const fill = (template: string): string =>
    template.replace(/\{(\w+)\}/g, (_, name: string) =>
      printable(String(details[name] ?? `{${name}}`)),
    );
  const { why, found, needed, remedy } = catalogue[code];
  return {
    code,
    why: fill(why),
    found: fill(found),
    needed: fill(needed),
    remedy: fill(remedy),
  };
}

/** The reason of a refused property: Pulumi prints the property's name before it. */
export function reasonOf(p: Problem): string {
  return `${p.why}. Found: ${p.found}. Needed: ${p.needed}. Try: ${p.remedy}. (${p.code})`;
}

/**
 * An error in the catalogue's shape. Its first line alone is enough; it has no
 * numeric `code`, which Pulumi's dynamic provider would take for a gRPC status.
 */
export class CredsspError extends Error {
  readonly problem: Problem;
  /** What could not be done, without the host. */
  readonly attempt: string;
  readonly host: string;

  constructor(attempt: string, host: string, p: Problem) {
    super(
      `${attempt} on ${printable(host)}: ${p.why}\n` +
        `Found: ${p.found}. Needed: ${p.needed}.\n` +
        `Try: ${p.remedy}. (${p.code})`,
    );
    this.name = "CredsspError";
    this.problem = p;
    this.attempt = attempt;
    this.host = host;
  }
}

/** An error in the catalogue's shape, whatever it was: what is not of the catalogue is ours (903). */
export function asCredsspError(
  error: unknown,
  attempt: string,
  host: string,
): CredsspError {
  if (error instanceof CredsspError) return error;
  const said = error instanceof Error ? error.message : String(error);
  const found = error instanceof Error ? error.name : typeof error;
  return new CredsspError(
    attempt,
    host,
    problem("CREDSSP903", { said, found }),
  );
}

/** The longest piece of a value that a message shows, in characters. */
const longestShown = 200;

/** A value as a message shows it: of a long text the beginning, of what holds other values the kind. */
export function shown(value: unknown): string {
  if (typeof value !== "string") return described(value);
  const text = JSON.stringify(value);
  return printable(
    text.length > longestShown ? `${text.slice(0, longestShown)}…` : text,
  );
}

/** The same where a secret may stand in a word's place: no other text is shown. */
export function shownIfWord(value: unknown): string {
  return typeof value === "string" && !isWord(value)
    ? described(value)
    : shown(value);
}

/** Whether a text is short and plain: the name of a property or of one of a few choices, and hardly a secret. */
export function isWord(text: string): boolean {
  return /^[\w.-]{1,40}$/u.test(text);
}

/** What a value is, with nothing of a text in it: that may be a secret. */
export function described(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === "") return '""';
  if (typeof value === "string") {
    const lines = /[\r\n]/u.test(value) ? " with a line break" : "";
    return `a text of ${value.length} characters${lines}`;
  }
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" && value !== null
    ? "an object"
    : JSON.stringify(value);
}

/** Text on one line, with every character that is not seen as an escape. */
export function printable(text: string): string {
  return text
    .replace(/(?<!\s)\s*[\r\n]\s*/g, " ")
    .replace(/[\p{C}\u2028\u2029]/gu, (c) => {
      const code = (c.codePointAt(0) ?? 0).toString(16);
      return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
    })
    .trim();
}
