import type { PolicyState, PolicyStates, ListValue } from "./facts";
import { delegationKey, listKeyOf, policyNames, policyOf } from "./policies";
import type { PolicyName } from "./policies";
import type { StoreChange } from "./steps";

/**
 * Registry.pol, the file that holds local policy: a header and entries
 * `[key;value;type;size;data]` in UTF-16LE. Sources: [MS-GPREG] 2.2.1 and
 * "Registry Policy File Format". Everything here is a function from bytes to
 * bytes; entries that a change does not concern are written back as they were read.
 */

/** The registry types this package reads or writes ([MS-RRP] 3.1.1.5). Others are carried along. */
export const regSz = 1;
/** A string with references to environment variables; read like `regSz`, never written. */
export const regExpandSz = 2;
/** A 32-bit number, little-endian. */
export const regDword = 4;

/** One entry of Registry.pol. */
export interface PolEntry {
  /** The key, below HKLM, as the file spells it. */
  readonly key: string;
  /** The value's name, or a directive that begins with `**` ("Registry Policy File Format"). */
  readonly value: string;
  readonly type: number;
  readonly data: Uint8Array;
  /** The entry's bytes, brackets included: what is written back. */
  readonly raw: Uint8Array;
}

/** Why a file is not a Registry.pol, and at which byte. */
export class RegistryPolError extends Error {
  /** The byte at which the file stops making sense; its length when it ends too early. */
  readonly offset: number;

  constructor(why: string, offset: number) {
    super(`${why} at byte ${offset}`);
    this.name = "RegistryPolError";
    this.offset = offset;
  }
}

/** "PReg" and version 1 ([MS-GPREG] 2.2.1). */
const header = [0x50, 0x52, 0x65, 0x67, 1, 0, 0, 0] as const;

/** Reads a whole file. Anything that is not in the format is a `RegistryPolError`. */
export function decodeRegistryPol(bytes: Uint8Array): readonly PolEntry[] {
  header.forEach((byte, at) => {
    if (bytes[at] !== byte) {
      throw new RegistryPolError(
        "the header is not that of Registry.pol version 1",
        Math.min(at, bytes.length),
      );
    }
  });
  const entries: PolEntry[] = [];
  let at: number = header.length;
  while (at < bytes.length) {
    const entry = readEntry(bytes, at);
    entries.push(entry);
    at += entry.raw.length;
  }
  return entries;
}

/** Writes a whole file, each entry by its `raw` bytes. */
export function encodeRegistryPol(entries: readonly PolEntry[]): Uint8Array {
  return concat([Uint8Array.from(header), ...entries.map((e) => e.raw)]);
}

/** Makes an entry, spelled as Windows spells it: both names end with a NUL. */
export function polEntry(
  key: string,
  value: string,
  type: number,
  data: Uint8Array,
): PolEntry {
  if (key.includes("\0") || value.includes("\0")) {
    throw new Error("a name in Registry.pol cannot hold a NUL");
  }
  const raw = concat([
    utf16(`[${key}\0;${value}\0;`),
    uint32(type),
    utf16(";"),
    uint32(data.length),
    utf16(";"),
    data,
    utf16("]"),
  ]);
  return { key, value, type, data: copy(data), raw };
}

/**
 * The policies as a file declares them: what is left when the entries
 * are carried out in the file's order on an empty registry. So the last of two
 * entries for one value wins, and a deleting directive undoes what stands before it
 * and nothing after it (editors write `**delvals.` first, then the new values). What
 * a directive deletes in HKLM besides is no value of local policy.
 *
 * A DWORD of another type counts as absent. A list value that is no string keeps its
 * name, with empty data: it is no SPN, but its number is taken.
 */
export function policiesOf(entries: readonly PolEntry[]): PolicyStates {
  const ours = entries.filter(
    (entry) => ourKeys.has(fold(entry.key)) || isDirective(entry),
  );
  return Object.fromEntries(
    policyNames.map((name) => [name, stateOf(ours, name)]),
  ) as PolicyStates;
}

function stateOf(entries: readonly PolEntry[], name: PolicyName): PolicyState {
  const { key, switch: enabled, concatenate } = policyOf(name);
  const list = listKeyOf(name);
  const dwords = valuesOf(entries, key);
  const values = list === null ? [] : valuesOf(entries, list).values();
  const isEmptied =
    list !== null &&
    entries.some((entry) => emptiesKey(instructionOf(entry), list));
  return {
    switch: dwordNamed(dwords, enabled),
    concatenate: concatenate === null ? null : dwordNamed(dwords, concatenate),
    values: [...values].map(({ name, entry }) => ({
      name,
      data: textOf(entry) ?? "",
    })),
    ...(isEmptied && { clearsFirst: true }),
  };
}

/**
 * The file with a change made to one policy. `null` stands for a host without the file.
 * If there is nothing to change, the result *is* `bytes` (and without a file, the bare header).
 *
 * - A value is removed if its name (without case) and its data are the given ones, with all entries
 *   that set it: an older one would otherwise come back to life. One that is also to be added stays.
 * - A value that is there with the same data is not added again. With other data it is somebody
 *   else's: an `Error`, because a plan only uses free names.
 * - A policy that is no list has no values to add or remove: an `Error` too.
 * - What is new goes behind the entries of its key, so that no directive there undoes it.
 */
export function changeRegistryPol(
  bytes: Uint8Array | null,
  name: PolicyName,
  change: StoreChange,
): Uint8Array {
  const before = bytes === null ? [] : decodeRegistryPol(bytes);
  const { key, switch: enabled, concatenate } = policyOf(name);
  const listKey = listKeyOf(name) ?? key;
  if (listKey === key && change.add.length + change.remove.length > 0) {
    throw new Error(`${name} has no list to change`);
  }
  let entries = before;
  for (const value of change.remove) {
    if (!change.add.some((added) => sameValue(added, value))) {
      entries = withoutValue(entries, listKey, value);
    }
  }
  // The switches come first because Windows saves a key's values before its subkeys.
  entries = withDword(entries, key, enabled, change.switch);
  if (concatenate !== null) {
    entries = withDword(entries, key, concatenate, change.concatenate);
  }
  for (const value of change.add) {
    entries = withValue(entries, listKey, value);
  }
  return bytes !== null && entries === before
    ? bytes
    : encodeRegistryPol(entries);
}

// --- Changing: each function returns the very array it got when there is nothing to do.

function withoutValue(
  entries: readonly PolEntry[],
  key: string,
  value: ListValue,
): readonly PolEntry[] {
  const held = valuesOf(entries, key).get(fold(value.name));
  return held !== undefined && textOf(held.entry) === value.data
    ? without(entries, held.at)
    : entries;
}

function withValue(
  entries: readonly PolEntry[],
  key: string,
  value: ListValue,
): readonly PolEntry[] {
  const held = valuesOf(entries, key).get(fold(value.name));
  if (value.data.includes("\0") || value.name.startsWith("**")) {
    // The data would end there; the name would be a directive.
    throw new Error("this is no text of a value in Registry.pol");
  }
  if (held === undefined) {
    const data = utf16(`${value.data}\0`);
    return inserted(entries, polEntry(key, value.name, regSz, data));
  }
  if (textOf(held.entry) !== value.data) {
    throw new Error(
      `${key} in local policy already has another value named ${value.name}`,
    );
  }
  return entries;
}

function withDword(
  entries: readonly PolEntry[],
  key: string,
  name: string,
  wanted: number | null | undefined,
): readonly PolEntry[] {
  const held = valuesOf(entries, key).get(fold(name));
  const found = held === undefined ? null : dwordOf(held.entry);
  if (wanted === undefined || wanted === found) {
    return entries;
  }
  if (wanted === null) {
    return without(entries, held?.at ?? []);
  }
  if (held === undefined) {
    const entry = polEntry(key, name, regDword, uint32(wanted));
    return inserted(entries, entry);
  }
  const { entry } = held;
  const changed = polEntry(entry.key, entry.value, regDword, uint32(wanted));
  return without(
    entries.map((entry) => (entry === held.entry ? changed : entry)),
    held.at.slice(0, -1),
  );
}

function without(
  entries: readonly PolEntry[],
  indexes: readonly number[],
): readonly PolEntry[] {
  return entries.filter((_, at) => !indexes.includes(at));
}

/** Puts an entry behind those of its key, or else of its neighbourhood, or else at the end. */
function inserted(
  entries: readonly PolEntry[],
  entry: PolEntry,
): readonly PolEntry[] {
  const ofKey = lastIndex(
    entries,
    (e) =>
      fold(e.key) === fold(entry.key) ||
      deletesKey(instructionOf(e), entry.key),
  );
  const near = lastIndex(entries, (e) =>
    isWithin(e.key, neighbourhoodOf(entry.key)),
  );
  const last = [ofKey, near].find((at) => at >= 0) ?? entries.length - 1;
  return [...entries.slice(0, last + 1), entry, ...entries.slice(last + 1)];
}

/** All list policies are neighbours, and so are WinRM's two: the key above theirs. */
function neighbourhoodOf(key: string): string {
  return isWithin(key, delegationKey)
    ? delegationKey
    : key.slice(0, key.lastIndexOf("\\"));
}

function lastIndex(
  entries: readonly PolEntry[],
  wanted: (entry: PolEntry) => boolean,
): number {
  return entries.map(wanted).lastIndexOf(true);
}

// --- Meaning

/** The keys that hold a policy of ours; a file may hold thousands of entries in others. */
const ourKeys: ReadonlySet<string> = new Set(
  policyNames
    .flatMap((name) => [policyOf(name).key, listKeyOf(name) ?? ""])
    .map(fold),
);

/** A directive of a policy file, or what another source (RSoP) tells of one. */
export interface Instruction {
  /** The key, below HKLM, that it stands in. */
  readonly key: string;
  /** The directive: `**delvals.` for example. Any other name is that of a value. */
  readonly value: string;
  /** The names it lists, separated by semicolons. */
  readonly text: string;
}

function instructionOf(entry: PolEntry): Instruction {
  // Only a directive's data is looked at: a file may hold thousands of other entries.
  const text = isDirective(entry) ? (textOf(entry) ?? "") : "";
  return { key: entry.key, value: entry.value, text };
}

/**
 * Whether an instruction empties a key: what others had in it does not survive a pass of policy
 * processing, whatever the same file writes into it.
 */
export function emptiesKey(instruction: Instruction, key: string): boolean {
  const isAllValues =
    fold(instruction.key) === fold(key) && deletedValues(instruction) === null;
  return isAllValues || deletesKey(instruction, key);
}

/** A value that local policy sets. */
interface Held {
  /** The name as first spelled, which is what the registry keeps. */
  readonly name: string;
  /** The entry that decides the data. */
  readonly entry: PolEntry;
  /** Where the entries stand that set this value, overridden ones first. */
  readonly at: readonly number[];
}

/** The values that are left of a key when all entries are carried out in order, by folded name. */
function valuesOf(
  entries: readonly PolEntry[],
  key: string,
): ReadonlyMap<string, Held> {
  const values = new Map<string, Held>();
  entries.forEach((entry, at) => {
    if (deletesKey(instructionOf(entry), key)) {
      values.clear();
    } else if (fold(entry.key) !== fold(key)) {
      return;
    } else if (isDirective(entry)) {
      const names = deletedValues(instructionOf(entry));
      for (const name of names ?? [...values.keys()]) {
        values.delete(fold(name));
      }
    } else if (!onlyCreatesKey(entry)) {
      const older = values.get(fold(entry.value));
      values.set(fold(entry.value), {
        name: older?.name ?? entry.value,
        entry,
        at: [...(older?.at ?? []), at],
      });
    }
  });
  return values;
}

function isDirective(entry: PolEntry): boolean {
  return entry.value.startsWith("**");
}

/** The names of the values a directive deletes in its key; `null` for all of them. */
function deletedValues(instruction: Instruction): readonly string[] | null {
  const directive = fold(instruction.value);
  if (directive.startsWith("**DELVALS")) {
    return null;
  }
  if (directive.startsWith("**DELETEVALUES")) {
    return namesIn(instruction);
  }
  if (directive.startsWith("**DEL.")) {
    return [instruction.value.slice("**del.".length)];
  }
  // `**SecureKey`, `**soft.` and whatever else there may be delete no value.
  return [];
}

/**
 * Whether an instruction is a `**DeleteKeys` that takes `key` away. The documentation leaves open
 * whether the listed keys are below the instruction's key or below HKLM, so both count.
 */
function deletesKey(instruction: Instruction, key: string): boolean {
  return (
    fold(instruction.value).startsWith("**DELETEKEYS") &&
    namesIn(instruction).some(
      (name) =>
        isWithin(key, `${instruction.key}\\${name}`) || isWithin(key, name),
    )
  );
}

function namesIn({ text }: Instruction): readonly string[] {
  return text
    .split(";")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** "If value, type, data, or size are missing or zero, only the registry key is created." */
function onlyCreatesKey(entry: PolEntry): boolean {
  return entry.value === "" && entry.type === 0 && entry.data.length === 0;
}

function dwordNamed(
  values: ReadonlyMap<string, Held>,
  name: string,
): number | null {
  const held = values.get(fold(name));
  return held === undefined ? null : dwordOf(held.entry);
}

function dwordOf({ type, data }: PolEntry): number | null {
  return type === regDword && data.length === 4 ? readUint32(data, 0) : null;
}

/** A string's text up to its NUL, which some writers leave out; `null` for other types. */
function textOf({ type, data }: PolEntry): string | null {
  if (type !== regSz && type !== regExpandSz) {
    return null;
  }
  const end = findNul(data, 0);
  return readUtf16(data, 0, end ?? data.length);
}

function sameValue(a: ListValue, b: ListValue): boolean {
  return fold(a.name) === fold(b.name) && a.data === b.data;
}

function isWithin(key: string, ancestor: string): boolean {
  return `${fold(key)}\\`.startsWith(`${fold(ancestor)}\\`);
}

/** A name in the form in which the registry compares it: in capitals, unit by unit ("ß" stays one unit). */
function fold(name: string): string {
  const capitals = name.toUpperCase();
  if (capitals.length === name.length) {
    return capitals;
  }
  return name.replace(/[^]/g, (unit) => {
    const upper = unit.toUpperCase();
    return upper.length === 1 ? upper : unit;
  });
}

// --- Reading

/**
 * Reads the entry at `start`. Both names end at their NUL and not at a semicolon,
 * which is a legal character in them ([MS-GPREG] 2.2.1, `IdCharacter`).
 */
function readEntry(bytes: Uint8Array, start: number): PolEntry {
  const keyAt = expect(bytes, start, "[");
  const keyEnd = nameEnd(bytes, keyAt, "key");
  const key = readUtf16(bytes, keyAt, keyEnd);
  const afterKey = keyEnd + 2;

  // The short forms of an entry that only creates its key; see onlyCreatesKey.
  for (const rest of [";;;;]", ";\0;;;]"]) {
    const end = afterKey + rest.length * 2;
    if (end <= bytes.length && readUtf16(bytes, afterKey, end) === rest) {
      const raw = copy(bytes.subarray(start, end));
      return { key, value: "", type: 0, data: new Uint8Array(), raw };
    }
  }

  const valueAt = expect(bytes, afterKey, ";");
  const valueEnd = nameEnd(bytes, valueAt, "value's name");
  const typeAt = expect(bytes, valueEnd + 2, ";");
  const type = number(bytes, typeAt, "type");
  const sizeAt = expect(bytes, typeAt + 4, ";");
  const size = number(bytes, sizeAt, "size");
  const dataAt = expect(bytes, sizeAt + 4, ";");
  if (size > bytes.length - dataAt) {
    throw new RegistryPolError(
      `a size of ${size} reaches beyond the end of the file`,
      sizeAt,
    );
  }
  const end = expect(bytes, dataAt + size, "]");
  return {
    key,
    value: readUtf16(bytes, valueAt, valueEnd),
    type,
    data: copy(bytes.subarray(dataAt, dataAt + size)),
    raw: copy(bytes.subarray(start, end)),
  };
}

/** Checks the delimiter at `at` and returns the offset behind it. */
function expect(bytes: Uint8Array, at: number, delimiter: string): number {
  if (at + 2 > bytes.length) {
    throw new RegistryPolError(
      `the file ends where "${delimiter}" should be`,
      bytes.length,
    );
  }
  if (readUtf16(bytes, at, at + 2) !== delimiter) {
    throw new RegistryPolError(`"${delimiter}" is missing`, at);
  }
  return at + 2;
}

function nameEnd(bytes: Uint8Array, at: number, what: string): number {
  const end = findNul(bytes, at);
  if (end === null) {
    throw new RegistryPolError(`the ${what} has no end`, at);
  }
  return end;
}

function number(bytes: Uint8Array, at: number, what: string): number {
  if (at + 4 > bytes.length) {
    throw new RegistryPolError(`the file ends in the ${what}`, bytes.length);
  }
  return readUint32(bytes, at);
}

// --- Bytes. TextDecoder would replace lone surrogates, which the registry allows.

function findNul(bytes: Uint8Array, from: number): number | null {
  for (let at = from; at + 2 <= bytes.length; at += 2) {
    if (bytes[at] === 0 && bytes[at + 1] === 0) {
      return at;
    }
  }
  return null;
}

function readUtf16(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let at = from; at + 2 <= to; at += 2) {
    text += String.fromCharCode((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8));
  }
  return text;
}

function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    bytes[at * 2] = unit & 0xff;
    bytes[at * 2 + 1] = unit >>> 8;
  }
  return bytes;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** A plain copy: callers may pass a Buffer, whose own `slice` would share its memory. */
function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
