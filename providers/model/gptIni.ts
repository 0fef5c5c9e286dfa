/**
 * gpt.ini, the file beside local policy that tells Windows whether, and by which
 * extensions, there is something new to process. Windows reads it by
 * GetPrivateProfileString: the first section and the first key of a name count,
 * and case does not. Here only the lines that must change are changed.
 */

/** The client-side extension that carries Registry.pol into the registry ([MS-GPREG] 1.9). */
export const registryExtension = "{35378EAC-683F-11D2-A89A-00C04FBBCFA2}";

/** The tool that Enable-WSManCredSSP saves local policy under (CredSSP.cs in PowerShell/PowerShell). */
export const credsspTool = "{7A9206BD-33AF-47AF-B832-D4128730E990}";

/** `GPO_OPTION_DISABLE_MACHINE` (gpedit.h): the computer half of the policy is disabled. */
const disableMachine = 2;

/**
 * gpt.ini after a change of the machine's Registry.pol; `null` stands for a host without the
 * file, which then gets what IGroupPolicyObject::Save would write. Only the machine half of
 * the version moves, and `gPCMachineExtensionNames` names the registry extension afterwards.
 */
export function bumpMachineVersion(bytes: Uint8Array | null): Uint8Array {
  const file = decode(bytes ?? new Uint8Array());
  let lines: readonly string[] = linesOf(file.text);
  if (sectionAt(lines) === null) {
    lines = appended(lines, ["[General]", "gPCFunctionalityVersion=2"]);
  }
  lines = withKey(lines, "gPCMachineExtensionNames", (old) =>
    mergeExtension(old ?? ""),
  );
  lines = withKey(lines, "Version", (old) => bumped(old ?? "0"));
  return encode({ ...file, text: lines.join("") });
}

/** Whether gpt.ini switches the machine half of local policy off, so that nothing in it is applied. */
export function machineHalfDisabled(bytes: Uint8Array | null): boolean {
  if (bytes === null) {
    return false;
  }
  const options = valueOf(linesOf(decode(bytes).text), "Options");
  return (integerIn(options ?? "0") & disableMachine) !== 0;
}

// --- Version

/**
 * The next version. The low 16 bits are the machine's, the high ones the user's ([MS-GPOL]
 * 3.3.5.4). A half that would become 0 becomes 1 (3.3.4.5): 0 means that there is no policy.
 */
function bumped(text: string): string {
  const version = integerIn(text);
  const machine = ((version & 0xffff) + 1) & 0xffff || 1;
  const next = ((version & ~0xffff) | machine) >>> 0;
  // A user half above 7FFF may have been written as a signed number; it stays one.
  return String(text.trim().startsWith("-") ? next | 0 : next);
}

/** The integer a text begins with, as GetPrivateProfileInt finds it: 0 if there is none. */
function integerIn(text: string): number {
  const digits = /^\s*([+-]?\d+)/.exec(text)?.[1] ?? "0";
  return Number(BigInt.asUintN(32, BigInt(digits.replace("+", ""))));
}

// --- Extension names: [{extension}{tool}{tool}][{extension}{tool}]

/**
 * Adds our extension and tool, each in ascending order ([MS-GPOL] 2.2.4), and leaves the other
 * groups alone, each in its own brackets: others have lost settings by flattening them
 * (GPRegistryPolicyDsc#40).
 */
function mergeExtension(text: string): string {
  const groups = [...text.matchAll(/\[(\{[^{}[\]]*\})((?:\{[^{}[\]]*\})*)\]/g)];
  const own = groups.find(([, extension]) =>
    same(extension, registryExtension),
  );
  if (own !== undefined) {
    const [whole, extension = "", tools = ""] = own;
    return spliced(text, own.index, whole, `[${extension}${addTool(tools)}]`);
  }
  const group = `[${registryExtension}${credsspTool}]`;
  const next = groups.find(([, extension]) => after(extension));
  return next === undefined
    ? text + group
    : spliced(text, next.index, "", group);
}

function after(extension: string | undefined): boolean {
  return (extension ?? "").toUpperCase() > registryExtension;
}

function addTool(text: string): string {
  const tools = text.match(/\{[^}]*\}/g) ?? [];
  if (tools.some((tool) => same(tool, credsspTool))) {
    return text;
  }
  const next = tools.findIndex((tool) => tool.toUpperCase() > credsspTool);
  const at = next < 0 ? tools.length : next;
  return [...tools.slice(0, at), credsspTool, ...tools.slice(at)].join("");
}

function spliced(
  text: string,
  at: number,
  old: string,
  replacement: string,
): string {
  return text.slice(0, at) + replacement + text.slice(at + old.length);
}

// --- Lines, each with its own line end

function linesOf(text: string): readonly string[] {
  return text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
}

/** The index of the first `[General]`, or null. */
function sectionAt(lines: readonly string[]): number | null {
  const at = lines.findIndex((line) => same(sectionIn(line), "General"));
  return at < 0 ? null : at;
}

function sectionIn(line: string): string | undefined {
  return /^\s*\[([^\]]*)\]/.exec(line)?.[1]?.trim();
}

/** The lines of `[General]`, from behind its head up to the next section. */
function bodyOf(lines: readonly string[]): { from: number; to: number } {
  const head = sectionAt(lines);
  if (head === null) {
    return { from: lines.length, to: lines.length };
  }
  const from = head + 1;
  const length = lines
    .slice(from)
    .findIndex((line) => sectionIn(line) !== undefined);
  return { from, to: length < 0 ? lines.length : from + length };
}

/** A line `key=value`: what stands before the value, the value, and what follows it. */
interface KeyLine {
  readonly at: number;
  readonly before: string;
  readonly value: string;
  readonly after: string;
}

/** The first line of a key in `[General]`. Quotes around the value are not part of it. */
function keyLine(lines: readonly string[], key: string): KeyLine | null {
  const { from, to } = bodyOf(lines);
  for (let at = from; at < to; at++) {
    const line = lines[at] ?? "";
    const equals = line.indexOf("=");
    if (equals >= 0 && same(line.slice(0, equals).trim(), key)) {
      const rest = line.slice(equals + 1);
      const quoted = rest.trim();
      const value = /^"(.*)"$/.exec(quoted)?.[1] ?? quoted;
      const start =
        equals + 1 + rest.indexOf(quoted) + (value === quoted ? 0 : 1);
      return {
        at,
        before: line.slice(0, start),
        value,
        after: line.slice(start + value.length),
      };
    }
  }
  return null;
}

function valueOf(lines: readonly string[], key: string): string | null {
  return keyLine(lines, key)?.value ?? null;
}

/** The lines with a key's value replaced, or with the key added to the end of `[General]`. */
function withKey(
  lines: readonly string[],
  key: string,
  change: (old: string | null) => string,
): readonly string[] {
  const line = keyLine(lines, key);
  if (line !== null) {
    const changed = line.before + change(line.value) + line.after;
    return lines.map((old, at) => (at === line.at ? changed : old));
  }
  const { from, to } = bodyOf(lines);
  // Blank lines before the next section stay between the sections.
  let end = to;
  while (end > from && (lines[end - 1] ?? "").trim() === "") {
    end--;
  }
  return [
    ...appended(lines.slice(0, end), [`${key}=${change(null)}`]),
    ...lines.slice(end),
  ];
}

/** Lines with others behind them, ended as the first line is ended. */
function appended(
  lines: readonly string[],
  added: readonly string[],
): readonly string[] {
  const lineEnd = /[\r\n]+$/.exec(lines[0] ?? "")?.[0] ?? "\r\n";
  const ended = lines.map((line) =>
    /[\r\n]$/.test(line) ? line : line + lineEnd,
  );
  return [...ended, ...added.map((line) => line + lineEnd)];
}

function same(a: string | undefined, b: string): boolean {
  return a?.toUpperCase() === b.toUpperCase();
}

// --- Bytes

/**
 * A file as text that goes back to the same bytes: UTF-16LE behind a byte order mark, else one
 * character a byte, whatever the code page (all that is looked at here is ASCII).
 */
interface IniText {
  readonly mark: readonly number[];
  readonly wide: boolean;
  readonly text: string;
  /** Half a UTF-16 unit at the end of a damaged file. */
  readonly rest: readonly number[];
}

const utf16Mark = [0xff, 0xfe];
/** PowerShell's Set-Content puts it there; left in the text, it would hide the first section. */
const utf8Mark = [0xef, 0xbb, 0xbf];

function decode(bytes: Uint8Array): IniText {
  const mark = [utf16Mark, utf8Mark].find((m) => startsWith(bytes, m)) ?? [];
  const wide = mark === utf16Mark;
  const width = wide ? 2 : 1;
  let text = "";
  let at = mark.length;
  for (; at + width <= bytes.length; at += width) {
    const high = wide ? (bytes[at + 1] ?? 0) : 0;
    text += String.fromCharCode((bytes[at] ?? 0) | (high << 8));
  }
  return { mark, wide, text, rest: [...bytes.subarray(at)] };
}

function encode({ mark, wide, text, rest }: IniText): Uint8Array {
  const bytes: number[] = [...mark];
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    bytes.push(unit & 0xff, ...(wide ? [unit >>> 8] : []));
  }
  return Uint8Array.from([...bytes, ...rest]);
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, at) => bytes[at] === byte);
}
