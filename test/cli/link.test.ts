import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..");

/** The commands that a package.json, or the lock file's copy of one, declares. */
function commandsOf(file: string, ...path: readonly string[]): unknown {
  const json: unknown = JSON.parse(readFileSync(join(root, file), "utf8"));
  return [...path, "bin"].reduce<unknown>(
    (part, key) => (part as Record<string, unknown>)[key],
    json,
  );
}

describe("the command pulumi-credssp", () => {
  it("is linked by npm to a file that is there before anything is compiled", () => {
    const declared = commandsOf("providers/package.json");
    assert.deepEqual(declared, { "pulumi-credssp": "pulumi-credssp.cjs" });
    assert.ok(existsSync(join(root, "providers", "pulumi-credssp.cjs")));
    // npm ci links what the lock file says.
    const locked = commandsOf("package-lock.json", "packages", "providers");
    assert.deepEqual(locked, declared);
  });
});
