import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import {
  catalogue,
  CredsspError,
  problem,
  reasonOf,
  shown,
  type Code,
} from "../../providers/model/errors";
import { errorsPage } from "../../providers/model/errorsPage";

const providers = join(__dirname, "..", "..", "providers");

function sources(folder = providers): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((one) => {
    if (["bin", "node_modules"].includes(one.name)) return [];
    const path = join(folder, one.name);
    if (one.isDirectory()) return sources(path);
    return one.name.endsWith(".ts") && !one.name.startsWith("errors")
      ? [readFileSync(path, "utf8")]
      : [];
  });
}

describe("the catalogue of errors", () => {
  it("makes of a case a first line that is enough, then found, needed and one thing to try", () => {
    const error = new CredsspError(
      "Delegating credentials",
      "orch01.do.local",
      problem("CREDSSP207"),
    );
    assert.equal(
      error.message,
      "Delegating credentials on orch01.do.local: the session is not elevated\n" +
        "Found: no enabled Administrators group. Needed: an administrator's full token.\n" +
        "Try: run as an administrator of the host; a local account needs LocalAccountTokenFilterPolicy. (CREDSSP207)",
    );
    assert.ok(!("code" in error));
  });

  it("keeps the lines of a message whatever a host says", () => {
    const said =
      "one\r\ntwo\u001b[31m three\0 four\u202e five\u2028 six\u{e0041}\ud800";
    const reason = reasonOf(
      problem("CREDSSP306", { said, step: "enableServer", id: "" }),
    );
    assert.doesNotMatch(reason, /[\p{C}\u2028\u2029]/u);
    assert.match(
      reason,
      /^one two\\u001b\[31m three\\u0000 four\\u202e five\\u2028 six\\u\{e0041\}\\ud800\./u,
    );
  });

  it("shows of a long value the beginning, and of what holds other values the kind", () => {
    assert.equal(shown("a\u202eb"), String.raw`"a\u202eb"`);
    assert.equal(shown("x".repeat(1000)).length, 201);
    assert.equal(shown({ password: "hunter2" }), "an object");
    assert.equal(shown(["hunter2"]), "a list of 1");
    assert.equal(shown(undefined), "nothing");
    assert.equal(shown(null), "null");
  });

  it("is what docs/errors.md says (npm run docs writes it)", () => {
    const page = join(__dirname, "..", "..", "docs", "errors.md");
    assert.equal(readFileSync(page, "utf8"), errorsPage());
  });

  it("has no entry that nothing uses", () => {
    const text = sources().join("\n");
    const unused = (Object.keys(catalogue) as Code[]).filter(
      (code) => !text.includes(code),
    );
    assert.deepEqual(unused, []);
  });
});
