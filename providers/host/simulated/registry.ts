/**
 * The data of a value: text is a REG_SZ and a number a REG_DWORD; everything else
 * carries the registry's type number and its bytes in hex.
 */
export type Data =
  string | number | { readonly type: number; readonly hex: string };

/** The values of one key, by name. */
export type Values = Readonly<Record<string, Data>>;

/**
 * A part of the registry, or the content of a Registry.pol: every key that exists,
 * by its full path, with its values. Names compare without case, as in Windows.
 * Every function here returns what it was given when nothing is to be changed, so
 * that `===` tells whether anything was.
 */
export type Registry = Readonly<Record<string, Values>>;

const same = (a: string, b: string): boolean =>
  a.length === b.length && a.toLowerCase() === b.toLowerCase();

/** The spelling under which a name stands in a record, if it does. */
function spelling(
  record: Readonly<Record<string, unknown>>,
  name: string,
): string | undefined {
  if (Object.hasOwn(record, name)) return name;
  for (const known in record) if (same(known, name)) return known;
  return undefined;
}

/** The values of a key, or undefined where there is no such key. */
export function valuesOf(registry: Registry, key: string): Values | undefined {
  const stored = spelling(registry, key);
  return stored === undefined ? undefined : registry[stored];
}

/** The data of one value, or undefined. */
export function dataOf(
  registry: Registry,
  key: string,
  name: string,
): Data | undefined {
  const values = valuesOf(registry, key) ?? {};
  const stored = spelling(values, name);
  return stored === undefined ? undefined : values[stored];
}

/** A value's DWORD, or null where it is absent or of another type. */
export function dwordOf(
  registry: Registry,
  key: string,
  name: string,
): number | null {
  const data = dataOf(registry, key, name);
  return typeof data === "number" ? data : null;
}

/** With a key that exists, empty if it is new. */
export function createKey(registry: Registry, key: string): Registry {
  return spelling(registry, key) === undefined
    ? { ...registry, [key]: {} }
    : registry;
}

/** Without a key and all that is below it. */
export function removeKey(registry: Registry, key: string): Registry {
  const below = `${key}\\`;
  const kept = Object.entries(registry).filter(
    ([k]) => !same(k, key) && !same(k.slice(0, below.length), below),
  );
  return kept.length === Object.keys(registry).length
    ? registry
    : Object.fromEntries(kept);
}

/** With a value set; the key is created where it is missing. */
export function setValue(
  registry: Registry,
  key: string,
  name: string,
  data: Data,
): Registry {
  const at = spelling(registry, key) ?? key;
  const values = registry[at] ?? {};
  const stored = spelling(values, name) ?? name;
  if (Object.hasOwn(values, stored) && equalData(values[stored], data))
    return registry;
  return { ...registry, [at]: { ...values, [stored]: data } };
}

/** Without a value; the key stays. */
export function removeValue(
  registry: Registry,
  key: string,
  name: string,
): Registry {
  const at = spelling(registry, key);
  const stored = at === undefined ? at : spelling(registry[at] ?? {}, name);
  if (at === undefined || stored === undefined) return registry;
  const { [stored]: _, ...values } = registry[at] ?? {};
  return { ...registry, [at]: values };
}

/** Without a key that holds neither values nor keys. */
export function removeIfEmpty(registry: Registry, key: string): Registry {
  const values = valuesOf(registry, key);
  if (values === undefined || Object.keys(values).length > 0) return registry;
  const below = `${key}\\`;
  return Object.keys(registry).some((k) =>
    same(k.slice(0, below.length), below),
  )
    ? registry
    : removeKey(registry, key);
}

/** With its keys in alphabetical order, which means nothing and reads well. Values keep theirs. */
export function sortedByKey(registry: Registry): Registry {
  return Object.fromEntries(
    Object.entries(registry).sort(([a], [b]) =>
      a.toLowerCase() < b.toLowerCase() ? -1 : 1,
    ),
  );
}

function equalData(a: Data | undefined, b: Data): boolean {
  return typeof a === "object" && typeof b === "object"
    ? a.type === b.type && a.hex === b.hex
    : a === b;
}

/** Data from the type and the bytes that Registry.pol holds; `toBytes` gives back exactly those. */
export function fromBytes(type: number, hex: string): Data {
  const bytes = Buffer.from(hex, "hex");
  if (type === 4 && bytes.length === 4) return bytes.readUInt32LE();
  if (type === 1 && bytes.length % 2 === 0) {
    const text = bytes.toString("utf16le");
    if (text.indexOf("\0") === text.length - 1) return text.slice(0, -1);
  }
  return { type, hex };
}

/** The type and the bytes, in hex, of data. */
export function toBytes(data: Data): { type: number; hex: string } {
  if (typeof data === "string")
    return {
      type: 1,
      hex: Buffer.from(`${data}\0`, "utf16le").toString("hex"),
    };
  if (typeof data === "number") {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(data);
    return { type: 4, hex: bytes.toString("hex") };
  }
  return data;
}
