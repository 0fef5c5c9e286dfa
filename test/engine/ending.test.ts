import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../support/until";
import { declare } from "./declared";
import {
  firstLine,
  program,
  repository,
  startDynamicProvider,
  type DynamicProvider,
} from "./dynamicProvider";
import { faulty, TemporaryFleet } from "./fleet";
import { childrenOf, isRunning } from "./processes";
import { connectProvider, type ProviderClient } from "./providerClient";

/** What the fake PowerShell wrote down. */
interface Note {
  readonly pid: number;
  readonly does: "starts" | "serves";
  readonly env?: Readonly<Record<string, string>>;
}

const reason =
  process.platform === "linux"
    ? ""
    : " (skipped: reads /proc and sends Unix signals)";

describe(`The end of Pulumi's process${reason}`, function () {
  let folder: string;
  let provider: DynamicProvider | undefined;

  beforeEach(async function () {
    if (reason !== "") this.skip();
    folder = await mkdtemp(join(tmpdir(), "credssp-ending-"));
  });
  afterEach(async () => {
    if (reason !== "") return;
    await provider?.stop();
    provider = undefined;
    for (const { pid } of await notes())
      if (isRunning(pid)) process.kill(pid, "SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });

  const notes = async (): Promise<readonly Note[]> => {
    const text = await readFile(join(folder, "notes"), "utf8").catch(() => "");
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line) as Note);
  };
  /** How far the fake PowerShell comes; see there. */
  type Manner = (typeof manners)[number];
  const manners = ["starting", "busy", "idle"] as const;
  /** The environment of a process whose PowerShell is the fake one. */
  const withFake = (manner: Manner) => ({
    CREDSSP_POWERSHELL: join(__dirname, "fakePowerShell.mjs"),
    FAKE_POWERSHELL: manner,
    FAKE_POWERSHELL_NOTES: join(folder, "notes"),
    PULUMI_CONFIG_PASSPHRASE: "secret passphrase",
    PULUMI_ACCESS_TOKEN: "secret token",
    CREDSSP_ADMIN_PASSWORD: "secret password",
    KEPT: "kept",
  });
  const { inputs } = declare("CredSSPServer", "app.do.local", {
    transport: "winrm",
    useSSL: false,
    authentication: "Default",
  });

  /** Makes the provider start its PowerShell, and waits until that has come so far. Its process id. */
  async function engage(
    client: Pick<ProviderClient, "create">,
    manner: Manner,
  ): Promise<number> {
    const creating = client.create(inputs);
    if (manner === "idle") await assert.rejects(creating, /CREDSSP213/);
    // The process ends before it can answer.
    else creating.catch(() => undefined);
    const due = manner === "starting" ? "starts" : "serves";
    await until(`PowerShell to come so far that it ${due}`, async () =>
      (await notes()).some(({ does }) => does === due),
    );
    const [first] = await notes();
    assert.ok(first && isRunning(first.pid));
    return first.pid;
  }

  /** The process is gone in time, in peace, and so is its PowerShell. */
  async function assertEnded(
    { pid, ended, errorText }: DynamicProvider,
    children: readonly number[],
  ): Promise<void> {
    const since = Date.now();
    const ending = await ended;
    const took = Date.now() - since;
    assert.deepEqual(ending, { code: 0, signal: null }, errorText());
    assert.ok(took < 2000, `it took ${took} ms`);
    for (const child of [pid, ...children])
      assert.ok(!isRunning(child), `${child} is still there`);
    assert.equal(errorText(), "");
  }

  const ways: Readonly<Record<string, (one: DynamicProvider) => void>> = {
    SIGINT: (one) => one.signal("SIGINT"),
    SIGTERM: (one) => one.signal("SIGTERM"),
    "the end of standard input": (one) => one.endInput(),
  };

  for (const [way, end] of Object.entries(ways)) {
    it(`comes by ${way} when it has no PowerShell`, async () => {
      provider = await startDynamicProvider();
      await provider.check(inputs);
      assert.deepEqual(childrenOf(provider.pid), []);
      end(provider);
      await assertEnded(provider, []);
    });

    for (const manner of manners)
      it(`comes by ${way} and leaves no PowerShell behind that is ${manner}`, async () => {
        provider = await startDynamicProvider({ env: withFake(manner) });
        const child = await engage(provider, manner);
        assert.deepEqual(childrenOf(provider.pid), [child]);
        end(provider);
        await assertEnded(provider, [child]);
        const starts = (await notes()).filter(({ does }) => does === "starts");
        assert.equal(starts.length, 1);
      });
  }

  it("comes by the first of several signals", async () => {
    provider = await startDynamicProvider({ env: withFake("busy") });
    const child = await engage(provider, "busy");
    for (const signal of ["SIGHUP", "SIGINT", "SIGINT", "SIGTERM"] as const)
      provider.signal(signal);
    await assertEnded(provider, [child]);
  });

  for (const manner of manners)
    it(`comes by the death of Pulumi itself and leaves no PowerShell behind that is ${manner}`, async () => {
      // In Pulumi's place: it starts the process, holds its standard streams, and is killed.
      const pulumi = spawn(
        process.execPath,
        [
          "-e",
          `const [program, cwd] = process.argv.slice(1);
          const { spawn } = require("node:child_process");
          const child = spawn(process.execPath, [program, "127.0.0.1:1"], { cwd, stdio: "pipe" });
          child.stdout.pipe(process.stdout);
          child.on("spawn", () => console.error(child.pid));`,
          program,
          repository,
        ],
        {
          env: { ...process.env, ...withFake(manner) },
          stdio: ["ignore", "pipe", "pipe"],
        },
      );
      let pid = 0;
      try {
        pid = Number(await firstLine({ stdout: pulumi.stderr }));
        const port = await firstLine(pulumi);
        const client = connectProvider(Number(port));
        const child = await engage(client, manner);
        pulumi.kill("SIGKILL");
        await until(
          "both to be gone",
          () => ![pid, child].some(isRunning),
          2000,
        );
        client.close();
      } finally {
        pulumi.kill("SIGKILL");
        if (pid > 0 && isRunning(pid)) process.kill(pid, "SIGKILL");
      }
    });

  it("comes by SIGINT in the middle of a change, and the next process takes it from there", async () => {
    const fleet = await TemporaryFleet.make();
    try {
      const host = await fleet.add(
        "app.do.local",
        faulty({ policyNeverApplies: true, validateSeconds: 1 }),
      );
      const before = await fleet.essence(host);
      const client = declare("CredSSPClient", host, fleet.connection);
      provider = await startDynamicProvider();
      const checked = await provider.check(client.inputs);
      provider.create(checked.inputs).catch(() => undefined);
      const { messages } = provider;
      await until("the change to be under way", () => messages.length > 0);
      provider.signal("SIGINT");
      await assertEnded(provider, []);
      await provider.stop();
      assert.deepEqual(await fleet.locks(), []);

      await fleet.edit(host, faulty({ policyNeverApplies: false }));
      provider = await startDynamicProvider();
      const { id, outputs } = await provider.create(checked.inputs);
      assert.deepEqual(outputs["delegateComputers"], ["*.do.local"]);
      await provider.delete(id, outputs);
      assert.deepEqual(await fleet.essence(host), before);
    } finally {
      await fleet.dispose();
    }
  });

  it("leaves nothing of a PowerShell that took the place of a lost one", async () => {
    provider = await startDynamicProvider({ env: withFake("idle") });
    const child = await engage(provider, "idle");
    process.kill(child, "SIGKILL");
    // Not only dead but waited for: then its loss is known.
    await until("PowerShell to be gone", () => !existsSync(`/proc/${child}`));
    // The next request starts another one.
    await assert.rejects(provider.create(inputs), /CREDSSP213/);
    const [second] = childrenOf(provider.pid);
    assert.notEqual(second, child);
    provider.signal("SIGINT");
    await assertEnded(provider, [Number(second)]);
  });

  it("is awaited by a PowerShell that knows no variable of Pulumi's and none of ours", async () => {
    provider = await startDynamicProvider({ env: withFake("idle") });
    await engage(provider, "idle");
    const env = (await notes())[0]?.env ?? {};
    assert.equal(env["KEPT"], "kept");
    assert.deepEqual(
      Object.keys(env).filter((name) => /^(PULUMI|CREDSSP)_/i.test(name)),
      [],
    );
    assert.doesNotMatch(JSON.stringify(env), /secret/);
  });

  it("does not come, and no PowerShell starts, for check and diff", async () => {
    provider = await startDynamicProvider({ env: withFake("idle") });
    const checked = await provider.check(inputs);
    await provider.diff("id", checked.inputs, checked.inputs);
    assert.deepEqual(await notes(), []);
    assert.deepEqual(childrenOf(provider.pid), []);
  });
});
