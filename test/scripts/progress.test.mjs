import assert from "node:assert/strict";
import { showProgress } from "../../scripts/pulumi/progress.mjs";

describe("progress", () => {
  /** @type {string[]} */
  let written;
  const write = (/** @type {string} */ text) => written.push(text) > 0;
  beforeEach(() => (written = []));

  it("is shown in place on a terminal, and taken away at the end", () => {
    const progress = showProgress(assert.fail, { isTTY: true, write });
    progress("1 of 2");
    progress("");
    assert.deepEqual(written, ["\r\u001B[2K1 of 2", "\r\u001B[2K"]);
  });

  it("is a line now and then elsewhere", () => {
    let now = 0;
    const stream = { isTTY: false, write: assert.fail };
    const progress = showProgress(write, stream, () => now);
    for (; now <= 40_000; now += 1000) progress(`at ${now}`);
    progress("");
    assert.deepEqual(written, ["at 15000", "at 30000"]);
  });
});
