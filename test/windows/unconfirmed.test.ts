import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..");

/** The files that a line of the page names, each with the titles quoted behind it. */
function claimsIn(line: string): readonly (readonly [string, string])[] {
  const parts = line.split(/`(test\/[^`]+\.ts)`/);
  return parts.flatMap((file, i) =>
    i % 2 === 0
      ? []
      : [...(parts[i + 1] ?? "").matchAll(/"([^"]+)"/g)].map(
          ([, title = ""]) => [file, title] as const,
        ),
  );
}

describe("docs/unconfirmed.md", () => {
  const page = readFileSync(join(root, "docs", "unconfirmed.md"), "utf8");
  const claims = page.split("\n").flatMap(claimsIn);

  it("names tests that exist", () => {
    assert.ok(claims.length > 20, `only ${claims.length} tests are named`);
    for (const [file, title] of claims) {
      const text = readFileSync(join(root, file), "utf8");
      assert.ok(text.includes(title), `${file} has no "${title}"`);
    }
  });
});
