import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { findPowerShell } from "../../../providers/host/powershell/executable";
import {
  bootstrapLine,
  scriptFiles,
  scriptFolder,
} from "../../../providers/host/powershell/scripts";

describe("The scripts that run on hosts", () => {
  it("are shipped and loaded, all of them and no others", () => {
    const files = readdirSync(scriptFolder).filter((f) => f.endsWith(".ps1"));
    assert.deepEqual([...scriptFiles].sort(), files.sort());
  });

  it("make PowerShell ready in one line of ASCII", () => {
    assert.match(bootstrapLine(), /^[ -~]+$/);
  });

  const tools = process.env["CREDSSP_TEST_WINDOWS"];
  const path = [
    process.env["PATH"],
    ...(tools ? [join(tools, "../pwsh")] : []),
  ];
  const found = findPowerShell(
    { ...process.env, PATH: path.join(delimiter) },
    process.platform,
  );
  const title =
    "speak Windows PowerShell 5.1, are documented, and keep to the rules";
  if ("lookedFor" in found) {
    it(`${title} (skipped: ${found.lookedFor})`, function () {
      this.skip();
    });
  } else {
    it(title, async function () {
      this.timeout(60_000);
      const { stdout } = await promisify(execFile)(found.path, [
        "-NoProfile",
        "-NonInteractive",
        "-File",
        join(__dirname, "Find-ScriptFault.ps1"),
        scriptFolder,
      ]);
      assert.equal(stdout.trim(), "");
    });
  }
});
