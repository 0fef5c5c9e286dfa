import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { needWindows, tier } from "../support/tiers";
import { until } from "../support/until";
import { alone, ended, joined, Rig } from "./rig";

/** One case over each way to the machine, and it changes all there is: ledger, both roles' flags, both stores. */
const thorough = ["--grep", "carries several steps out in one go"];

tier("npm run test:windows, on the stand-in", needWindows(), (tools) => {
  let rig: Rig;
  let before: unknown;
  beforeEach(function () {
    this.timeout(60_000);
    rig = Rig.make(tools);
    rig.furnish();
    before = rig.essence();
  });
  afterEach(() => rig.dispose());

  /** Starts the command and waits until a case has changed the machine. */
  async function startedHalfWay() {
    const child = rig.start(alone, thorough);
    const end = ended(child);
    await until(
      "a case to change the machine",
      () => rig.holdsSaved() && !isDeepStrictEqual(rig.essence(), before),
      60_000,
    );
    return { child, end };
  }

  it("holds the machine to the contract, names what is missing, and leaves it as it was", async function () {
    this.timeout(120_000);
    const { code, output } = await rig.run(alone, thorough);
    assert.equal(code, 0, output);
    assert.match(output, /2 passed, 0 failed/);
    assert.match(
      output,
      /Windows PowerShell 5\.1 on the machine itself \(local\): skipped, Windows PowerShell 5\.1 is not installed/,
    );
    assert.match(output, /The machine is as it was, read back/);
    assert.deepEqual(rig.essence(), before);
    assert.equal(rig.holdsSaved(), false);
  });

  it("puts the machine back by the next run after it was killed half-way", async function () {
    this.timeout(180_000);
    const { child, end } = await startedHalfWay();
    child.kill("SIGKILL");
    await end;
    assert.equal(rig.holdsSaved(), true);
    assert.notDeepEqual(rig.essence(), before);
    const { code, output } = await rig.run(alone, ["--restore"]);
    assert.equal(code, 0, output);
    assert.match(
      output,
      /An earlier run did not end: putting the machine back/,
    );
    assert.deepEqual(rig.essence(), before);
    assert.equal(rig.holdsSaved(), false);
  });

  it("puts the machine back after SIGTERM, and lets no second run begin meanwhile", async function () {
    this.timeout(180_000);
    const { child, end } = await startedHalfWay();
    const second = await rig.run(alone, thorough);
    assert.equal(second.code, 2, second.output);
    assert.match(second.output, /cannot begin: process \d+ is at them/);
    child.kill("SIGTERM");
    const { code, output } = await end;
    assert.equal(code, 143, output);
    assert.deepEqual(rig.essence(), before);
    assert.equal(rig.holdsSaved(), false);
  });

  it("refuses a machine in a domain", async function () {
    this.timeout(60_000);
    const { code, output } = await rig.run(joined, []);
    assert.equal(code, 2, output);
    assert.match(output, /CLIENT01 is in the domain do\.local/);
    assert.match(output, /--domain-joined/);
  });

  it("refuses a session that is not elevated", async function () {
    this.timeout(60_000);
    const { code, output } = await rig.run(alone, [], { WINRIG_ELEVATED: "0" });
    assert.equal(code, 2, output);
    assert.match(output, /this session is not elevated/);
    assert.deepEqual(rig.essence(), before);
  });

  it("refuses what is no Windows", async function () {
    this.timeout(60_000);
    const nowhere = { CREDSSP_TEST_WINDOWS: "" };
    const { code, output } = await rig.run(alone, [], nowhere);
    assert.equal(code, 2, output);
    assert.match(output, /CREDSSP_TEST_WINDOWS names no stand-in/);
  });
});
