import assert from "node:assert/strict";
import { childEnvironment } from "../../../providers/host/powershell/environment";
import { findPowerShell } from "../../../providers/host/powershell/executable";

/** Looks for PowerShell on a machine that has just these programs. */
const on =
  (platform: NodeJS.Platform, ...programs: string[]) =>
  (env: Readonly<Record<string, string>>) =>
    findPowerShell(env, platform, (path) => programs.includes(path));

describe("Finding PowerShell", () => {
  it("takes PowerShell 7 from PATH", () => {
    const find = on("linux", "/opt/bin/pwsh");
    assert.deepEqual(find({ PATH: "/usr/bin::/opt/bin" }), {
      path: "/opt/bin/pwsh",
    });
  });

  it("takes PowerShell 7 before Windows' own, whatever PATH is called and ordered", () => {
    const windows = "C:\\Windows\\powershell.exe";
    const seven = "C:\\7\\pwsh.exe";
    const env = { Path: "C:\\Windows;C:\\7" };
    assert.deepEqual(on("win32", windows, seven)(env), { path: seven });
    assert.deepEqual(on("win32", windows)(env), { path: windows });
  });

  it("takes the one that is named, by path or by name, and no other in its place", () => {
    const find = on("linux", "/a/mine", "/b/pwsh");
    assert.deepEqual(find({ CREDSSP_POWERSHELL: "/a/mine", PATH: "/b" }), {
      path: "/a/mine",
    });
    assert.deepEqual(find({ CREDSSP_POWERSHELL: "mine", PATH: "/b:/a" }), {
      path: "/a/mine",
    });
    assert.deepEqual(find({ CREDSSP_POWERSHELL: "gone", PATH: "/b" }), {
      lookedFor: "no gone, which CREDSSP_POWERSHELL names",
    });
    assert.deepEqual(
      on(
        "win32",
        "C:\\x\\pwsh.exe",
      )({
        CREDSSP_POWERSHELL: "pwsh",
        PATH: "C:\\x",
      }),
      { path: "C:\\x\\pwsh.exe" },
    );
  });

  it("says what it looked for in vain", () => {
    assert.deepEqual(on("linux")({}), { lookedFor: "no pwsh on PATH" });
    assert.deepEqual(on("win32")({}), {
      lookedFor: "no pwsh.exe and no powershell.exe on PATH",
    });
  });
});

describe("The environment of PowerShell", () => {
  it("is ours without Pulumi's variables and without our own, in any spelling", () => {
    const env = {
      PATH: "p",
      PULUMI_ACCESS_TOKEN: "x",
      Pulumi_Config: "x",
      CREDSSP_CREDENTIALS: "x",
      credssp_lab_password: "x",
      MY_PULUMI_: "kept",
      GONE: undefined,
    };
    assert.deepEqual(childEnvironment(env, "/usr/bin/pwsh"), {
      PATH: "p",
      MY_PULUMI_: "kept",
    });
  });

  it("hides PowerShell 7's modules from Windows PowerShell only", () => {
    const env = { psmodulepath: "C:\\7\\Modules" };
    assert.deepEqual(
      childEnvironment(env, "C:\\Windows\\System32\\powershell.exe"),
      {},
    );
    assert.deepEqual(childEnvironment(env, "C:\\7\\pwsh.exe"), env);
  });
});
