import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { childEnvironment } from "../../../providers/host/powershell/environment";
import {
  findPowerShell,
  missingProblem,
  type Seen,
} from "../../../providers/host/powershell/executable";
import { createPowerShell } from "../../../providers/host/powershell/powershell";
import { here } from "../../../providers/host/powershell/channel";
import type { PowerShellAddress } from "../../../providers/host/powershell/powershellHost";
import { refused } from "./refused";

/** Looks for PowerShell on a machine that has just these programs. */
const on =
  (platform: NodeJS.Platform, ...programs: string[]) =>
  (env: Readonly<Record<string, string>>) =>
    findPowerShell(env, platform, (path) =>
      programs.includes(path) ? "a program" : "nothing",
    );

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
      lookedFor:
        "CREDSSP_POWERSHELL is gone, and there is no such program on PATH",
      isNamed: true,
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

describe("A machine without PowerShell", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "credssp-executable-"));
    writeFileSync(join(folder, "notes.txt"), "", { mode: 0o644 });
  });
  after(() => rmSync(folder, { recursive: true }));

  it("is told from one whose variable is wrong: that one's variable is to be mended, and what is there is said", () => {
    const there: Readonly<Record<string, Seen>> = {
      "/tmp": "a folder",
      "/x/notes.txt": "a file that may not be executed",
      "/root/pwsh": "something that may not be looked at",
      "/b/mine": "a folder",
    };
    for (const [named, found] of [
      ["/tmp", "CREDSSP_POWERSHELL is /tmp, and that is a folder"],
      [
        "/x/notes.txt",
        "CREDSSP_POWERSHELL is /x/notes.txt, and that is a file that may not be executed",
      ],
      [
        "/root/pwsh",
        "CREDSSP_POWERSHELL is /root/pwsh, and that is something that may not be looked at",
      ],
      ["/gone", "CREDSSP_POWERSHELL is /gone, and there is no such file"],
      ["mine", "CREDSSP_POWERSHELL is mine, and /b/mine is a folder"],
    ] as const) {
      const missing = findPowerShell(
        { CREDSSP_POWERSHELL: named, PATH: "/a:/b" },
        "linux",
        (path) => there[path] ?? "nothing",
      );
      assert.ok("lookedFor" in missing);
      const p = missingProblem(missing, {
        transport: "ssh",
        platform: "linux",
      });
      assert.deepEqual([p.code, p.found], ["CREDSSP204", found]);
      assert.equal(
        p.why,
        "there is no PowerShell where CREDSSP_POWERSHELL says",
      );
      assert.doesNotMatch(p.needed, /on PATH/u);
      assert.match(p.remedy, /^correct or unset the variable/u);
    }
    const none = missingProblem(
      { lookedFor: "no pwsh on PATH" },
      { transport: "ssh", platform: "linux" },
    );
    assert.match(none.needed, /PATH$/u);
    assert.match(none.remedy, /^install PowerShell 7/u);
  });

  it("is looked at as it is: a folder, a file, nothing", () => {
    const named = (name: string) =>
      findPowerShell(
        { CREDSSP_POWERSHELL: join(folder, name) },
        process.platform,
      );
    const said = (name: string): string => {
      const found = named(name);
      return "lookedFor" in found ? found.lookedFor : found.path;
    };
    assert.match(said("."), /that is a folder$/u);
    assert.match(said("gone"), /there is no such file$/u);
    assert.match(said("notes.txt/pwsh"), /there is no such file$/u);
    if (process.platform === "win32") return;
    assert.match(
      said("notes.txt"),
      /that is a file that may not be executed$/u,
    );
  });

  const winrm = {
    transport: "winrm",
    useSSL: false,
    authentication: "Default",
  } as const;
  const addresses: readonly (readonly [PowerShellAddress, string, string])[] = [
    [{ transport: "local" }, "CREDSSP212", "CREDSSP204"],
    [winrm, "CREDSSP212", "CREDSSP204"],
    [{ ...winrm, credential: "nope" }, "CREDSSP212", "CREDSSP204"],
    [{ transport: "ssh" }, "CREDSSP204", "CREDSSP204"],
  ];
  for (const [address, elsewhere, onWindows] of addresses)
    it(`is told what would help ${JSON.stringify(address)}: Windows where only that does, PowerShell where that is enough, and before any credential`, async () => {
      for (const [platform, code] of [
        ["linux", elsewhere],
        ["darwin", elsewhere],
        ["win32", onWindows],
      ] as const)
        for (const env of [{ PATH: "" }, { CREDSSP_POWERSHELL: folder }]) {
          const ps = createPowerShell({ ...here, env, platform });
          const error = await refused(ps.connect("a", address).observe());
          assert.equal(error.problem.code, code, platform);
          assert.doesNotMatch(error.message, /\{\w+\}/u);
          await ps.close();
        }
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
