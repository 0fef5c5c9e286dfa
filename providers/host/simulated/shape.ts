/** A value that is not what a file must hold there. `at` is the way to it, such as `winrm.status`. */
export class ShapeError extends Error {
  constructor(at: string, expected: string, found: unknown) {
    super(`${at || "the file"} must be ${expected}, but is ${brief(found)}`);
    this.name = "ShapeError";
  }
}

/** Turns a parsed JSON value into what is expected there, or throws a ShapeError. */
export type Shape<T> = (value: unknown, at: string) => T;

/** Text. */
export const text: Shape<string> = (value, at) => {
  if (typeof value !== "string") throw new ShapeError(at, "text", value);
  return value;
};

/** True or false. */
export const truth: Shape<boolean> = (value, at) => {
  if (typeof value !== "boolean")
    throw new ShapeError(at, "true or false", value);
  return value;
};

/** A whole number from 0 to what 32 bits hold. */
export const dword: Shape<number> = (value, at) => {
  if (
    typeof value !== "number" ||
    !Number.isInteger(value) ||
    value < 0 ||
    value > 0xffffffff
  )
    throw new ShapeError(at, "a whole number from 0 to 4294967295", value);
  return value;
};

/** A point in time, as ISO 8601. */
export const time: Shape<string> = (value, at) => {
  const found = text(value, at);
  if (Number.isNaN(Date.parse(found)))
    throw new ShapeError(at, "a time such as 2026-01-01T00:00:00.000Z", value);
  return found;
};

/** Something, or null. */
export const orNull =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value, at) =>
    value === null ? null : shape(value, at);

/** A JSON object whose every value has one shape. */
export const record =
  <T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> =>
  (value, at) =>
    Object.fromEntries(
      Object.entries(object(value, at)).map(([name, v]) => [
        name,
        shape(v, `${at}["${name}"]`),
      ]),
    );

/** A JSON array whose every item has one shape. */
export const list =
  <T>(shape: Shape<T>): Shape<readonly T[]> =>
  (value, at) => {
    if (!Array.isArray(value)) throw new ShapeError(at, "an array", value);
    return value.map((item, i) => shape(item, `${at}[${i}]`));
  };

/**
 * A JSON object with these properties and no others: a misspelt one would be lost
 * without a word. Those that are absent are left to the defaults.
 */
export const part =
  <T extends object>(shapes: {
    readonly [K in keyof T]-?: Shape<NonNullable<T[K]> | Extract<T[K], null>>;
  }): Shape<Partial<T>> =>
  (value, at) => {
    const known = shapes as Readonly<Record<string, Shape<unknown>>>;
    const entries = Object.entries(object(value, at)).map(([name, v]) => {
      const shape = Object.hasOwn(known, name) ? known[name] : undefined;
      const where = at === "" ? name : `${at}.${name}`;
      if (shape === undefined)
        throw new ShapeError(
          where,
          `one of ${Object.keys(known).join(", ")}`,
          "another name",
        );
      return [name, shape(v, where)];
    });
    return Object.fromEntries(entries) as Partial<T>;
  };

/** A JSON object. */
export function object(
  value: unknown,
  at: string,
): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ShapeError(at, "an object", value);
  return value as Readonly<Record<string, unknown>>;
}

function brief(value: unknown): string {
  if (value === undefined) return "missing";
  const json = JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
}
