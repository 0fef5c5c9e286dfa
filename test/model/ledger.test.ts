import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatLedger,
  knows,
  newLedger,
  parseLedger,
  type Ledger,
} from "../../providers/model/ledger";

const owners = fc.array(fc.constantFrom("a/urn:1", "b/urn:2", "c/urn:3"), {
  maxLength: 3,
});
const number = fc.option(fc.integer({ min: 0, max: 3 }), { nil: null });
const dword = fc.record({
  owners,
  value: fc.integer({ min: 0, max: 3 }),
  before: fc.record({ local: number, live: number }, { requiredKeys: [] }),
});
const entry = fc.record(
  {
    owners,
    written: fc.array(fc.string(), { maxLength: 3 }),
    exact: fc.constant(true as const),
  },
  { requiredKeys: ["owners", "written"] },
);
const strings = fc.array(fc.string(), { maxLength: 2 });
const enabled = fc.record(
  {
    owners,
    value: fc.integer({ min: 0, max: 3 }),
    was: fc.integer({ min: 0, max: 3 }),
    before: fc.record({ local: number, live: number }, { requiredKeys: [] }),
    foreign: strings,
  },
  { requiredKeys: ["owners", "value", "before", "foreign"] },
);
const values = fc.array(fc.record({ name: fc.string(), data: fc.string() }), {
  maxLength: 2,
});
const list = fc.record(
  {
    entries: fc.dictionary(fc.string(), entry, { maxKeys: 4 }),
    switch: enabled,
    concatenate: dword,
    removed: fc.record({
      owners,
      values: fc.record({ local: values, live: values }),
    }),
  },
  { requiredKeys: ["entries"] },
);
const flag = fc.record({
  owners,
  before: fc.constantFrom("on" as const, "off" as const, "unknown" as const),
  foreign: strings,
});
const ledger: fc.Arbitrary<Ledger> = fc.record({
  id: fc.string(),
  machineGuid: fc.string(),
  flags: fc.record({ client: flag, service: flag }, { requiredKeys: [] }),
  lists: fc.record(
    {
      AllowFreshCredentials: list,
      DenySavedCredentials: list,
      WinRMClientAllowCredSSP: list,
    },
    { requiredKeys: [] },
  ),
});

function parsed(text: string | null): Ledger | null {
  const read = parseLedger(text);
  assert.ok("ledger" in read, JSON.stringify(read));
  return read.ledger;
}

describe("the ledger", () => {
  it("reads back what it wrote, and writes the same text again", () => {
    fc.assert(
      fc.property(ledger, (one) => {
        const text = formatLedger(one);
        if (text === "") return;
        const again = parsed(text);
        assert.ok(again);
        assert.equal(
          JSON.stringify(plainOf(again)),
          JSON.stringify(plainOf(one)),
        );
        assert.equal(formatLedger(again), text);
      }),
    );
  });

  it("is no text at all when it records nothing", () => {
    assert.equal(formatLedger(newLedger("id", "machine")), "");
    assert.equal(parsed(""), null);
    assert.equal(parsed(null), null);
  });

  it("names every owner once, however much it owns", () => {
    const owner = "organization/urn:pulumi:prod::p::t::orch01";
    const entries = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [
        `wsman/host${i}.do.local`,
        { owners: [owner], written: [String(i + 1)] },
      ]),
    );
    const text = formatLedger({
      ...newLedger("id", "machine"),
      lists: { AllowFreshCredentials: { entries } },
    });
    assert.equal(text.split(owner).length, 2);
    assert.ok(text.length < 256 * 1024);
    assert.ok(knows(parsed(text) ?? assert.fail(), owner));
  });

  it("says what is wrong with a damaged text, whatever it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const read = parseLedger(text);
        if ("problem" in read) {
          assert.match(read.problem.code, /CREDSSP30[78]/u);
        }
      }),
    );
  });

  it("refuses the schema of a newer version", () => {
    const read = parseLedger('{"schema":2}');
    assert.ok("problem" in read);
    assert.equal(read.problem.code, "CREDSSP307");
  });
});

/** fast-check's records may have no prototype, which deepEqual would mind. */
function plainOf(one: Ledger): unknown {
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : typeof value === "object" && value !== null
        ? Object.entries(value)
            .map(([key, inner]) => [key, sorted(inner)])
            .sort()
        : value;
  return sorted(one);
}
