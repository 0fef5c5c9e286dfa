import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import {
  catalogue,
  CredsspError,
  problem,
  reasonOf,
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
    const said = "one\r\ntwo\u001b[31m three\0";
    const reason = reasonOf(
      problem("CREDSSP306", { said, step: "enableServer", id: "" }),
    );
    assert.equal(reason.split("\n").length, 1);
    assert.doesNotMatch(reason, /\p{Cc}/u);
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
