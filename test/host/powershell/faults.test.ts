import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { Host } from "../../../providers/host/host";
import { here } from "../../../providers/host/powershell/channel";
import {
  createPowerShell,
  type PowerShellHosts,
} from "../../../providers/host/powershell/powershell";
import { isNoAnswer } from "../../../providers/pulumi/unreachable";
import { needWindows, tier } from "../../support/tiers";
import { refused } from "./refused";
import { StandInFleet } from "./standIn";

const [client, app] = ["client01.do.local", "app01.do.local"];
const winrm = {
  transport: "winrm",
  useSSL: false,
  authentication: "Default",
} as const;

tier("PowerShell that cannot do its work", needWindows(), (tools) => {
  let fleet: StandInFleet;
  let shells: PowerShellHosts[] = [];

  /** A PowerShell on the client, with other variables in its environment. */
  const shell = (more: Readonly<Record<string, string>> = {}) => {
    const made = createPowerShell(fleet.on(client, more));
    shells.push(made);
    return made;
  };
  const local = (more: Readonly<Record<string, string>> = {}): Host =>
    shell(more).connect(client, { transport: "local" });

  before(async function () {
    this.timeout(60_000);
    fleet = await StandInFleet.make(tools, 1);
  });
  beforeEach(() => {
    fleet.reset(client);
    fleet.reset(app);
  });
  afterEach(async () => {
    await Promise.all(shells.map((s) => s.close()));
    shells = [];
  });
  after(() => fleet.dispose());

  it("names a host that does not answer, with the host's words and PowerShell's id (CREDSSP206)", async () => {
    fleet.fault(app, "unreachable", true);
    const error = await refused(shell().connect(app, winrm).observe());
    assert.equal(error.problem.code, "CREDSSP206");
    assert.match(error.message, /^[^\n]+ on app01\.do\.local: [^\n]{20,}\n/);
    assert.match(error.problem.found, /PSSessionStateBroken/);
  });

  it("takes the machine it runs on for no other host (CREDSSP216)", async () => {
    const ps = shell();
    const other = ps.connect(app, { transport: "local" });
    const error = await refused(other.observe());
    assert.equal(error.problem.code, "CREDSSP216");
    assert.match(error.message, /CLIENT01/u);
    for (const name of [client, "CLIENT01", "localhost"]) {
      const same = ps.connect(name, { transport: "local" });
      assert.equal((await same.observe()).computer.name, "CLIENT01");
    }
  });

  it("names a host that nobody knows, and serves the next one", async () => {
    const ps = shell();
    const error = await refused(ps.connect("nobody.do.local", winrm).observe());
    assert.equal(error.problem.code, "CREDSSP206");
    const facts = await ps.connect(app, winrm).observe();
    assert.equal(facts.computer.name, "APP01");
  });

  it("takes no hostile name for anything but a name", async () => {
    for (const name of [
      'x"; exit 7; "',
      "$(exit 7)",
      "a\nexit 7",
      "';exit 7;'",
    ]) {
      const error = await refused(shell().connect(name, winrm).observe());
      assert.equal(error.problem.code, "CREDSSP206");
      assert.doesNotMatch(error.message, /exit code/);
    }
  });

  for (const [where, address, host] of [
    ["here", { transport: "local" }, client],
    ["on the host", winrm, app],
  ] as const)
    it(`recognises a restricted session ${where} (CREDSSP208)`, async () => {
      fleet.fault(host, "constrainedLanguage", true);
      const error = await refused(shell().connect(host, address).observe());
      assert.equal(error.problem.code, "CREDSSP208");
      assert.match(error.problem.found, /ConstrainedLanguage/);
    });

  it("refuses both transports where PowerShell has no Windows around it (CREDSSP212)", async () => {
    const env = {
      ...process.env,
      CREDSSP_POWERSHELL: join(tools, "../pwsh/pwsh"),
    };
    const ps = createPowerShell({ ...here, env });
    shells.push(ps);
    for (const address of [{ transport: "local" }, winrm] as const) {
      const error = await refused(ps.connect(app, address).observe());
      assert.equal(error.problem.code, "CREDSSP212");
      assert.match(error.message, new RegExp(address.transport));
    }
  });

  describe("by an ssh that gives up", () => {
    let folder: string;
    /** PowerShell, with an ssh that prints this for a host and ends; the host is one of its arguments. */
    const printing = (said: Readonly<Record<string, string>>) => {
      const cases = Object.entries(said).map(
        ([host, lines], i) =>
          `*" ${host} "*) sleep 0.${i}; cat >&2 <<'END'\n${lines}\nEND\n;;`,
      );
      const script = `#!/bin/sh\ncase "$*" in\n${cases.join("\n")}\nesac\nsleep 1\nexit 255\n`;
      writeFileSync(join(folder, "ssh"), script, { mode: 0o755 });
      const ps = createPowerShell({
        ...here,
        env: {
          ...process.env,
          PATH: [folder, process.env["PATH"]].join(delimiter),
          CREDSSP_POWERSHELL: join(tools, "../pwsh/pwsh"),
        },
      });
      shells.push(ps);
      return (host: string) =>
        refused(ps.connect(host, { transport: "ssh", port: 1 }).observe());
    };
    before(() => (folder = mkdtempSync(join(tmpdir(), "credssp-ssh-"))));
    after(() => rmSync(folder, { recursive: true, force: true }));

    for (const line of [
      "subsystem request failed on channel 0",
      "@ WARNING: UNPROTECTED PRIVATE KEY FILE! @",
      "Host key verification failed.",
      "command-line: line 0: Bad configuration option: nosuch",
    ])
      it(`tells why, also where no host is named, and how to try by hand: ${line}`, async () => {
        const { problem } = await printing({ app1: line })("app1");
        assert.equal(problem.code, "CREDSSP226");
        assert.ok(
          problem.found.endsWith(`it printed: ${line.replace(/\.$/u, "")}`),
          problem.found,
        );
        assert.match(
          problem.remedy,
          /`New-PSSession -HostName app1 -Options @\{ .+ \} -Port 1`/u,
        );
      });

    it("tells each of two hosts its own reason, also where one's name begins the other's, and which reason may be either's", async () => {
      const ask = printing({
        app1: "Host key verification failed.",
        app10: "ssh: connect to host app10 port 1: Connection refused",
      });
      const [one, ten] = await Promise.all([ask("app1"), ask("app10")]);
      const either =
        "(of this host or another one) Host key verification failed";
      assert.ok(one.problem.found.endsWith(`printed: ${either}`), one.message);
      assert.ok(
        ten.problem.found.endsWith(
          `printed: ssh: connect to host app10 port 1: Connection refused / ${either}`,
        ),
        ten.message,
      );
    });
  });

  it("says that no answer came in time, ends the work, and serves again (CREDSSP205)", async () => {
    fleet.fault(app, "latencyMs", 60_000);
    const surroundings = fleet.on(client, { CREDSSP_DEADLINE_SECONDS: "2" });
    const ps = createPowerShell(surroundings);
    shells.push(ps);
    const error = await refused(ps.connect(app, winrm).observe());
    assert.equal(error.problem.code, "CREDSSP205");
    delete surroundings.env["CREDSSP_DEADLINE_SECONDS"];
    await ps.connect(client, { transport: "local" }).observe();
  });

  for (const value of ["2200000", "3601", "abc", "-1", "0", "Infinity"])
    it(`does not take ${value} for a number of seconds (CREDSSP229)`, async () => {
      const ps = createPowerShell({
        ...here,
        env: {
          CREDSSP_DEADLINE_SECONDS: value,
          CREDSSP_POWERSHELL: "/nowhere",
        },
      });
      for (const address of [{ transport: "local" }, winrm] as const) {
        const error = await refused(ps.connect(app, address).observe());
        assert.equal(error.problem.code, "CREDSSP229");
        assert.ok(!isNoAnswer(error.problem));
      }
    });

  it("waits for the host's lock for a bounded time and then says so (CREDSSP214)", async () => {
    const holder = spawn(
      join(tools, "bin", "pwsh-on"),
      [
        client,
        "-NoProfile",
        "-Command",
        "$m = New-Object Threading.Mutex $false, 'Global\\pulumi-credssp-CLIENT01'; $null = $m.WaitOne(); 'held'; Start-Sleep 60",
      ],
      { env: fleet.on(client).env, stdio: ["ignore", "pipe", "ignore"] },
    );
    try {
      await once(holder.stdout, "data");
      const host = local({ CREDSSP_DEADLINE_SECONDS: "9" });
      const planned = await host.observe();
      const error = await refused(
        host.apply([{ kind: "writeLedger", text: "x" }], planned),
      );
      assert.equal(error.problem.code, "CREDSSP214");
      assert.deepEqual(await host.observe(), planned);
      // Who held the lock dies with it; that frees it.
      holder.kill("SIGKILL");
      await once(holder, "close");
      const applied = await host.apply(
        [{ kind: "writeLedger", text: "x" }],
        planned,
      );
      assert.equal(applied.outcome, "done");
    } finally {
      holder.kill("SIGKILL");
    }
  });

  it("tells what was done before the session went down", async () => {
    fleet.fault(app, "crashEnableClient", true);
    const host = shell().connect(app, winrm);
    const applied = await host.apply(
      [
        { kind: "writeLedger", text: "{}" },
        { kind: "enableClient", names: ["a.do.local"] },
      ],
      await host.observe(),
    );
    assert.ok(applied.outcome === "died", JSON.stringify(applied));
    assert.match(applied.message, /after writeLedger/);
    assert.equal((await host.observe()).ledger, "{}");
  });

  it("carries out a plan that was made on another connection's facts", async () => {
    const ps = shell();
    const planned = await ps.connect(app, winrm).observe();
    const change = { add: [{ name: "1", data: "wsman/x" }], remove: [] };
    const applied = await ps.connect(app, winrm).apply(
      [
        {
          kind: "writePolicy",
          policy: "AllowFreshCredentials",
          local: change,
          live: change,
        },
      ],
      planned,
    );
    assert.equal(applied.outcome, "done", JSON.stringify(applied));
  });

  it("reaches a host by the port and the endpoint it is told", async () => {
    const address = { ...winrm, port: 5999 };
    const error = await refused(shell().connect(app, address).observe());
    assert.equal(error.problem.code, "CREDSSP206");
    assert.match(
      error.problem.remedy,
      /`Test-WSMan app01\.do\.local -Port 5999`/u,
    );
  });

  it("leaves no process behind, also when it is closed at work", async () => {
    fleet.fault(app, "latencyMs", 30_000);
    const ps = shell();
    const waiting = refused(ps.connect(app, winrm).observe());
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await ps.close();
    await waiting;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    // Every PowerShell of this fleet has the fleet's folder in its environment.
    const { stdout } = await promisify(execFile)("sh", [
      "-c",
      `grep -lsa "WINRIG_FLEET=${fleet.folder}" /proc/[0-9]*/environ || true`,
    ]);
    assert.equal(stdout, "");
  });
});
