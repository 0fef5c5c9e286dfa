import { described, problem, shown, type Problem } from "./errors";

/**
 * What Pulumi puts in place of a value it does not know yet, anywhere in a
 * dynamic provider's inputs (`unknownValue` in @pulumi/pulumi, `runtime/rpc`).
 */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value in its normal form, or what is wrong with it. */
export type Checked =
  { readonly value: string } | { readonly problem: Problem };

/** The longest DNS name; a service class may be as long, for want of a limit in Windows. */
const longest = 255;

/**
 * A host name as it will be typed after `-ComputerName`, in its normal form:
 * trimmed, lower case, no trailing dot, an international name in its ASCII form.
 * CredSSP compares that very string, so a short name and an FQDN are two names.
 */
export function checkHost(given: unknown): Checked {
  return checkPattern(given, { wildcard: false, allowBroad: false });
}

/** A name for `-DelegateComputer`: a host, or a wildcard over a domain. */
export function checkDelegate(given: unknown, allowBroad: boolean): Checked {
  return checkPattern(given, { wildcard: true, allowBroad });
}

/**
 * A whole entry of a list policy, `<service class>/<host>`. The class keeps its
 * spelling (SPNs compare without case); the host takes its normal form.
 */
export function checkTarget(given: unknown, allowBroad: boolean): Checked {
  if (typeof given !== "string") return notText("CREDSSP106", given);
  if (given === unknownValue) return { value: given };
  const text = given.trim();
  if (text === "*") {
    return allowBroad
      ? { value: text }
      : {
          problem: problem("CREDSSP104", { value: text, labels: "everything" }),
        };
  }
  const [, serviceClass, host] = /^([^/]*)\/(.*)$/su.exec(text) ?? [];
  if (serviceClass === undefined || host === undefined) {
    const fits = isShort(text) && !holdsMore(text);
    return notSpn(text, "no service class", fits ? `WSMAN/${text}` : undefined);
  }
  if (!isShort(serviceClass)) {
    return notSpn(text, `a service class of ${serviceClass.length} characters`);
  }
  if (!/^[a-z0-9](?:[a-z0-9 ._-]*[a-z0-9])?$/iu.test(serviceClass)) {
    return notSpn(text, "an unusual service class");
  }
  const checked = checkPattern(host, {
    wildcard: true,
    allowBroad,
    prefix: `${serviceClass}/`,
  });
  return "problem" in checked
    ? checked
    : { value: `${serviceClass}/${checked.value}` };
}

/** Whether an entry hands credentials to far too many computers: what `allowBroadDelegation` is for. */
export function isBroad(spn: string): boolean {
  const checked = checkTarget(spn, false);
  return "problem" in checked && checked.problem.code === "CREDSSP104";
}

/** The entry that lets this host delegate to `name` through WinRM, as the cmdlet writes it. */
export function spnOf(name: string): string {
  return `wsman/${name}`;
}

/** What SPNs are compared by: CredSSP ignores their case. */
export function spnKey(spn: string): string {
  return spn.toLowerCase();
}

/**
 * Whether Enable- and Disable-WSManCredSSP take a value for theirs: Disable
 * deletes everything that begins with these five letters (CredSSP.cs).
 */
export function isWsman(spn: string): boolean {
  return spnKey(spn).startsWith("wsman");
}

/** Whether a list entry reaches a name or an entry: `*` stands for any run of characters. */
export function covers(entry: string, spn: string): boolean {
  const pattern = spnKey(entry);
  const subject = spnKey(spn);
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === subject;
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return (
    subject.length >= head.length + tail.length &&
    subject.startsWith(head) &&
    subject.endsWith(tail)
  );
}

/** An address proves nothing to Kerberos, so only the NTLM-only list can help it. */
export function isAddress(name: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/u.test(name) || name.includes(":");
}

interface Rules {
  /** What stands before the name where it is used, for the suggestion. */
  readonly prefix?: string;
  readonly wildcard: boolean;
  readonly allowBroad: boolean;
}

function checkPattern(given: unknown, rules: Rules): Checked {
  if (typeof given !== "string") return notText("CREDSSP101", given);
  if (given === unknownValue) return { value: given };
  const text = given.trim();
  const value = named(given);
  const refuse = (found: string): Checked => ({
    problem: problem("CREDSSP101", { value, found }),
  });

  const prefix = rules.prefix ?? "";
  const more = (found: string, bare: string): Checked => {
    const suggestion =
      prefix + (bare !== "" && isShort(bare) ? bare : "cm12.do.local");
    return { problem: problem("CREDSSP102", { value, found, suggestion }) };
  };

  if (text === "") return refuse("nothing");
  if (/[\s,;]/u.test(text)) return refuse("a separator: is this two names?");
  if (text.includes("@")) return refuse("an @, as behind a user");
  if (isIpv6(text)) return { value: text.toLowerCase() };
  if (/^[a-z][a-z0-9+.-]*:\/\//iu.test(text)) {
    return more("a URL", text.replace(/^[^/]*\/\/([^/:]*).*$/u, "$1"));
  }
  if (text.includes("/")) {
    return more("a service class", text.slice(text.indexOf("/") + 1));
  }
  if (/:\d+$/u.test(text)) {
    return more("a port", text.replace(/:\d+$/u, ""));
  }

  const name = toAscii(text).replace(/\.$/u, "");
  if (!isShort(name)) return refuse(`${name.length} characters`);
  const stars = name.split("*").length - 1;
  if (stars > 0 && !rules.wildcard) return refuse("a wildcard");
  if (stars > 1) return badWildcard(value, `${stars} wildcards`);
  if (stars === 1 && name !== "*" && !name.startsWith("*.")) {
    return badWildcard(value, "a wildcard that is not a whole label in front");
  }
  const labels = name.split(".").filter((_, i) => stars === 0 || i > 0);
  const odd = labels.find(
    (label) => !/^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/u.test(label),
  );
  if (odd !== undefined) {
    return refuse(odd === "" ? "an empty label" : "a character no name has");
  }
  if (stars === 1 && labels.length < 2 && !rules.allowBroad) {
    const over = labels.length === 1 ? "one label" : "everything";
    return { problem: problem("CREDSSP104", { value, labels: over }) };
  }
  return { value: name };
}

function isShort(text: string): boolean {
  return text.length <= longest;
}

/** Whether a text that stands where a name belongs may hold a password: `user:password@host`, or JSON, or a whole file. */
function holdsMore(text: string): boolean {
  return /[@\r\n{}"]|^[^:/]+:(?!\d*$)[^:]*$/u.test(text);
}

/** A name as a message shows it, so that it is found among others; not one that may hold a password. */
function named(given: string): string {
  return holdsMore(given) ? described(given) : shown(given);
}

/** IDN to ASCII by the URL parser, and only where a name is not ASCII: it would turn `0x7f.1` into an address. */
function toAscii(text: string): string {
  if (/^[\x20-\x7e]*$/u.test(text)) return text.toLowerCase();
  // The URL parser would encode a typographic quote as readily as a letter.
  if (!/^[\p{L}\p{M}\p{N}.*_-]*$/u.test(text)) return text;
  try {
    return new URL(`http://${text.replace(/^\*\./u, "")}`).hostname.replace(
      /^/u,
      text.startsWith("*.") ? "*." : "",
    );
  } catch {
    return text;
  }
}

function isIpv6(text: string): boolean {
  if (!/^[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*$/iu.test(text)) return false;
  try {
    return new URL(`http://[${text}]/`).hostname !== "";
  } catch {
    return false;
  }
}

function notText(code: "CREDSSP101" | "CREDSSP106", given: unknown): Checked {
  return {
    problem: problem(code, {
      value: shown(given),
      found: given === undefined ? "nothing" : "something that is no text",
      suggestion: "WSMAN/*.do.local",
    }),
  };
}

function badWildcard(value: string, found: string): Checked {
  return { problem: problem("CREDSSP103", { value, found }) };
}

function notSpn(
  text: string,
  found: string,
  suggestion = "WSMAN/*.do.local",
): Checked {
  const value = named(text);
  return { problem: problem("CREDSSP106", { value, found, suggestion }) };
}
