import assert from "node:assert/strict";
import fc from "fast-check";
import { noPolicies, notConfigured } from "../../providers/model/facts";
import type { ListValue, PolicyState } from "../../providers/model/facts";
import {
  delegationKey,
  listKeyOf,
  policyNames,
  policyOf,
} from "../../providers/model/policies";
import type { PolicyName } from "../../providers/model/policies";
import {
  RegistryPolError,
  changeRegistryPol,
  decodeRegistryPol,
  encodeRegistryPol,
  policiesOf,
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
    assert.deepEqual(policiesOf(decodeRegistryPol(savedByCmdlet))[policy], {
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

describe("policiesOf", () => {
  it("finds nothing in a policy about something else", () => {
    const other = polEntry("Software\\Policies\\X", "1", regSz, utf16("y\0"));
    assert.deepEqual(policiesOf([other]), noPolicies);
  });

  it("compares keys and names without case", () => {
    const all = [
      polEntry(delegationKey.toUpperCase(), "allowfreshCREDENTIALS", 4, one),
      polEntry(listKey.toLowerCase(), "A", regSz, utf16("x\0")),
    ];
    assert.deepEqual(policiesOf(all)[policy], {
      ...notConfigured,
      switch: 1,
      values: [{ name: "A", data: "x" }],
    });
  });

  it("does not take a letter for the two that are its capitals", () => {
    const all = ["ß", "SS", "éß", "Éß"].map((name) => named(name, "x"));
    assert.deepEqual(
      policiesOf(all)[policy].values.map(({ name }) => name),
      ["ß", "SS", "éß"],
    );
  });

  it("lets the last of two entries for one value win", () => {
    const all = [named("a", "old"), named("b", "x"), named("A", "new")];
    assert.deepEqual(policiesOf(all)[policy].values, [
      { name: "a", data: "new" },
      { name: "b", data: "x" },
    ]);
  });

  it("reads a string without its NUL, and an expandable one", () => {
    const all = [
      polEntry(listKey, "1", regSz, utf16("wsman/a")),
      polEntry(listKey, "2", regExpandSz, utf16("wsman/b\0")),
    ];
    assert.deepEqual(policiesOf(all)[policy].values, [
      { name: "1", data: "wsman/a" },
      { name: "2", data: "wsman/b" },
    ]);
  });

  it("keeps the name of a list value that is no string, because its number is taken", () => {
    const all = [polEntry(listKey, "7", regDword, one)];
    assert.deepEqual(policiesOf(all)[policy].values, [{ name: "7", data: "" }]);
  });

  it("takes a switch of another type for absent", () => {
    const all = [
      polEntry(delegationKey, policy, regSz, utf16("1\0")),
      polEntry(delegationKey, concatenate, regDword, bytesOf(1)),
    ];
    assert.deepEqual(policiesOf(all)[policy], notConfigured);
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
  const emptying = ["**delvals.", "**DeleteKeys", "**DeleteKeys below HKLM"];
  for (const [what, entry, left] of directives) {
    it(`lets ${what} undo what stands before it, and nothing behind it`, () => {
      const values = ["1", "10", "2"].map((name) => named(name, "x"));
      const namesOf = (all: readonly PolEntry[]): readonly string[] =>
        policiesOf(all)[policy].values.map(({ name }) => name);
      assert.deepEqual(namesOf([...values, entry]), left);
      assert.deepEqual(namesOf([entry, ...values]), ["1", "10", "2"]);
    });
    it(`takes ${what} for one that ${emptying.includes(what) ? "empties" : "does not empty"} the list first, wherever it stands`, () => {
      const isEmptied = emptying.includes(what) || undefined;
      const all = [named("1", "x"), entry, named("2", "x")];
      for (const order of [all, [...all].reverse(), [entry]])
        assert.equal(policiesOf(order)[policy].clearsFirst, isEmptied);
    });
  }

  it("takes a directive for no other list's, and WinRM's policies for no lists", () => {
    const winrm = policyOf("WinRMClientAllowCredSSP").key;
    const all = [
      directive("**delvals.", " "),
      polEntry(winrm, "**delvals.", regSz, utf16(" \0")),
      polEntry(delegationKey, "**delvals.", regSz, utf16(" \0")),
    ];
    assert.deepEqual(policiesOf(all), {
      ...noPolicies,
      [policy]: { ...notConfigured, clearsFirst: true },
    });
  });

  for (const name of policyNames) {
    it(`finds ${name} in its own key, and takes it for no other policy`, () => {
      assert.deepEqual(policiesOf(full(name)), {
        ...noPolicies,
        [name]: fullState(name),
      });
    });
  }

  it("finds every policy in one file, in any order of its keys", () => {
    const all = policyNames.flatMap(full);
    const states = Object.fromEntries(
      policyNames.map((name) => [name, fullState(name)]),
    );
    fc.assert(
      fc.property(
        fc.shuffledSubarray(policyNames.map(full), {
          minLength: policyNames.length,
        }),
        (shuffled) => {
          assert.deepEqual(policiesOf(shuffled.flat()), states);
        },
      ),
    );
    assert.deepEqual(policiesOf(all), states);
  });

  for (const name of policyNames.filter((n) => listKeyOf(n) === null)) {
    it(`reads no values into ${name}, whatever stands in its key`, () => {
      const { key, switch: enabled } = policyOf(name);
      const all = [
        polEntry(key, enabled, regDword, bytesOf(0, 0, 0, 0)),
        polEntry(key, "1", regSz, utf16("x\0")),
        polEntry(`${key}\\${enabled}`, "1", regSz, utf16("x\0")),
      ];
      assert.deepEqual(policiesOf(all)[name], { ...notConfigured, switch: 0 });
    });
  }

  it("takes a DWORD for an unsigned number", () => {
    const { key, switch: enabled } = policyOf("WinRMServiceAllowCredSSP");
    const all = [polEntry(key, enabled, regDword, uint32(0xfffffffe))];
    const { WinRMServiceAllowCredSSP: state } = policiesOf(all);
    assert.equal(state.switch, 0xfffffffe);
  });
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
    assert.deepEqual(policiesOf(changed)[policy].values, add);
  });

  it("puts a new value behind the removal of its whole key", () => {
    const all = [named("1", "a"), below("**DeleteKeys", policy)];
    const add = [{ name: "1", data: "b" }];
    const changed = decodedAfter(all, { ...nothing, add });
    assert.deepEqual(changed, [...all, named("1", "b")]);
    assert.deepEqual(policiesOf(changed)[policy].values, add);
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

  for (const name of policyNames) {
    it(`refuses to change ${name} in a damaged file, with the offset, and leaves the file alone`, () => {
      const bytes = encodeRegistryPol(policyNames.flatMap(full));
      const cut = bytes.subarray(0, bytes.length - 1);
      const before = new Uint8Array(cut);
      for (const change of [nothing, { ...nothing, switch: 0 }]) {
        assert.throws(
          () => changeRegistryPol(cut, name, change),
          (error) =>
            error instanceof RegistryPolError &&
            error.offset === cut.length &&
            error.message.endsWith(`at byte ${cut.length}`),
        );
      }
      assert.deepEqual(new Uint8Array(cut), before);
    });

    it(`writes ${name} on a host without the file, and takes it back to a bare header`, () => {
      const { add, switch: enabled, concatenate } = filling(name);
      const written = changeRegistryPol(null, name, filling(name));
      assert.deepEqual(decodeRegistryPol(written), full(name));
      const gone = changeRegistryPol(written, name, {
        add: [],
        remove: add,
        ...(enabled !== undefined && { switch: null }),
        ...(concatenate !== undefined && { concatenate: null }),
      });
      assert.deepEqual(gone, encodeRegistryPol([]));
    });
  }

  for (const name of policyNames.filter((n) => listKeyOf(n) === null)) {
    it(`refuses values for ${name}, which is no list, and does not know a concatenate of it`, () => {
      const value = { name: "1", data: "wsman/a" };
      for (const change of [
        { add: [value], remove: [] },
        { add: [], remove: [value] },
      ]) {
        assert.throws(
          () => changeRegistryPol(null, name, change),
          new RegExp(`${name} has no list`),
        );
      }
      const bytes = encodeRegistryPol(full(name));
      const change = { ...nothing, concatenate: 1 };
      assert.equal(changeRegistryPol(bytes, name, change), bytes);
    });
  }

  it("puts the first DWORD of a WinRM policy near the other's", () => {
    const all = [
      ...full("WinRMServiceAllowCredSSP"),
      polEntry("Z", "z", regDword, one),
    ];
    assert.deepEqual(
      decodedAfter(all, { ...nothing, switch: 1 }, "WinRMClientAllowCredSSP"),
      [all[0], ...full("WinRMClientAllowCredSSP"), all[1]],
    );
  });

  it("leaves the entries of others as they are, and in their order, whatever it does", () => {
    fc.assert(
      fc.property(entries(), changes(), (all, [name, change]) => {
        const others = (e: readonly PolEntry[]): readonly PolEntry[] =>
          e.filter((entry) => !isOf(name, entry));
        const changed = tryChange(encodeRegistryPol(all), name, change);
        fc.pre(changed !== null);
        // What an entry was read from is part of it, so this compares byte for byte.
        assert.deepEqual(others(decodeRegistryPol(changed)), others(all));
      }),
    );
  });

  it("leaves every other policy as it is, and the entries of it byte for byte", () => {
    fc.assert(
      fc.property(entries(), changes(), (all, [name, change]) => {
        const before = encodeRegistryPol(all);
        const changed = tryChange(before, name, change);
        fc.pre(changed !== null);
        const after = decodeRegistryPol(changed);
        const others = { ...policiesOf(after), [name]: notConfigured };
        assert.deepEqual(others, { ...policiesOf(all), [name]: notConfigured });
        for (const other of policyNames.filter((one) => one !== name)) {
          const bytesOfOther = (e: readonly PolEntry[]) =>
            e.filter((entry) => isOf(other, entry)).map(({ raw }) => raw);
          assert.deepEqual(bytesOfOther(after), bytesOfOther(all));
        }
      }),
    );
  });

  it("leaves list values that are not named in the change as they are", () => {
    fc.assert(
      fc.property(entries(), changes(), (all, [name, change]) => {
        const before = encodeRegistryPol(all);
        const changed = tryChange(before, name, change);
        fc.pre(changed !== null);
        const named = [...change.add, ...change.remove].map((v) =>
          v.name.toUpperCase(),
        );
        const unnamed = (bytes: Uint8Array): readonly ListValue[] =>
          valuesIn(bytes, name).filter(
            (v) => !named.includes(v.name.toUpperCase()),
          );
        assert.deepEqual(unnamed(changed), unnamed(before));
      }),
    );
  });

  it("does what it is told", () => {
    fc.assert(
      fc.property(entries(), changes(), (all, [name, change]) => {
        const before = encodeRegistryPol(all);
        const changed = tryChange(before, name, change);
        fc.pre(changed !== null);
        const state = policiesOf(decodeRegistryPol(changed))[name];
        for (const { name, data } of change.add) {
          const found = state.values.find(
            (v) => v.name.toUpperCase() === name.toUpperCase(),
          );
          assert.equal(found?.data, data);
        }
        const was = policiesOf(all)[name];
        for (const which of ["switch", "concatenate"] as const) {
          const isThere =
            which === "switch" || policyOf(name).concatenate !== null;
          const wanted = isThere ? change[which] : undefined;
          assert.equal(
            state[which],
            wanted === undefined ? was[which] : wanted,
          );
        }
        assert.equal(state.clearsFirst, was.clearsFirst);
      }),
    );
  });

  it("changes nothing when it is done again", () => {
    fc.assert(
      fc.property(entries(), changes(), (all, [name, change]) => {
        const once = tryChange(encodeRegistryPol(all), name, change);
        fc.pre(once !== null);
        assert.equal(changeRegistryPol(once, name, change), once);
      }),
    );
  });

  it("takes back to the byte what it added", () => {
    fc.assert(
      fc.property(entries(), listName(), listValues(), (all, name, add) => {
        const taken = policiesOf(all)[name].values.map((v) =>
          v.name.toUpperCase(),
        );
        const fresh = add.filter((v) => !taken.includes(v.name.toUpperCase()));
        const bytes = encodeRegistryPol(all);
        const added = tryChange(bytes, name, { add: fresh, remove: [] });
        fc.pre(added !== null);
        assert.deepEqual(
          changeRegistryPol(added, name, { add: [], remove: fresh }),
          bytes,
        );
      }),
    );
  });

  it("takes back to the byte a switch that was not there", () => {
    fc.assert(
      fc.property(entries(), policyName(), fc.nat(2), (all, name, value) => {
        const { key, switch: enabled } = policyOf(name);
        const isThere = (entry: PolEntry): boolean =>
          isSame(entry.key, key) && isSame(entry.value, enabled);
        fc.pre(!all.some(isThere));
        const bytes = encodeRegistryPol(all);
        const set = changeRegistryPol(bytes, name, {
          ...nothing,
          switch: value,
        });
        assert.deepEqual(
          changeRegistryPol(set, name, { ...nothing, switch: null }),
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
  const ours = policyNames.flatMap((name) => [
    policyOf(name).key,
    listKeyOf(name) ?? "",
  ]);
  const key = fc.oneof(
    fc.constantFrom(listKey, listKey.toUpperCase(), delegationKey, "Software"),
    fc.constantFrom(...ours.filter((name) => name !== "")),
    fc.string({ unit: "binary" }).map(withoutNul),
  );
  const value = fc.oneof(
    valueName(),
    fc.constantFrom(policy, concatenate, "**del.1", "**delvals.", ""),
    fc.constantFrom("**DeleteKeys", "**DeleteValues", "**SecureKey"),
    policyName().map((name) => policyOf(name).switch),
    listName().map((name) => policyOf(name).concatenate ?? ""),
    fc.string({ unit: "binary" }).map(withoutNul),
  );
  const string = fc
    .tuple(fc.constantFrom("a", "b", "1;2", policy, "Client"), fc.boolean())
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

/** A policy, and a change to it: half of them the policy that the entries meet most. */
function changes(): fc.Arbitrary<readonly [PolicyName, StoreChange]> {
  const dword = fc.option(fc.nat({ max: 2 }));
  const dwords = { switch: dword, concatenate: dword };
  const values = { add: listValues(), remove: listValues() };
  const noValues = {
    add: fc.constant<ListValue[]>([]),
    remove: fc.constant<ListValue[]>([]),
  };
  return fc
    .oneof(fc.constant(policy), policyName())
    .chain((name) =>
      fc.tuple(
        fc.constant(name),
        fc.record(
          { ...(listKeyOf(name) === null ? noValues : values), ...dwords },
          { requiredKeys: ["add", "remove"] },
        ),
      ),
    );
}

function policyName(): fc.Arbitrary<PolicyName> {
  return fc.constantFrom(...policyNames);
}

function listName(): fc.Arbitrary<PolicyName> {
  return fc.constantFrom(...policyNames.filter((n) => listKeyOf(n) !== null));
}

function listValues(): fc.Arbitrary<ListValue[]> {
  const data = fc.constantFrom("a", "b", "wsman/*.do.local");
  return fc.array(fc.record({ name: valueName(), data }), { maxLength: 4 });
}

function valueName(): fc.Arbitrary<string> {
  return fc.constantFrom("1", "2", "10", "11", "a", "A");
}

/** The changed file, or null where the change would take a name that somebody else has. */
function tryChange(
  bytes: Uint8Array,
  name: PolicyName,
  change: StoreChange,
): Uint8Array | null {
  try {
    return changeRegistryPol(bytes, name, change);
  } catch (error) {
    assert.match(String(error), /already has another value/);
    return null;
  }
}

/** Whether an entry sets something of a policy. */
function isOf(name: PolicyName, entry: PolEntry): boolean {
  const { key, switch: enabled, concatenate } = policyOf(name);
  const list = listKeyOf(name);
  return (
    !entry.value.startsWith("**") &&
    ((list !== null && isSame(entry.key, list)) ||
      (isSame(entry.key, key) &&
        [enabled, concatenate ?? enabled].some((n) => isSame(n, entry.value))))
  );
}

function isSame(a: string, b: string): boolean {
  return a.toUpperCase() === b.toUpperCase();
}

/** Everything that a policy can hold, as a change makes it of nothing. */
function filling(name: PolicyName): StoreChange {
  const { values, concatenate } = fullState(name);
  return {
    add: values,
    remove: [],
    switch: 1,
    ...(concatenate !== null && { concatenate }),
  };
}

/** A policy with everything it can hold. */
function fullState(name: PolicyName): PolicyState {
  return listKeyOf(name) === null
    ? { switch: 1, concatenate: null, values: [] }
    : { switch: 1, concatenate: 0, values: [{ name: "1", data: name }] };
}

/** The same as entries. */
function full(name: PolicyName): readonly PolEntry[] {
  const { key, switch: enabled, concatenate } = policyOf(name);
  const list = listKeyOf(name);
  const zero = bytesOf(0, 0, 0, 0);
  return [
    polEntry(key, enabled, regDword, one),
    ...(concatenate === null
      ? []
      : [polEntry(key, concatenate, regDword, zero)]),
    ...(list === null ? [] : [polEntry(list, "1", regSz, utf16(`${name}\0`))]),
  ];
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
  name: PolicyName = policy,
): readonly PolEntry[] {
  return decodeRegistryPol(
    changeRegistryPol(encodeRegistryPol(all), name, change),
  );
}

function valuesIn(
  bytes: Uint8Array,
  name: PolicyName = policy,
): readonly ListValue[] {
  return policiesOf(decodeRegistryPol(bytes))[name].values;
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
