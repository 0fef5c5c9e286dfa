import assert from "node:assert/strict";
import fc from "fast-check";
import { emptyList } from "../../providers/model/facts";
import type { ListValue } from "../../providers/model/facts";
import { delegationKey } from "../../providers/model/policies";
import {
  RegistryPolError,
  changeRegistryPol,
  decodeRegistryPol,
  encodeRegistryPol,
  listsOf,
  polEntry,
  regDword,
  regExpandSz,
  regSz,
} from "../../providers/model/registryPol";
import type { PolEntry } from "../../providers/model/registryPol";
import type { StoreChange } from "../../providers/model/steps";

/**
 * What the Windows stand-in (../shared/tools/windows) saved after
 * `Enable-WSManCredSSP -Role Client -DelegateComputer '*.do.local','app01.do.local' -Force`.
 */
const savedByCmdlet = fromBase64([
  "UFJlZwEAAABbAFMAbwBmAHQAdwBhAHIAZQBcAFAAbwBsAGkAYwBpAGUAcwBcAE0AaQBjAHIAbwBz",
  "AG8AZgB0AFwAVwBpAG4AZABvAHcAcwBcAEMAcgBlAGQAZQBuAHQAaQBhAGwAcwBEAGUAbABlAGcA",
  "YQB0AGkAbwBuAAAAOwBBAGwAbABvAHcARgByAGUAcwBoAEMAcgBlAGQAZQBuAHQAaQBhAGwAcwAA",
  "ADsABAAAADsABAAAADsAAQAAAF0AWwBTAG8AZgB0AHcAYQByAGUAXABQAG8AbABpAGMAaQBlAHMA",
  "XABNAGkAYwByAG8AcwBvAGYAdABcAFcAaQBuAGQAbwB3AHMAXABDAHIAZQBkAGUAbgB0AGkAYQBs",
  "AHMARABlAGwAZQBnAGEAdABpAG8AbgAAADsAQwBvAG4AYwBhAHQAZQBuAGEAdABlAEQAZQBmAGEA",
  "dQBsAHQAcwBfAEEAbABsAG8AdwBGAHIAZQBzAGgAAAA7AAQAAAA7AAQAAAA7AAEAAABdAFsAUwBv",
  "AGYAdAB3AGEAcgBlAFwAUABvAGwAaQBjAGkAZQBzAFwATQBpAGMAcgBvAHMAbwBmAHQAXABXAGkA",
  "bgBkAG8AdwBzAFwAQwByAGUAZABlAG4AdABpAGEAbABzAEQAZQBsAGUAZwBhAHQAaQBvAG4AXABB",
  "AGwAbABvAHcARgByAGUAcwBoAEMAcgBlAGQAZQBuAHQAaQBhAGwAcwAAADsAMQAAADsAAQAAADsA",
  "IgAAADsAdwBzAG0AYQBuAC8AKgAuAGQAbwAuAGwAbwBjAGEAbAAAAF0AWwBTAG8AZgB0AHcAYQBy",
  "AGUAXABQAG8AbABpAGMAaQBlAHMAXABNAGkAYwByAG8AcwBvAGYAdABcAFcAaQBuAGQAbwB3AHMA",
  "XABDAHIAZQBkAGUAbgB0AGkAYQBsAHMARABlAGwAZQBnAGEAdABpAG8AbgBcAEEAbABsAG8AdwBG",
  "AHIAZQBzAGgAQwByAGUAZABlAG4AdABpAGEAbABzAAAAOwAyAAAAOwABAAAAOwAqAAAAOwB3AHMA",
  "bQBhAG4ALwBhAHAAcAAwADEALgBkAG8ALgBsAG8AYwBhAGwAAABdAA==",
]);

const one = Uint8Array.of(1, 0, 0, 0);
const policy = "AllowFreshCredentials";
const concatenate = "ConcatenateDefaults_AllowFresh";
const listKey = `${delegationKey}\\${policy}`;
const nothing: StoreChange = { add: [], remove: [] };

describe("decodeRegistryPol", () => {
  it("reads what Enable-WSManCredSSP saved", () => {
    assert.deepEqual(listsOf(decodeRegistryPol(savedByCmdlet))[policy], {
      switch: 1,
      concatenate: 1,
      values: [
        { name: "1", data: "wsman/*.do.local" },
        { name: "2", data: "wsman/app01.do.local" },
      ],
    });
  });

  it("reads a file with no entries", () => {
    assert.deepEqual(decodeRegistryPol(encodeRegistryPol([])), []);
  });

  it("takes a semicolon or a bracket for a part of a name", () => {
    const entry = polEntry("Software\\a;b]", "[x];y", regSz, utf16("z\0"));
    assert.deepEqual(decodeRegistryPol(encodeRegistryPol([entry])), [entry]);
  });

  for (const rest of [";;;;]", ";\0;;;]"]) {
    it(`reads an entry that only creates its key: ${JSON.stringify(rest)}`, () => {
      const bytes = joined(
        encodeRegistryPol([]),
        utf16(`[${listKey}\0${rest}`),
        polEntry(listKey, "1", regSz, utf16("wsman/a\0")).raw,
      );
      const entries = decodeRegistryPol(bytes);
      assert.equal(entries.length, 2);
      assert.equal(entries[0]?.key, listKey);
      assert.deepEqual(encodeRegistryPol(entries), bytes);
      assert.deepEqual(valuesIn(bytes), [{ name: "1", data: "wsman/a" }]);
    });
  }

  it("does not depend on the caller's buffer afterwards", () => {
    const bytes = Buffer.from(savedByCmdlet);
    const entries = decodeRegistryPol(bytes);
    bytes.fill(0);
    assert.deepEqual(encodeRegistryPol(entries), savedByCmdlet);
  });

  const entryAt = encodeRegistryPol([]).length;
  const start = utf16("[K\0;v\0;");
  const damages: readonly [string, Uint8Array, RegExp, number][] = [
    ["an empty file", bytesOf(), /header/, 0],
    ["a header cut short", bytesOf(0x50, 0x52), /header/, 2],
    [
      "another version",
      bytesOf(0x50, 0x52, 0x65, 0x67, 2, 0, 0, 0),
      /header/,
      4,
    ],
    ["an entry without bracket", file(utf16("K")), /"\[" is missing/, entryAt],
    ["half a unit at the end", file(bytesOf(0x5b)), /"\["/, entryAt + 1],
    ["a key without NUL", file(utf16("[K;v;")), /key has no end/, entryAt + 2],
    [
      "a name without NUL",
      file(utf16("[K\0;v;")),
      /name has no end/,
      entryAt + 8,
    ],
    [
      "a file that ends in the type",
      file(start, bytesOf(1, 0)),
      /in the type/,
      entryAt + start.length + 2,
    ],
    [
      "a size beyond the end",
      file(start, uint32(1), utf16(";"), uint32(0xffffffff), utf16(";]")),
      /size of 4294967295/,
      entryAt + start.length + 6,
    ],
    [
      "a size that misses the bracket",
      file(start, uint32(4), utf16(";"), uint32(2), utf16(";ab]")),
      /"\]" is missing/,
      entryAt + start.length + 14,
    ],
  ];
  for (const [what, bytes, message, offset] of damages) {
    it(`names the byte at which ${what} stops making sense`, () => {
      assert.throws(
        () => decodeRegistryPol(bytes),
        (error: unknown) => {
          assert.ok(error instanceof RegistryPolError);
          assert.match(error.message, message);
          assert.equal(error.offset, offset);
          return true;
        },
      );
    });
  }

  it("gives back any file byte for byte", () => {
    fc.assert(
      fc.property(entries(), (all) => {
        const bytes = encodeRegistryPol(all);
        const decoded = decodeRegistryPol(bytes);
        assert.deepEqual(decoded, all);
        assert.deepEqual(encodeRegistryPol(decoded), bytes);
      }),
    );
  });

  it("answers random bytes with entries or with an offset within them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (raw, h) => {
        decodesOrTells(h ? file(raw) : raw);
      }),
    );
  });

  it("answers any truncation and any flipped bit in the same way", () => {
    fc.assert(
      fc.property(entries(), fc.nat(), fc.nat(), (all, length, bit) => {
        const bytes = encodeRegistryPol(all);
        decodesOrTells(bytes.subarray(0, length % (bytes.length + 1)));
        const at = (bit >>> 3) % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
        decodesOrTells(bytes);
      }),
    );
  });

  it("refuses every proper truncation of a real file but those between entries", () => {
    const whole = decodeRegistryPol(savedByCmdlet);
    const ends = whole.map((_, n) => encodeRegistryPol(whole.slice(0, n)));
    for (let length = 0; length < savedByCmdlet.length; length++) {
      const cut = savedByCmdlet.subarray(0, length);
      if (!ends.some((end) => end.length === length)) {
        assert.throws(() => decodeRegistryPol(cut), RegistryPolError);
      }
    }
  });
});

describe("polEntry", () => {
  it("refuses a name that would end before its end", () => {
    assert.throws(() => polEntry("K\0", "v", regSz, utf16("\0")), /NUL/);
    assert.throws(() => polEntry("K", "v\0", regSz, utf16("\0")), /NUL/);
  });
});

describe("listsOf", () => {
  it("finds nothing in a policy about something else", () => {
    const other = polEntry("Software\\Policies\\X", "1", regSz, utf16("y\0"));
    assert.deepEqual(listsOf([other]), { [policy]: emptyList });
  });

  it("compares keys and names without case", () => {
    const all = [
      polEntry(delegationKey.toUpperCase(), "allowfreshCREDENTIALS", 4, one),
      polEntry(listKey.toLowerCase(), "A", regSz, utf16("x\0")),
    ];
    assert.deepEqual(listsOf(all)[policy], {
      ...emptyList,
      switch: 1,
      values: [{ name: "A", data: "x" }],
    });
  });

  it("does not take a letter for the two that are its capitals", () => {
    const all = ["ß", "SS", "éß", "Éß"].map((name) => named(name, "x"));
    assert.deepEqual(
      listsOf(all)[policy].values.map(({ name }) => name),
      ["ß", "SS", "éß"],
    );
  });

  it("lets the last of two entries for one value win", () => {
    const all = [named("a", "old"), named("b", "x"), named("A", "new")];
    assert.deepEqual(listsOf(all)[policy].values, [
      { name: "a", data: "new" },
      { name: "b", data: "x" },
    ]);
  });

  it("reads a string without its NUL, and an expandable one", () => {
    const all = [
      polEntry(listKey, "1", regSz, utf16("wsman/a")),
      polEntry(listKey, "2", regExpandSz, utf16("wsman/b\0")),
    ];
    assert.deepEqual(listsOf(all)[policy].values, [
      { name: "1", data: "wsman/a" },
      { name: "2", data: "wsman/b" },
    ]);
  });

  it("keeps the name of a list value that is no string, because its number is taken", () => {
    const all = [polEntry(listKey, "7", regDword, one)];
    assert.deepEqual(listsOf(all)[policy].values, [{ name: "7", data: "" }]);
  });

  it("takes a switch of another type for absent", () => {
    const all = [
      polEntry(delegationKey, policy, regSz, utf16("1\0")),
      polEntry(delegationKey, concatenate, regDword, bytesOf(1)),
    ];
    assert.deepEqual(listsOf(all)[policy], emptyList);
  });

  const directives: readonly [string, PolEntry, readonly string[]][] = [
    ["**del.1", directive("**del.1", " "), ["10", "2"]],
    ["**Del.2", directive("**Del.2", ""), ["1", "10"]],
    ["**delvals.", directive("**delvals.", " "), []],
    ["**DeleteValues", directive("**DeleteValues", "1; 2"), ["10"]],
    ["**DeleteKeys", below("**DeleteKeys", "other;allowfreshcredentials"), []],
    ["**DeleteKeys below HKLM", below("**DeleteKeys", delegationKey), []],
    ["**SecureKey", directive("**SecureKey", "1"), ["1", "10", "2"]],
    ["**soft.3", directive("**soft.3", "wsman/x"), ["1", "10", "2"]],
  ];
  for (const [what, entry, left] of directives) {
    it(`lets ${what} undo what stands before it, and nothing behind it`, () => {
      const values = ["1", "10", "2"].map((name) => named(name, "x"));
      const namesOf = (all: readonly PolEntry[]): readonly string[] =>
        listsOf(all)[policy].values.map(({ name }) => name);
      assert.deepEqual(namesOf([...values, entry]), left);
      assert.deepEqual(namesOf([entry, ...values]), ["1", "10", "2"]);
    });
  }
});

describe("changeRegistryPol", () => {
  it("writes, on a host without the file, what the cmdlet would have written", () => {
    const add = [
      { name: "1", data: "wsman/*.do.local" },
      { name: "2", data: "wsman/app01.do.local" },
    ];
    const change = { ...nothing, add, switch: 1, concatenate: 1 };
    assert.deepEqual(changeRegistryPol(null, policy, change), savedByCmdlet);
  });

  it("writes a bare header on a host without the file when there is nothing to write", () => {
    assert.deepEqual(
      changeRegistryPol(null, policy, nothing),
      encodeRegistryPol([]),
    );
  });

  it("returns the very same bytes when nothing changes", () => {
    const change: StoreChange = {
      add: [{ name: "1", data: "wsman/*.do.local" }],
      remove: [
        { name: "2", data: "wsman/somebody.else" },
        { name: "3", data: "wsman/gone" },
      ],
      switch: 1,
    };
    assert.equal(
      changeRegistryPol(savedByCmdlet, policy, change),
      savedByCmdlet,
    );
  });

  it("puts a new value behind its key's others", () => {
    const all = [
      named("1", "a"),
      named("9", "b"),
      polEntry("Z", "z", 3, bytesOf(1)),
    ];
    const add = [{ name: "10", data: "c" }];
    assert.deepEqual(decodedAfter(all, { ...nothing, add }), [
      ...all.slice(0, 2),
      named("10", "c"),
      ...all.slice(2),
    ]);
  });

  it("puts a new value behind a directive that would undo it", () => {
    const all = [directive("**delvals.", " "), polEntry("Z", "z", 1, one)];
    const add = [{ name: "1", data: "c" }];
    const changed = decodedAfter(all, { ...nothing, add });
    assert.deepEqual(changed, [all[0], named("1", "c"), all[1]]);
    assert.deepEqual(listsOf(changed)[policy].values, add);
  });

  it("puts a new value behind the removal of its whole key", () => {
    const all = [named("1", "a"), below("**DeleteKeys", policy)];
    const add = [{ name: "1", data: "b" }];
    const changed = decodedAfter(all, { ...nothing, add });
    assert.deepEqual(changed, [...all, named("1", "b")]);
    assert.deepEqual(listsOf(changed)[policy].values, add);
  });

  it("puts the first value of a key near the other delegation policies", () => {
    const all = [
      polEntry(delegationKey, policy, regDword, one),
      polEntry("Z", "z", regDword, one),
    ];
    const add = [{ name: "1", data: "c" }];
    assert.deepEqual(decodedAfter(all, { ...nothing, add }), [
      all[0],
      named("1", "c"),
      all[1],
    ]);
  });

  it("removes by name and data", () => {
    const all = [named("1", "a"), named("10", "a"), named("2", "b")];
    const remove = [
      { name: "1", data: "a" },
      { name: "2", data: "a" },
    ];
    assert.deepEqual(decodedAfter(all, { ...nothing, remove }), all.slice(1));
  });

  it("removes the older entries of a value too, so that none comes back to life", () => {
    const all = [named("1", "old"), named("2", "b"), named("1", "ours")];
    const remove = [{ name: "1", data: "ours" }];
    assert.deepEqual(decodedAfter(all, { ...nothing, remove }), [all[1]]);
  });

  it("does not remove a value that is no string", () => {
    const all = [polEntry(listKey, "7", regDword, one)];
    const remove = [{ name: "7", data: "" }];
    assert.deepEqual(decodedAfter(all, { ...nothing, remove }), all);
  });

  it("moves a value to another name in one change", () => {
    const change = {
      add: [{ name: "2", data: "a" }],
      remove: [{ name: "1", data: "a" }],
    };
    assert.deepEqual(decodedAfter([named("1", "a")], change), [
      named("2", "a"),
    ]);
  });

  it("refuses a name that somebody else has taken", () => {
    const all = encodeRegistryPol([named("1", "a")]);
    const add = [{ name: "1", data: "b" }];
    assert.throws(
      () => changeRegistryPol(all, policy, { ...nothing, add }),
      /already has another value named 1$/,
    );
  });

  it("sets a switch where it stands, as it is spelled, and removes it", () => {
    const spelled = (data: Uint8Array): PolEntry =>
      polEntry(delegationKey.toUpperCase(), policy.toLowerCase(), 4, data);
    const all = [spelled(bytesOf(0, 0, 0, 0)), named("1", "a")];
    const set = decodedAfter(all, { ...nothing, switch: 1 });
    assert.deepEqual(set, [spelled(one), all[1]]);
    const gone = decodedAfter(all, { ...nothing, switch: null });
    assert.deepEqual(gone, [all[1]]);
  });

  it("makes one switch of several", () => {
    const dword = (n: number): PolEntry =>
      polEntry(delegationKey, policy, regDword, uint32(n));
    assert.deepEqual(
      decodedAfter([dword(0), dword(2)], { ...nothing, switch: 1 }),
      [dword(1)],
    );
  });

  it("throws at a damaged file", () => {
    assert.throws(
      () => changeRegistryPol(savedByCmdlet.subarray(0, 99), policy, nothing),
      RegistryPolError,
    );
  });

  it("leaves the entries of others as they are, whatever it does", () => {
    fc.assert(
      fc.property(entries(), changes(), (all, change) => {
        const others = (e: readonly PolEntry[]): readonly PolEntry[] =>
          e.filter((entry) => !isOurs(entry));
        const changed = tryChange(encodeRegistryPol(all), change);
        fc.pre(changed !== null);
        assert.deepEqual(others(decodeRegistryPol(changed)), others(all));
      }),
    );
  });

  it("leaves list values that are not named in the change as they are", () => {
    fc.assert(
      fc.property(entries(), changes(), (all, change) => {
        const before = encodeRegistryPol(all);
        const changed = tryChange(before, change);
        fc.pre(changed !== null);
        const named = [...change.add, ...change.remove].map((v) =>
          v.name.toUpperCase(),
        );
        const unnamed = (bytes: Uint8Array): readonly ListValue[] =>
          valuesIn(bytes).filter((v) => !named.includes(v.name.toUpperCase()));
        assert.deepEqual(unnamed(changed), unnamed(before));
      }),
    );
  });

  it("does what it is told", () => {
    fc.assert(
      fc.property(entries(), changes(), (all, change) => {
        const before = encodeRegistryPol(all);
        const changed = tryChange(before, change);
        fc.pre(changed !== null);
        const list = listsOf(decodeRegistryPol(changed))[policy];
        for (const { name, data } of change.add) {
          const found = list.values.find(
            (v) => v.name.toUpperCase() === name.toUpperCase(),
          );
          assert.equal(found?.data, data);
        }
        const was = listsOf(all)[policy];
        assert.equal(
          list.switch,
          change.switch === undefined ? was.switch : change.switch,
        );
        assert.equal(
          list.concatenate,
          change.concatenate === undefined
            ? was.concatenate
            : change.concatenate,
        );
      }),
    );
  });

  it("changes nothing when it is done again", () => {
    fc.assert(
      fc.property(entries(), changes(), (all, change) => {
        const once = tryChange(encodeRegistryPol(all), change);
        fc.pre(once !== null);
        assert.equal(changeRegistryPol(once, policy, change), once);
      }),
    );
  });

  it("takes back to the byte what it added", () => {
    fc.assert(
      fc.property(entries(), listValues(), (all, add) => {
        const taken = listsOf(all)[policy].values.map((v) =>
          v.name.toUpperCase(),
        );
        const fresh = add.filter((v) => !taken.includes(v.name.toUpperCase()));
        const bytes = encodeRegistryPol(all);
        const added = tryChange(bytes, { add: fresh, remove: [] });
        fc.pre(added !== null);
        assert.deepEqual(
          changeRegistryPol(added, policy, { add: [], remove: fresh }),
          bytes,
        );
      }),
    );
  });

  it("never takes value 1 for value 10", () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 120 }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(numbers, fc.nat(), (all, pick) => {
        const gone = String(all[pick % all.length]);
        const bytes = encodeRegistryPol(
          all.map((n) => named(String(n), "same")),
        );
        const change = { add: [], remove: [{ name: gone, data: "same" }] };
        assert.deepEqual(
          valuesIn(changeRegistryPol(bytes, policy, change)).map((v) => v.name),
          all.map(String).filter((name) => name !== gone),
        );
      }),
    );
  });
});

// --- What the properties are about

/** Entries of any kind, among them many that a change may meet. */
function entries(): fc.Arbitrary<readonly PolEntry[]> {
  const key = fc.oneof(
    fc.constantFrom(listKey, listKey.toUpperCase(), delegationKey, "Software"),
    fc.string({ unit: "binary" }).map(withoutNul),
  );
  const value = fc.oneof(
    valueName(),
    fc.constantFrom(policy, concatenate, "**del.1", "**delvals.", ""),
    fc.constantFrom("**DeleteKeys", "**DeleteValues", "**SecureKey"),
    fc.string({ unit: "binary" }).map(withoutNul),
  );
  const string = fc
    .tuple(fc.constantFrom("a", "b", "1;2", policy, "x"), fc.boolean())
    .map(([text, nul]) => utf16(nul ? `${text}\0` : text));
  const typed = fc.oneof(
    fc.tuple(fc.constant(regSz), string),
    fc.tuple(fc.constant(regDword), fc.nat({ max: 2 }).map(uint32)),
    fc.tuple(fc.nat({ max: 12 }), fc.uint8Array({ maxLength: 9 })),
  );
  const entry = fc
    .tuple(key, value, typed)
    .map(([k, v, [type, data]]) => polEntry(k, v, type, data));
  return fc.array(entry, { maxLength: 12 });
}

function changes(): fc.Arbitrary<StoreChange> {
  const dword = fc.option(fc.nat({ max: 2 }));
  return fc.record(
    {
      add: listValues(),
      remove: listValues(),
      switch: dword,
      concatenate: dword,
    },
    { requiredKeys: ["add", "remove"] },
  );
}

function listValues(): fc.Arbitrary<ListValue[]> {
  const data = fc.constantFrom("a", "b", "wsman/*.do.local");
  return fc.array(fc.record({ name: valueName(), data }), { maxLength: 4 });
}

function valueName(): fc.Arbitrary<string> {
  return fc.constantFrom("1", "2", "10", "11", "a", "A");
}

/** The changed file, or null where the change would take a name that somebody else has. */
function tryChange(bytes: Uint8Array, change: StoreChange): Uint8Array | null {
  try {
    return changeRegistryPol(bytes, policy, change);
  } catch (error) {
    assert.match(String(error), /already has another value/);
    return null;
  }
}

function isOurs({ key, value }: PolEntry): boolean {
  const place = key.toUpperCase();
  return (
    !value.startsWith("**") &&
    (place === listKey.toUpperCase() ||
      (place === delegationKey.toUpperCase() &&
        [policy, concatenate].some(
          (name) => name.toUpperCase() === value.toUpperCase(),
        )))
  );
}

function decodesOrTells(bytes: Uint8Array): void {
  try {
    assert.deepEqual(
      encodeRegistryPol(decodeRegistryPol(bytes)),
      new Uint8Array(bytes),
    );
  } catch (error) {
    assert.ok(error instanceof RegistryPolError, String(error));
    assert.ok(error.offset >= 0 && error.offset <= bytes.length);
  }
}

// --- Entries and bytes

function decodedAfter(
  all: readonly PolEntry[],
  change: StoreChange,
): readonly PolEntry[] {
  return decodeRegistryPol(
    changeRegistryPol(encodeRegistryPol(all), policy, change),
  );
}

function valuesIn(bytes: Uint8Array): readonly ListValue[] {
  return listsOf(decodeRegistryPol(bytes))[policy].values;
}

function named(name: string, data: string): PolEntry {
  return polEntry(listKey, name, regSz, utf16(`${data}\0`));
}

function directive(value: string, data: string): PolEntry {
  return polEntry(listKey, value, regSz, utf16(`${data}\0`));
}

function below(value: string, data: string): PolEntry {
  return polEntry(delegationKey, value, regSz, utf16(`${data}\0`));
}

function file(...parts: readonly Uint8Array[]): Uint8Array {
  return joined(encodeRegistryPol([]), ...parts);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function utf16(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "utf16le"));
}

function uint32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function bytesOf(...bytes: readonly number[]): Uint8Array {
  return Uint8Array.from(bytes);
}

function fromBase64(lines: readonly string[]): Uint8Array {
  return new Uint8Array(Buffer.from(lines.join(""), "base64"));
}

function withoutNul(text: string): string {
  return text.replaceAll("\0", "");
}
