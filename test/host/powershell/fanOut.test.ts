import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import {
  createPowerShell,
  type PowerShellHosts,
} from "../../../providers/host/powershell/powershell";
import type { PowerShellAddress } from "../../../providers/host/powershell/powershellHost";
import { CredsspError } from "../../../providers/model/errors";
import { needWindows, tier } from "../../support/tiers";
import { StandInFleet } from "./standIn";

const client = "client01.do.local";
const apps = ["app01", "app02", "app03", "app04"].map((a) => `${a}.do.local`);
const [app1 = "", app2 = "", app3 = "", app4 = ""] = apps;
const winrm = {
  transport: "winrm",
  useSSL: false,
  authentication: "Default",
} as const;
const ssh = { transport: "ssh" } as const;
const password = "P@ssw0rd!";

tier("One PowerShell for many hosts", needWindows(), (tools, suite) => {
  suite.timeout(120_000);
  let fleet: StandInFleet;
  let shells: PowerShellHosts[] = [];

  const shell = (more: Readonly<Record<string, string>> = {}) => {
    const surroundings = fleet.on(client, more);
    const made = createPowerShell(surroundings);
    shells.push(made);
    return { ...made, env: surroundings.env };
  };
  /** The names of hosts in the order in which they were seen, or what they came to. */
  const ending = async (
    ps: PowerShellHosts,
    asked: Readonly<Record<string, PowerShellAddress>>,
  ): Promise<readonly string[]> => {
    const order: string[] = [];
    await Promise.all(
      Object.entries(asked).map(async ([host, address]) => {
        const seen = await codeOf(ps.connect(host, address).observe());
        order.push(seen === null ? host : `${host}: ${seen}`);
      }),
    );
    return order;
  };
  /** The processes of this fleet's PowerShells in whose environment a text stands. */
  const holding = async (text: string): Promise<readonly string[]> => {
    const { stdout } = await promisify(execFile)("sh", [
      "-c",
      `grep -lsa "WINRIG_FLEET=${fleet.folder}" /proc/[0-9]*/environ | xargs -r grep -lsaF -- "$0" || true`,
      text,
    ]);
    return stdout.split("\n").filter((line) => line !== "");
  };

  before(async () => {
    fleet = await StandInFleet.make(tools, apps.length);
  });
  beforeEach(() => [client, ...apps].forEach((host) => fleet.reset(host)));
  afterEach(async () => {
    await Promise.all(shells.map((one) => one.close()));
    shells = [];
  });
  after(() => fleet.dispose());

  for (const address of [winrm, ssh])
    it(`answers for each as it ends over ${address.transport}: one that is slow, and one that is dead, hold up nobody`, async () => {
      fleet.fault(app2, "latencyMs", 6000);
      fleet.fault(app3, "unreachable", true);
      fleet.fault(app3, "unreachableMs", 8000);
      const order = await ending(
        shell(),
        Object.fromEntries(apps.map((host) => [host, address])),
      );
      const dead = address === winrm ? "CREDSSP206" : "CREDSSP226";
      assert.deepEqual([...order].sort(), [
        app1,
        app2,
        `${app3}: ${dead}`,
        app4,
      ]);
      // The stand-in's ssh knows no slow host, and hears of a dead one when it likes.
      if (address === ssh) return;
      const alive = order.filter((one) => !one.startsWith(app3));
      assert.equal(alive[2], app2, order.join());
      assert.notEqual(order[0], `${app3}: ${dead}`);
    });

  it("closes the session of a host that gives no answer in time, and lets the others go on", async () => {
    fleet.fault(app1, "latencyMs", 60_000);
    fleet.fault(app2, "latencyMs", 5000);
    const ps = shell();
    const order = await ending(ps, {
      [app1]: { ...winrm, operationTimeoutSeconds: 3 },
      [app2]: winrm,
    });
    assert.deepEqual(order, [`${app1}: CREDSSP205`, app2]);
  });

  it("gives a host up whose name is no name, and asks the others all the same", async () => {
    const bad = "app01 do local";
    const order = await ending(shell(), { [bad]: winrm, [app2]: winrm });
    assert.ok(order.includes(app2), order.join());
    assert.ok(order.some((one) => one.startsWith(`${bad}: CREDSSP2`)));
  });

  it("changes a host over ssh, and sees what it did", async () => {
    const host = shell().connect(app1, ssh);
    const before = await host.observe();
    const applied = await host.apply([{ kind: "enableServer" }], before);
    assert.ok(applied.outcome === "done", applied.outcome);
    assert.ok(applied.facts.service.on);
    assert.ok((await host.observe()).service.on);
  });

  it("has WinRM's own service switch a role that a session on the host may not, and leaves the rest of the batch to a new plan", async () => {
    fleet.fault(app1, "denyConfigInSession", true);
    const host = shell().connect(app1, winrm);
    const applied = await host.apply(
      [
        { kind: "writeLedger", text: "before" },
        { kind: "enableServer" },
        { kind: "setClientAuth", on: true },
      ],
      await host.observe(),
    );
    assert.ok(applied.outcome === "done", JSON.stringify(applied));
    const { service, client: role, ledger } = applied.facts;
    assert.deepEqual([ledger, service.on, role.on], ["before", true, false]);
    const rest = await host.apply(
      [{ kind: "setClientAuth", on: true }],
      applied.facts,
    );
    assert.ok(rest.outcome === "done" && rest.facts.client.on);
  });

  it("says what the host said where even that is not allowed", async () => {
    fleet.fault(app1, "denyConfigInSession", true);
    const host = shell().connect(app1, ssh);
    const applied = await host.apply(
      [{ kind: "enableServer" }],
      await host.observe(),
    );
    assert.ok(applied.outcome === "failed", applied.outcome);
    assert.equal(applied.failure.faultCode, 5);
  });

  describe("acts as a credential", () => {
    const named = { ...winrm, credential: "ops" };
    const variables = {
      CREDSSP_OPS_USERNAME: "DO\\alice",
      CREDSSP_OPS_PASSWORD: password,
    };

    it("that stands in the environment, and its secret in that PowerShell's alone", async () => {
      const ps = shell(variables);
      const order = await ending(ps, { [app1]: named, [app2]: winrm });
      assert.deepEqual([...order].sort(), [app1, app2]);
      assert.equal((await holding(password)).length, 1);
      for (const environ of await holding("WINRIG_HOST")) {
        const line = readFileSync(environ.replace("environ", "cmdline"));
        assert.ok(!line.includes(password), line.toString());
      }
    });

    it("as it is now: a password that was mended counts at once", async () => {
      const ps = shell({ ...variables, CREDSSP_OPS_PASSWORD: "wrong" });
      const host = ps.connect(app1, named);
      assert.equal(await codeOf(host.observe()), "CREDSSP225");
      ps.env["CREDSSP_OPS_PASSWORD"] = password;
      assert.equal(await codeOf(host.observe()), null);
    });

    it("that is nowhere: nothing is started, and the error says where it was looked for", async () => {
      const host = shell().connect(app1, named);
      assert.equal(await codeOf(host.observe()), "CREDSSP220");
      assert.deepEqual(await holding("WINRIG_HOST"), []);
    });

    it("that is no administrator of the host, and is told so", async () => {
      const ps = shell({ ...variables, CREDSSP_OPS_USERNAME: "DO\\bob" });
      const host = ps.connect(app1, named);
      assert.equal(await codeOf(host.observe()), "CREDSSP225");
    });
  });
});

async function codeOf(work: Promise<unknown>): Promise<string | null> {
  try {
    await work;
    return null;
  } catch (error) {
    assert.ok(error instanceof CredsspError, String(error));
    return error.problem.code;
  }
}
