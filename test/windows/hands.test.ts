import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { needWindows, tier } from "../support/tiers";

tier("the hands on Windows", needWindows(), (tools) => {
  it("speak Windows PowerShell 5.1 and keep to the rules of the scripts that are shipped", async function () {
    this.timeout(60_000);
    const rules = join(__dirname, "../host/powershell/Find-ScriptFault.ps1");
    const { stdout } = await promisify(execFile)(join(tools, "../pwsh/pwsh"), [
      "-NoProfile",
      "-NonInteractive",
      "-File",
      rules,
      __dirname,
    ]);
    assert.equal(stdout.trim(), "");
  });
});
