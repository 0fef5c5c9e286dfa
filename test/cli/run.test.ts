import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../providers/cli/run";
import { defaultFleet } from "../../providers/connection";
import { freshHost } from "../../providers/host/simulated/state";
import {
  formatLedger,
  newLedger,
  type Ledger,
} from "../../providers/model/ledger";
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

  it("adds no host where one of the names is bad, and names every bad one", () =>
    withFleet(async (fleet) => {
      const before = await fleet("list");
      const refused = await fleet("new", "good01", "*", "../up");
      assert.deepEqual([refused.code, refused.out], [1, ""]);
      assert.match(refused.err, /"\*" is not the name of a computer/);
      assert.match(refused.err, /"\.\.\/up" is not the name of a computer/);
      assert.deepEqual(await fleet("list"), before);
    }));

  it("says that there is no fleet in a folder that is not there, and what to try", async () => {
    const none = await ran(["fleet", "list", "--fleet", "none/at-all"]);
    assert.deepEqual(none, {
      code: 1,
      out: "",
      err: "There is no fleet in none/at-all. Try: pulumi-credssp fleet new HOST --fleet none/at-all\n",
    });
    const json = await ran(["fleet", "list", "--fleet", "none", "--json"]);
    assert.deepEqual([json.code, json.out], [1, "[]\n"]);
  });

  it("lists nothing in an empty folder, and says how a host is added", () =>
    inTemporaryFolder(async (folder) => {
      assert.deepEqual(await ran(["fleet", "list", "--fleet", folder]), {
        code: 0,
        out: `No host in ${folder}. Try: pulumi-credssp fleet new HOST.\n`,
        err: "",
      });
    }));

  it("lists under who may delegate what the enabled lists of fresh credentials say, and nothing else", () =>
    withFleet(async (fleet) => {
      const lists = [
        "AllowFreshCredentialsWhenNTLMOnly",
        "AllowSavedCredentials",
        "DenyFreshCredentials",
      ];
      await fleet("allow", "cm12.do.local", "wsman/x");
      for (const list of lists)
        await fleet("allow", "cm12.do.local", `of/${list}`, "--policy", list);
      assert.match(
        (await fleet("list")).out,
        /cm12\.do\.local +off +off +wsman\/x, of\/AllowFreshCredentialsWhenNTLMOnly +-\n/,
      );
      const off = ["AllowFreshCredentials", "enabled=0"] as const;
      await fleet("domain", "cm12.do.local", "Baseline", ...off);
      assert.match(
        (await fleet("list")).out,
        /cm12\.do\.local +off +off +of\//,
      );
    }));

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
        "http/y is not among the entries of AllowFreshCredentials on orch01.do.local.\n",
      );
    }));

  it("allows and revokes by another list if it is named", () =>
    withFleet(async (fleet) => {
      const deny = (command: string, ...spns: string[]) =>
        fleet(
          command,
          "cm12.do.local",
          ...spns,
          "--policy",
          "DenyFreshCredentials",
        );
      await deny("allow", "wsman/x", "wsman/y");
      const shown = await fleet("show", "cm12.do.local");
      assert.match(shown.out, /DenyFreshCredentials +live +1 +wsman\/x\n/);
      assert.doesNotMatch(shown.out, /AllowFreshCredentials/);
      const other = await fleet("revoke", "cm12.do.local", "wsman/x");
      assert.equal(other.code, 1);
      assert.equal((await deny("revoke", "wsman/x", "wsman/y")).code, 0);
      assert.doesNotMatch(
        (await fleet("show", "cm12.do.local")).out,
        /DenyFreshCredentials/,
      );
    }));

  it("lets a policy object of the domain set a list, and leave it again, each twice", () =>
    withFleet(async (fleet) => {
      const domain = (...setting: string[]) =>
        fleet(
          "domain",
          "orch01.do.local",
          "Server baseline",
          "AllowFreshCredentials",
          ...setting,
        );
      const shown = async () =>
        (await fleet("show", "orch01.do.local")).out.split("\n\n")[1];
      await fleet("allow", "orch01.do.local", "wsman/a", "wsman/b");
      const before = await shown();
      const settings = ["enabled=1", "concatenate=none", "clearsFirst=true"];
      for (let time = 0; time < 2; time++) {
        const set = await domain(...settings, "WSMAN/*.corp.example");
        assert.equal(set.code, 0);
        assert.match(set.out, /orch01\.do\.local +off +off +WSMAN\/\*\.corp/);
        assert.equal(
          await shown(),
          `POLICY                 IN                 VALUE        DATA
AllowFreshCredentials  live               enabled      1
AllowFreshCredentials  live               concatenate  1
AllowFreshCredentials  live               1            WSMAN/*.corp.example
AllowFreshCredentials  local              enabled      1
AllowFreshCredentials  local              concatenate  1
AllowFreshCredentials  local              1            wsman/a
AllowFreshCredentials  local              2            wsman/b
AllowFreshCredentials  "Server baseline"  enabled      1
AllowFreshCredentials  "Server baseline"  clearsFirst  true
AllowFreshCredentials  "Server baseline"  1            WSMAN/*.corp.example
`,
        );
      }
      const json = JSON.parse(
        (await fleet("show", "orch01.do.local", "--json")).out,
      ) as Record<string, unknown>;
      assert.deepEqual(json["domainPolicies"], [
        {
          object: "Server baseline",
          policies: {
            AllowFreshCredentials: {
              switch: 1,
              concatenate: null,
              values: [{ name: "1", data: "WSMAN/*.corp.example" }],
              clearsFirst: true,
            },
          },
        },
      ]);
      for (let time = 0; time < 2; time++) {
        assert.equal((await domain("none")).code, 0);
        assert.equal(await shown(), before);
      }
    }));

  it("lets the domain's object enable a policy as the editor does, and takes the object away whole", () =>
    withFleet(async (fleet) => {
      const domain = (...words: string[]) =>
        fleet("domain", "orch01.do.local", "Baseline", ...words);
      await domain("DenyFreshCredentials", "wsman/x");
      await domain("WinRMClientAllowCredSSP", "enabled=0");
      const { out } = await fleet("show", "orch01.do.local");
      assert.match(out, /client +off \(policy\)\n/);
      assert.match(out, /DenyFreshCredentials +"Baseline" +enabled +1\n/);
      assert.match(out, /DenyFreshCredentials +live +concatenate +1\n/);
      assert.match(out, /WinRMClientAllowCredSSP +"Baseline" +enabled +0\n/);
      assert.doesNotMatch(out, /WinRMClientAllowCredSSP +\S+ +concatenate/);
      await domain("none");
      const gone = (await fleet("show", "orch01.do.local")).out;
      assert.match(gone, /client +off\n/);
      assert.doesNotMatch(gone, /POLICY/);
    }));

  it("has no domain's policy for a host in a workgroup", () =>
    withFleet(async (fleet) => {
      await fleet("new", "edge01");
      const refused = await fleet(
        "domain",
        "edge01",
        "Baseline",
        "DenyFreshCredentials",
        "wsman/x",
      );
      assert.deepEqual(refused, {
        code: 1,
        out: "",
        err: "edge01 is in a workgroup: no domain's policy reaches it. Try: pulumi-credssp fleet new edge01.do.local\n",
      });
    }));

  it("switches local policy off and on, and changes Windows' edition", () =>
    withFleet(async (fleet) => {
      await fleet("allow", "orch01.do.local", "wsman/a");
      await fleet("set", "orch01.do.local", "localPolicy=off");
      assert.match(
        (await fleet("show", "orch01.do.local")).out,
        /local policy +off: DisableLGPOProcessing is 1\n/,
      );
      const passed = await fleet("gpupdate", "orch01.do.local");
      assert.match(passed.out, /orch01\.do\.local +off +off +-/);
      await fleet("set", "orch01.do.local", "localPolicy=on");
      const again = await fleet("gpupdate", "orch01.do.local");
      assert.match(again.out, /orch01\.do\.local +off +off +wsman\/a/);
      await fleet("set", "orch01.do.local", "edition=Core");
      assert.match(
        (await fleet("show", "orch01.do.local")).out,
        /local policy +off: Windows Home has none\n/,
      );
    }));

  it("stops and disables WinRM", () =>
    withFleet(async (fleet) => {
      await fleet(
        "set",
        "cm12.do.local",
        "winrm=Stopped",
        "winrmStart=Disabled",
      );
      assert.match(
        (await fleet("show", "cm12.do.local")).out,
        /WinRM +Stopped, Disabled\n/,
      );
    }));

  it("makes machines from an image of one: alike, but other machines", () =>
    withFleet(async (fleet) => {
      await fleet("set", "cm12.do.local", "server=on");
      await fleet("allow", "cm12.do.local", "wsman/x");
      const made = await fleet(
        "image",
        "cm12.do.local",
        "Copy01",
        "copy02.x.y",
      );
      assert.equal(made.out, "copy01 is there.\ncopy02.x.y is there.\n");
      const facts = async (host: string) =>
        JSON.parse((await fleet("show", host, "--json")).out) as {
          computer: { name: string; domain: string; machineGuid: string };
          live: unknown;
          service: unknown;
        };
      const [original, copy] = [
        await facts("cm12.do.local"),
        await facts("copy02.x.y"),
      ];
      assert.deepEqual(copy.live, original.live);
      assert.deepEqual(copy.service, original.service);
      assert.equal(copy.computer.name, "COPY02");
      assert.equal(copy.computer.domain, "x.y");
      assert.notEqual(copy.computer.machineGuid, original.computer.machineGuid);
      const again = await fleet("image", "cm12.do.local", "copy01", "*");
      assert.equal(again.code, 1);
      assert.equal((await fleet("image", "cm12.do.local", "copy01")).code, 1);
      assert.equal((await fleet("image", "nobody", "copy03")).code, 1);
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
        `host      orch01.do.local
computer  ORCH01 in do.local, Windows 10.0.20348 ServerStandard
WinRM     Running, Automatic
client    off
server    off
ledger    none
`,
      );
    }));

  it("prints who owns what by the host's ledger, a line each", () =>
    withFleet(async (fleet, folder) => {
      const host = "led01.do.local";
      const { computer } = freshHost(host);
      const ledger: Ledger = {
        ...newLedger("ledger-1", computer.machineGuid),
        flags: {
          client: {
            owners: ["org/urn:a", "org/urn:b"],
            before: "off",
            foreign: [],
          },
          service: { owners: [], before: "off", foreign: [] },
        },
        lists: {
          AllowFreshCredentials: {
            entries: {
              "wsman/x": {
                owners: ["org/urn:a"],
                written: ["1"],
              },
            },
          },
        },
      };
      const file = join(folder, `${host}.json`);
      const put = (content: object) =>
        writeFile(file, JSON.stringify({ computer, ...content }));
      await put({ ledger: formatLedger(ledger) });
      const shown = (await fleet("show", host)).out;
      assert.match(shown, /ledger +ledger-1\n/);
      assert.equal(
        shown.split("\n\n")[1],
        `OURS                   WHAT     BEFORE US         OWNER
client role            on       off before        org/urn:a
client role            on       off before        org/urn:b
server role            on       off before        nobody any more: a debt
AllowFreshCredentials  wsman/x  not there before  org/urn:a
`,
      );
      await put({ ledger: formatLedger({ ...ledger, machineGuid: "other" }) });
      assert.match(
        (await fleet("show", host)).out,
        /ledger +ledger-1, of another machine: nothing in it counts here\n/,
      );
      await put({ ledger: "{" });
      assert.match(
        (await fleet("show", host)).out,
        /ledger +.*ledger cannot be read/,
      );
    }));

  it("prints its version, which is the package's", async () => {
    const { version } = JSON.parse(
      await readFile(
        join(__dirname, "..", "..", "providers", "package.json"),
        "utf8",
      ),
    ) as { version: string };
    for (const args of [["--version"], ["fleet", "list", "--version"]])
      assert.deepEqual(await ran(args), {
        code: 0,
        out: `pulumi-credssp ${version}\n`,
        err: "",
      });
  });

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
    ["fleet allow a x/y --policy Alow", /^Alow is not one of AllowDefault/],
    [
      "fleet revoke a x/y --policy WinRMServiceAllowCredSSP",
      /^WinRMServiceAllowCredSSP has no entries: try fleet set HOST serverPolicy=1/,
    ],
    ["fleet show a --policy x", /^--policy is no option of fleet show/],
    ["fleet domain", /^fleet domain: which host\?/],
    ["fleet domain a", /^fleet domain a: which policy object of the domain\?/],
    ["fleet domain a Base", /^fleet domain a Base: which policy\?/],
    ["fleet domain a Base Alow x/y", /^Alow is not one of AllowDefault/],
    [
      "fleet domain a Base DenyFreshCredentials",
      /^fleet domain a Base DenyFreshCredentials: which SETTING\?/,
    ],
    ["fleet domain a Base DenyFreshCredentials x", /^x is no SPN/],
    [
      "fleet domain a Base DenyFreshCredentials none x/y",
      /^none stands alone: the object leaves the policy alone/,
    ],
    [
      "fleet domain a Base none x/y",
      /^none stands alone: the object leaves every policy alone/,
    ],
    [
      "fleet domain a Base DenyFreshCredentials on=1",
      /^on is not one of enabled, concatenate, clearsFirst/,
    ],
    [
      "fleet domain a Base DenyFreshCredentials enabled=2",
      /^enabled takes 0, 1, none, not "2"/,
    ],
    [
      "fleet domain a Base WinRMClientAllowCredSSP clearsFirst=true",
      /^clearsFirst is not one of enabled \(/,
    ],
    [
      "fleet domain a Base WinRMClientAllowCredSSP x/y",
      /^WinRMClientAllowCredSSP has no entries/,
    ],
    ["fleet image", /^fleet image: which host\?/],
    ["fleet image a", /^fleet image a: which new host\?/],
    ["fleet set a edition=7", /^edition takes Windows' EditionID/],
    ["fleet set a winrmStart=Auto", /^winrmStart takes Automatic, Manual/],
    ["fleet fault a dieAfterSteps=on", /^dieAfterSteps takes a number, or off/],
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
