import {
  authentications,
  type Address,
  type Authentication,
} from "./host/host";
import { unknownValue } from "./model/delegates";
import { described, problem, reasonOf, shownIfWord } from "./model/errors";

/** A refused property and why, as Pulumi's check reports it. */
export interface Failure {
  readonly property: string;
  readonly reason: string;
}

/**
 * This machine itself, which must be Windows.
 */
export interface LocalConnection {
  readonly transport: "local";
}

/** How long a session may take to open, and an answer to come. */
export interface Timeouts {
  /**
   * How long the session may take to open, in seconds, up to 3600: `-OpenTimeout` of
   * `New-PSSessionOption` with `winrm`, ssh's own `ConnectTimeout`, in whole seconds, with `ssh`
   * (both in milliseconds there; left alone, three minutes and for ever).
   * @default 30
   */
  readonly openTimeoutSeconds?: number;
  /**
   * How long a request may take, the opening of its session included, in seconds, up to 3600.
   * @default 180, or what CREDSSP_DEADLINE_SECONDS says
   */
  readonly operationTimeoutSeconds?: number;
}

/**
 * PowerShell remoting from this Windows machine, by `Invoke-Command -ComputerName`,
 * with the identity of who runs Pulumi or a credential that is named.
 */
export interface WinrmConnection extends Timeouts {
  readonly transport: "winrm";
  /** The port. @default 5985, or 5986 with `useSSL` (Windows' own) */
  readonly port?: number;
  /** Whether the connection is HTTPS. @default false */
  readonly useSSL?: boolean;
  /** Microsoft's `-Authentication`. @default "Default" */
  readonly authentication?: Authentication;
  /** The session configuration to enter. @default the host's default endpoint */
  readonly configurationName?: string;
  /**
   * The name of a credential, for Microsoft's `-Credential`: "a user account that has
   * permission to do this action". Only the name is declared and stored: a letter, then
   * letters, digits and `_`, 64 at most. User name and password are looked up whenever a
   * session opens, in the variables `CREDSSP_<NAME>_USERNAME` and `CREDSSP_<NAME>_PASSWORD`,
   * the file that `CREDSSP_CREDENTIALS` names, and the secret `credssp:credentials` of the
   * stack's configuration, in this order.
   * @default who runs Pulumi
   */
  readonly credential?: string;
}

/**
 * PowerShell remoting over Secure Shell, by `Invoke-Command -HostName`, from any system to a
 * Windows host with sshd and PowerShell 7. PowerShell takes no password for it, and nobody is
 * there to type one: a key, or an agent that holds one, has to be enough. The meanings are those
 * of `New-PSSession`; what is left out is as ssh's own configuration (`~/.ssh/config`) says.
 *
 * PowerShell puts these values into the command line of ssh with spaces between them and no
 * quoting (`StartSSHProcess` in PowerShell's RunspaceConnectionInfo.cs), so a space would begin
 * another option of ssh. Therefore none may hold a space (but `keyFilePath`, which is quoted), a
 * quotation mark or a character with which a shell begins a command or a variable. What needs one goes into ssh's
 * own configuration.
 */
export interface SshConnection extends Timeouts {
  readonly transport: "ssh";
  /** The network port on the host, `-Port`. @default 22 (ssh's own) */
  readonly port?: number;
  /**
   * "The account used to create a session on the remote computer", `-UserName`; an account of a
   * domain is `DOMAIN\user` or `user@domain`.
   * @default the user who runs Pulumi (ssh's own)
   */
  readonly userName?: string;
  /**
   * "A key file path used by Secure Shell to authenticate a user on a remote computer",
   * `-KeyFilePath`: the private key. A whole path is meant, with no `~`. The path is stored in
   * Pulumi's state, the key is not.
   * @default the keys that ssh finds by itself
   */
  readonly keyFilePath?: string;
  /** "The subsystem to use on the target as defined in sshd_config", `-Subsystem`. @default "powershell" */
  readonly subsystem?: string;
  /**
   * "SSH options used when connecting", `-Options`: what ssh takes after `-o`, such as
   * `{ StrictHostKeyChecking: "accept-new", ProxyJump: "admin@bastion.do.local" }`. The properties
   * above take precedence over options of the same meaning.
   *
   * Options that run a program or load a library on the machine that runs Pulumi are refused
   * ({@link refusedSshOptions}): who may change a connection (an item of a stack's configuration,
   * a value out of another stack) does not by that run programs here. Whoever needs a
   * `ProxyCommand` writes it to ssh's own configuration on that machine. `ProxyJump` stays: what
   * it runs is ssh itself, and its value can be a list of hosts only.
   */
  readonly options?: Readonly<Record<string, string>>;
}

/**
 * A host of a simulated fleet: a folder with one JSON file a host. It answers
 * like Windows does, faults included, and needs no Windows.
 */
export interface SimulatedConnection {
  readonly transport: "simulated";
  /** The folder, relative to the project's. @default ".demo/fleet" */
  readonly fleet?: string;
}

/**
 * How a host is reached. It never says which host: that is `host`, and changing
 * the connection never replaces a resource.
 * @default { transport: "local" }
 */
export type Connection =
  LocalConnection | WinrmConnection | SshConnection | SimulatedConnection;

/** Where a simulated fleet is unless declared otherwise. */
export const defaultFleet = ".demo/fleet";

/**
 * ssh's options that a connection may not have; ssh does not look at the case. Those of
 * ssh_config(5) that run a program or load a library on the machine that runs Pulumi, by
 * themselves or by what they read or permit, with their older names.
 */
export const refusedSshOptions = [
  "ProxyCommand",
  "ProxyUseFdpass",
  "LocalCommand",
  "PermitLocalCommand",
  "KnownHostsCommand",
  "Match",
  "Include",
  "PKCS11Provider",
  "SmartcardDevice",
  "SecurityKeyProvider",
  "XAuthLocation",
] as const;

const timeouts = ["openTimeoutSeconds", "operationTimeoutSeconds"] as const;

const known = {
  local: ["transport"],
  winrm: [
    "transport",
    "port",
    "useSSL",
    "authentication",
    "configurationName",
    "credential",
    ...timeouts,
  ],
  ssh: [
    "transport",
    "port",
    "userName",
    "keyFilePath",
    "subsystem",
    "options",
    ...timeouts,
  ],
  simulated: ["transport", "fleet"],
} as const satisfies Record<Address["transport"], readonly string[]>;

/**
 * A connection with its defaults filled in. A value that Pulumi does not know
 * yet passes through untouched, so that a preview succeeds.
 *
 * Only what has been filled in since the first version is: a default that came
 * later would differ from every state that was written before it.
 */
export function checkConnection(
  given: unknown,
): { readonly address: Address } | { readonly failures: readonly Failure[] } {
  if (given === undefined) return { address: { transport: "local" } };
  // Unknown as a whole: nothing can be checked, and create refuses it.
  if (given === unknownValue) return { address: given as unknown as Address };
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return refuse("connection", "CREDSSP109", {
      found: shownIfWord(given),
      needed: 'an object such as { transport: "winrm" }',
    });
  }
  const raw = given as Readonly<Record<string, unknown>>;
  const transport = raw["transport"];
  if (transport === unknownValue) {
    return { address: raw as unknown as Address };
  }
  if (transport === undefined) {
    return refuse("connection", "CREDSSP109", {
      // The names alone: it may be a credential that somebody took for a connection.
      found: `${Object.keys(raw).slice(0, 10).map(nameOf).join(", ") || "{}"}, without transport`,
      needed: `transport: ${Object.keys(known).join(", ")}`,
    });
  }
  if (!isTransport(transport)) {
    return refuse("connection.transport", "CREDSSP107", {
      value: shownIfWord(transport),
      known: Object.keys(known).join(", "),
    });
  }
  const names: readonly string[] = known[transport];
  const failures = Object.entries(raw).flatMap(([name, value]) => {
    if (!names.includes(name)) {
      return failure(`connection.${nameOf(name)}`, "CREDSSP108", {
        property: nameOf(name),
        of: `a ${transport} connection`,
        known: names.join(", "),
      });
    }
    if (value === unknownValue) return [];
    if (name === "options") return optionFailures(value);
    const needed = wrong(name, value);
    return needed === null
      ? []
      : failure(`connection.${name}`, "CREDSSP109", {
          found: foundIn(name, value),
          needed,
        });
  });
  if (failures.length > 0) return { failures };
  const defaults = {
    local: {},
    winrm: { useSSL: false, authentication: "Default" },
    ssh: {},
    simulated: { fleet: defaultFleet },
  } as const;
  return { address: { ...defaults[transport], ...raw } as unknown as Address };
}

function isTransport(value: unknown): value is Address["transport"] {
  return typeof value === "string" && Object.hasOwn(known, value);
}

/** What a property of a connection needs to be, if it is not. */
function wrong(name: string, value: unknown): string | null {
  switch (name) {
    case "port":
      return Number.isInteger(value) &&
        Number(value) > 0 &&
        Number(value) < 65536
        ? null
        : "a whole number from 1 to 65535";
    case "useSSL":
      return typeof value === "boolean" ? null : "true or false";
    case "authentication":
      return authentications.some((one) => one === value)
        ? null
        : `one of ${authentications.join(", ")}`;
    case "configurationName":
      return typeof value === "string" && /^[\w.-]{1,255}$/u.test(value)
        ? null
        : "the name of a session configuration";
    case "credential":
      return isText(value, /^[A-Za-z][A-Za-z0-9_]{0,63}$/u)
        ? null
        : "the name of a credential, such as admin: a letter, then letters, digits and _, 64 at most";
    case "userName":
      return isText(value, userName, longest.userName)
        ? null
        : `the name of a user, of ${longest.userName} characters at most: no space, no quotation mark, none of ; & | < > ( ) { }, no - in front, no \\ at the end`;
    case "keyFilePath":
      return isText(value, /^(?![-\s])[^\p{C}"]*[^\p{C}"\\]$/u, longest.path)
        ? null
        : `the path of a file, of ${longest.path} characters at most: no quotation mark, no control character, no - or space in front, no \\ at the end`;
    case "subsystem":
      return isText(value, /^\w[\w.-]{0,254}$/u)
        ? null
        : "the name of a subsystem of sshd: letters, digits, and _ . - behind the first";
    case "openTimeoutSeconds":
    case "operationTimeoutSeconds":
      return typeof value === "number" && value > 0 && value <= 3600
        ? null
        : "seconds, more than 0 and at most 3600";
    case "fleet":
      return isLine(value, longest.path)
        ? null
        : `the path of a folder, of ${longest.path} characters at most: no line break, no control character`;
    default:
      return null;
  }
}

/**
 * Characters at most. What is longer would fail far from its cause: all of these end in one command
 * line, of which Windows takes 32,767 characters (`lpCommandLine` of CreateProcess).
 */
const longest = {
  /** A user principal name in Active Directory (`rangeUpper` of User-Principal-Name). */
  userName: 1024,
  /** Linux's PATH_MAX, without the NUL. */
  path: 4095,
  /** All options of ssh, names and values together. */
  options: 8192,
};

/** What ssh itself takes for a user since 9.6 (`valid_ruser` in OpenSSH), and no space. */
const userName = /^(?!-)[^\s\p{C}'"`;&<>|(){}]*[^\s\p{C}'"`;&<>|(){}\\]$/u;

/** Neither a space nor a quotation mark, which end an argument, nor anything that a shell expands. */
const optionValue = /^[\p{L}\p{M}\p{N}_.,:@%+=/\\~*?!^[\]-]+$/u;

/**
 * Hosts as ssh reads them: `[user@]host[:port]` or `ssh://…`, with commas between. A hyphen only
 * inside a name: ssh before 9.6 hands both to a shell as they are.
 */
const hosts = /^(?:[\w.@:%/[\],]|(?<=[\w-])-)+$/u;

/** Options that name hosts or a user, in lower case; all others are values. */
const optionShapes: ReadonlyMap<string, RegExp> = new Map([
  ["proxyjump", hosts],
  ["hostname", hosts],
  ["user", userName],
]);

/** What is wrong with ssh's options, one by one. */
function optionFailures(given: unknown): readonly Failure[] {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return failure("connection.options", "CREDSSP109", {
      found: described(given),
      needed: 'an object such as { StrictHostKeyChecking: "yes" }',
    });
  }
  const length = Object.entries(given)
    .flat()
    .reduce<number>(
      (sum, one) => sum + (typeof one === "string" ? one.length : 0),
      0,
    );
  if (length > longest.options) {
    return failure("connection.options", "CREDSSP109", {
      found: `${length} characters of names and values`,
      needed: `${longest.options} at most`,
    });
  }
  return Object.entries(given).flatMap(([name, value]) => {
    const property = `connection.options.${name}`;
    const isSame = (one: string): boolean =>
      one.toLowerCase() === name.toLowerCase();
    if (refusedSshOptions.some(isSame)) {
      return failure(property, "CREDSSP109", {
        found: name,
        needed:
          "an option that runs no program and loads no library on the machine that runs Pulumi; this one can be in ssh's own configuration there",
      });
    }
    if (!/^[A-Za-z]{1,64}$/u.test(name)) {
      return failure("connection.options", "CREDSSP109", {
        found: `${nameOf(name)}, as a name`,
        needed: "the name of an option of ssh, in letters only",
      });
    }
    const twin = Object.keys(given).find((one) => one !== name && isSame(one));
    if (twin !== undefined) {
      return failure(property, "CREDSSP109", {
        found: `${name} beside ${twin}`,
        needed: "each option once: ssh does not tell their letters' case",
      });
    }
    const shapes = [optionValue, optionShapes.get(name.toLowerCase())];
    return value === unknownValue ||
      shapes.every((shape) => shape === undefined || isText(value, shape))
      ? []
      : failure(property, "CREDSSP109", {
          found: described(value),
          needed:
            "a text without spaces, quotation marks and what means something to a shell; what needs them can be in ssh's own configuration",
        });
  });
}

function isText(
  value: unknown,
  pattern: RegExp,
  longest = Infinity,
): value is string {
  return (
    typeof value === "string" && value.length <= longest && pattern.test(value)
  );
}

/** Whether a value is one line of text in which something is seen. */
export function isLine(value: unknown, longest: number): value is string {
  return isText(value, /^\P{C}*[^\s\p{C}]\P{C}*$/u, longest);
}

/** The name of a property as a message shows it: a value may have come into its place. */
export function nameOf(property: string): string {
  return /^[A-Za-z_]\w{0,63}$/u.test(property)
    ? property
    : `(${described(property)})`;
}

/** What stands where a property's value belongs. Where a secret may have taken its place, not even a word is shown. */
function foundIn(name: string, value: unknown): string {
  if (name === "userName" || name === "keyFilePath") return described(value);
  if (name !== "credential") return shownIfWord(value);
  return typeof value === "string"
    ? `${described(value)} that is no name`
    : `no text (${described(value)})`;
}

function failure(
  property: string,
  ...args: Parameters<typeof problem>
): readonly Failure[] {
  return [{ property, reason: reasonOf(problem(...args)) }];
}

function refuse(property: string, ...args: Parameters<typeof problem>) {
  return { failures: failure(property, ...args) };
}
