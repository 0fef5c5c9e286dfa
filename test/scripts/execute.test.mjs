import assert from "node:assert/strict";
import { execute } from "../../scripts/pulumi/execute.mjs";

const { env } = process;

/**
 * @param {string} script
 * @param {Partial<Parameters<typeof execute>[2]>} [options]
 */
const node = (script, options) =>
  execute(process.execPath, ["-e", script], { env, ...options });

describe("a program that is run to its end", () => {
  it("gives what it prints, and tells its errors as they come", async () => {
    /** @type {string[]} */
    const lines = [];
    const outcome = await node(
      "console.error('one\\ntwo'); console.log('out')",
      { onErrorLine: (line) => lines.push(line) },
    );
    assert.deepEqual(outcome, { stdout: "out\n" });
    assert.deepEqual(lines, ["one", "two"]);
  });

  it("says in one line why it failed", async () => {
    const failure = async (/** @type {ReturnType<typeof execute>} */ running) =>
      (await running).failure ?? "";
    assert.equal(
      await failure(node("console.error('a\\nb\\n'); process.exit(3)")),
      "b",
    );
    assert.match(await failure(node("process.exit(3)")), /^Command failed/);
    assert.match(
      await failure(node("setInterval(() => {}, 1000)", { limit: 100 })),
      /was ended by SIGKILL$/,
    );
    assert.equal(
      await failure(execute("no-such-program", [], { env })),
      "there is no no-such-program",
    );
  });
});
