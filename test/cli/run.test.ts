import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../providers/cli/run";
import { defaultFleet } from "../../providers/connection";
import { inTemporaryFolder } from "../host/simulated/temporary";

/** What a run of the command gave. */
interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command in this process. */
async function ran(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ran> {
  let [out, err] = ["", ""];
  const code = await run(args, {
    environment,
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  return { code, out, err };
}

/** A fleet of two hosts in a folder, and the command on it. */
const withFleet = (
  work: (
    command: (...args: string[]) => Promise<Ran>,
    folder: string,
  ) => Promise<void>,
): Promise<void> =>
  inTemporaryFolder(async (folder) => {
    const command = (...args: string[]) =>
      ran(["fleet", ...args, "--fleet", folder]);
    await command("new", "orch01.do.local", "cm12.do.local");
    await work(command, folder);
  });

describe("pulumi-credssp fleet", () => {
  it("adds hosts and lists them", () =>
    withFleet(async (fleet) => {
      assert.deepEqual(await fleet("new", "Edge01"), {
        code: 0,
        out: "edge01 is there.\n",
        err: "",
      });
      assert.equal(
        (await fleet("list")).out,
        `HOST             CLIENT  SERVER  MAY DELEGATE TO  FAULTS
cm12.do.local    off     off     -                -
edge01           off     off     -                -
orch01.do.local  off     off     -                -
`,
      );
    }));

  it("leaves a host alone that is there already", () =>
    withFleet(async (fleet) => {
      await fleet("set", "cm12.do.local", "server=on");
      const again = await fleet("new", "cm12.do.local", "new01");
      assert.equal(again.code, 1);
      assert.equal(again.out, "new01 is there.\n");
      assert.match(again.err, /cm12\.do\.local is there already/);
      assert.match((await fleet("list")).out, /cm12\.do\.local +off +on/);
    }));

  it("lists nothing in a folder that is not there", async () => {
    const none = await ran(["fleet", "list", "--fleet", "none/at-all"]);
    assert.deepEqual(none, {
      code: 0,
      out: "No host in none/at-all. Try: pulumi-credssp fleet new HOST.\n",
      err: "",
    });
    const json = await ran(["fleet", "list", "--fleet", "none", "--json"]);
    assert.equal(json.out, "[]\n");
  });

  it("lists the others when one file cannot be read, and says which", () =>
    withFleet(async (fleet, folder) => {
      await writeFile(join(folder, "bad.json"), "{");
      const listed = await fleet("list");
      assert.equal(listed.code, 1);
      assert.match(listed.out, /cm12.*\n.*orch01/s);
      assert.match(
        listed.err,
        /on bad: .*\n.*bad\.json: line 1, column 2.*\n.*CREDSSP202/,
      );
    }));

  it("switches roles and WinRM's policy behind Pulumi's back", () =>
    withFleet(async (fleet) => {
      const set = await fleet(
        "set",
        "ORCH01.do.local",
        "client=on",
        "serverPolicy=0",
        "winrm=Stopped",
      );
      assert.match(set.out, /orch01\.do\.local +on +off \(policy\) /);
      const shown = JSON.parse(
        (await fleet("show", "orch01.do.local", "--json")).out,
      ) as Record<string, unknown>;
      assert.deepEqual(shown["client"], { on: true, source: "local" });
      assert.deepEqual(shown["service"], { on: false, source: "policy" });
      assert.deepEqual(shown["winrm"], {
        status: "Stopped",
        startType: "Automatic",
      });
      const lifted = await fleet(
        "set",
        "orch01.do.local",
        "serverPolicy=none",
        "client=off",
      );
      assert.match(lifted.out, /orch01\.do\.local +off +off +-/);
    }));

  it("allows and revokes SPNs as another administrator would", () =>
    withFleet(async (fleet) => {
      await fleet("allow", "orch01.do.local", "TERMSRV/*", "wsman/x");
      const shown = await fleet("show", "orch01.do.local");
      assert.match(shown.out, /AllowFreshCredentials +live +1 +TERMSRV\/\*\n/);
      assert.match(shown.out, /AllowFreshCredentials +local +2 +wsman\/x\n/);
      const revoked = await fleet(
        "revoke",
        "orch01.do.local",
        "WSMAN/X",
        "http/y",
      );
      assert.equal(revoked.code, 1);
      assert.match(revoked.out, / TERMSRV\/\* /);
      assert.equal(
        revoked.err,
        "http/y is not among the entries of orch01.do.local.\n",
      );
    }));

  it("sets and removes faults", () =>
    withFleet(async (fleet) => {
      const set = await fleet(
        "fault",
        "cm12.do.local",
        "nonElevated=on",
        "policyDelayMs=20",
      );
      assert.match(set.out, /nonElevated, policyDelayMs=20\n$/);
      const removed = await fleet(
        "fault",
        "cm12.do.local",
        "nonElevated=off",
        "policyDelayMs=off",
      );
      assert.match(removed.out, / -\n$/);
    }));

  it("applies local policy now", () =>
    withFleet(async (fleet, folder) => {
      const file = join(folder, "a.json");
      const key = "Software\\K";
      await writeFile(
        file,
        JSON.stringify({ localPolicy: { registryPol: { [key]: { v: 1 } } } }),
      );
      assert.equal((await fleet("gpupdate", "a")).code, 0);
      const state = JSON.parse(await readFile(file, "utf8")) as {
        hklm: unknown;
      };
      assert.deepEqual(state.hklm, { [key]: { v: 1 } });
    }));

  it("prints one host in full", () =>
    withFleet(async (fleet) => {
      assert.equal(
        (await fleet("show", "orch01.do.local")).out,
        `host                   orch01.do.local
computer               ORCH01 in do.local, Windows 10.0.20348 ServerStandard
WinRM                  Running, Automatic
client                 off
server                 off
AllowFreshCredentials  live switch absent, concatenate absent; local switch absent, concatenate absent
ledger                 none
`,
      );
    }));

  it("takes the folder from --fleet, then CREDSSP_FLEET, then the demo's", () =>
    withFleet(async (_, folder) => {
      const listed = await ran(["fleet", "list"], { CREDSSP_FLEET: folder });
      assert.match(listed.out, /cm12/);
      const help = await ran(["--help"]);
      assert.match(
        help.out,
        new RegExp(`else ${defaultFleet.replaceAll(".", "\\.")}\\)`),
      );
    }));

  it("says that a host is not there (exit code 1)", () =>
    withFleet(async (fleet) => {
      for (const args of [
        ["show", "nobody"],
        ["set", "nobody", "client=on"],
      ]) {
        const { code, out, err } = await fleet(...args);
        assert.deepEqual([code, out], [1, ""]);
        assert.match(
          err,
          /nobody: the simulated fleet has no such host\n.*cm12.*CREDSSP201/s,
        );
      }
    }));

  const wrong: readonly (readonly [string, RegExp])[] = [
    ["nonsense", /^nonsense is no command/],
    ["fleet", /^fleet: which of list, show/],
    ["fleet lst", /^fleet lst is not one of list, show/],
    ["fleet show", /^fleet show: which host\?/],
    ["fleet show a b", /^fleet show takes one host/],
    ["fleet list a", /^fleet list takes no host/],
    ["fleet new", /^fleet new: which host\?/],
    ["fleet set a", /^fleet set a: which NAME=VALUE\?/],
    ["fleet set a client", /^client is not NAME=VALUE/],
    ["fleet set a client=yes", /^client takes on, off, not "yes"/],
    ["fleet set a klient=on", /^klient is not one of client, server/],
    ["fleet set a toString=on", /^toString is not one of/],
    ["fleet fault a nonElevated=1", /^nonElevated takes on, off/],
    ["fleet fault a policyDelayMs=-1", /^policyDelayMs takes a number, or off/],
    ["fleet allow a", /^fleet allow a: which SPN\?/],
    ["fleet allow a web01", /^web01 is no SPN: write wsman\/web01/],
    ["fleet list --jsn", /^Unknown option '--jsn'/],
    ["fleet list --fleet", /--fleet/],
  ];
  for (const [line, message] of wrong)
    it(`answers "${line}" with one clear line (exit code 2)`, async () => {
      const { code, out, err } = await ran(line.split(" "));
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, message);
      assert.match(err, /^[^\n]+\n$/);
    });
});

describe("the program pulumi-credssp", function () {
  this.timeout(30_000);

  /** Runs the command as a process of its own. */
  const started = (args: readonly string[], env: Record<string, string> = {}) =>
    new Promise<Ran>((resolve) => {
      const main = join(__dirname, "..", "..", "providers", "cli", "main.ts");
      execFile(
        process.execPath,
        ["-r", "ts-node/register/transpile-only", main, ...args],
        { env: { ...process.env, ...env } },
        (error, out, err) =>
          resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });

  it("works from end to end on a folder", () =>
    inTemporaryFolder(async (folder) => {
      const env = { CREDSSP_FLEET: folder };
      assert.equal((await started(["fleet", "new", "a"], env)).code, 0);
      assert.equal(
        (await started(["fleet", "set", "a", "server=on"], env)).code,
        0,
      );
      const listed = await started(["fleet", "list", "--json"], env);
      const [host] = JSON.parse(listed.out) as [Record<string, unknown>];
      assert.equal(host["host"], "a");
      assert.deepEqual(host["service"], { on: true, source: "local" });
      assert.equal(listed.err, "");
    }));

  it("prints its usage, and refuses with exit code 2", async () => {
    const help = await started(["--help"]);
    assert.equal(help.code, 0);
    assert.match(help.out, /^Usage: pulumi-credssp fleet COMMAND/);
    assert.ok(help.out.split("\n").every((line) => line.length <= 88));
    const wrong = await started(["fleet", "nonsense"]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /^fleet nonsense is not one of/);
  });
});
