import assert from "node:assert/strict";
import {
  createKey,
  dwordOf,
  fromBytes,
  removeIfEmpty,
  removeKey,
  removeValue,
  setValue,
  toBytes,
  valuesOf,
} from "../../../providers/host/simulated/registry";

const registry = {
  "Software\\A": { "1": "one", Level: 3 },
  "Software\\A\\B": {},
  "Software\\AB": { x: { type: 7, hex: "61000000" } },
};

describe("the simulated registry", () => {
  it("compares names of keys and values without case", () => {
    assert.equal(dwordOf(registry, "SOFTWARE\\a", "LEVEL"), 3);
    const set = setValue(registry, "software\\a", "level", 4);
    assert.deepEqual(valuesOf(set, "Software\\A"), { "1": "one", Level: 4 });
    assert.deepEqual(
      valuesOf(removeValue(set, "SOFTWARE\\A", "LEVEL"), "Software\\A"),
      {
        "1": "one",
      },
    );
  });

  it("gives back what it was given when nothing is to be changed", () => {
    assert.equal(setValue(registry, "Software\\A", "Level", 3), registry);
    assert.equal(removeValue(registry, "Software\\A", "none"), registry);
    assert.equal(removeKey(registry, "Software\\C"), registry);
    assert.equal(createKey(registry, "software\\ab"), registry);
    const x = { type: 7, hex: "61000000" };
    assert.equal(setValue(registry, "Software\\AB", "x", x), registry);
  });

  it("removes a key with all below it, and no key whose name only begins alike", () => {
    assert.deepEqual(Object.keys(removeKey(registry, "software\\a")), [
      "Software\\AB",
    ]);
  });

  it("removes an empty key only where nothing is below it", () => {
    assert.equal(removeIfEmpty(registry, "Software\\A"), registry);
    const emptied = removeIfEmpty(registry, "Software\\A\\B");
    assert.equal(valuesOf(emptied, "Software\\A\\B"), undefined);
    const above = createKey(createKey({}, "K"), "K\\L");
    assert.equal(removeIfEmpty(above, "K"), above);
  });

  it("keeps names that JavaScript's objects know as ordinary names", () => {
    const set = setValue({}, "__proto__", "constructor", "x");
    assert.deepEqual(Object.keys(set), ["__proto__"]);
    assert.deepEqual(valuesOf(set, "__proto__"), { constructor: "x" });
    assert.equal(valuesOf({}, "constructor"), undefined);
  });

  const bytes: readonly (readonly [number, string, unknown])[] = [
    [1, "6100 e900 0000", "aé"],
    [1, "0000", ""],
    [4, "ffffffff", 4294967295],
    [1, "610000000000", { type: 1, hex: "610000000000" }],
    [1, "6100", { type: 1, hex: "6100" }],
    [1, "61", { type: 1, hex: "61" }],
    [1, "00d80000", { type: 1, hex: "00d80000" }],
    [4, "01", { type: 4, hex: "01" }],
    [2, "61000000", { type: 2, hex: "61000000" }],
    [0, "", { type: 0, hex: "" }],
  ];
  for (const [type, spaced, data] of bytes)
    it(`reads type ${type} with the bytes ${spaced || "(none)"} and gives them back`, () => {
      const hex = spaced.replaceAll(" ", "");
      const read = fromBytes(type, hex);
      assert.deepEqual(toBytes(read), { type, hex });
      if (hex !== "00d80000") assert.deepEqual(read, data);
    });
});
