import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { PowerShell } from "node-powershell";
import {
  here,
  openChannel,
  type Channel,
  type Reply,
} from "../../../providers/host/powershell/channel";
import { until } from "../../support/until";

const fake = join(__dirname, "fakePowerShell.mjs");

/** One thing the fake PowerShell does for a request. */
type Act = Readonly<Record<string, unknown>> & { readonly do: string };

const reason =
  process.platform === "win32"
    ? " (skipped: Windows starts no script as a program)"
    : "";

describe(`The channel to PowerShell${reason}`, function () {
  this.timeout(20_000);
  let env: Record<string, string | undefined>;
  let channel: Channel;
  let started: Channel | undefined;

  const ask = (...acts: Act[]): Promise<Reply> =>
    channel.ask({ remote: null, document: JSON.stringify(acts) });
  /** The document of the answer there must be. */
  const answer = async (...acts: Act[]): Promise<Record<string, unknown>> => {
    const reply = await ask(...acts);
    assert.ok(reply.kind === "answer", JSON.stringify(reply));
    return reply.document as Record<string, unknown>;
  };
  const pid = async (): Promise<number> =>
    Number((await answer({ do: "self" }))["pid"]);

  beforeEach(function () {
    if (reason !== "") this.skip();
    env = { ...process.env, CREDSSP_POWERSHELL: fake };
    started = channel = openChannel(
      { ...here, env },
      { serves: "this machine" },
    );
  });
  afterEach(() => started?.close());

  it("starts nothing until it is asked, and then one PowerShell for all requests", async () => {
    const first = await pid();
    assert.equal(await pid(), first);
  });

  it("says what it looked for when there is no PowerShell", async () => {
    env["CREDSSP_POWERSHELL"] = "/nowhere/pwsh";
    const reply = await ask({ do: "answer" });
    assert.ok(reply.kind === "noPowerShell");
    assert.match(reply.lookedFor, /\/nowhere\/pwsh/);
  });

  it("takes a PowerShell that cannot be started for a lost one", async () => {
    env["CREDSSP_POWERSHELL"] = join(__dirname, "notAProgram.mjs");
    const { chmodSync, writeFileSync } = await import("node:fs");
    writeFileSync(env["CREDSSP_POWERSHELL"], "#!/nowhere/interpreter\n");
    chmodSync(env["CREDSSP_POWERSHELL"], 0o755);
    try {
      const reply = await ask({ do: "answer" });
      assert.ok(reply.kind === "lost", JSON.stringify(reply));
      assert.equal(reply.sent, false);
      assert.match(reply.said, /ENOENT/);
    } finally {
      rmSync(env["CREDSSP_POWERSHELL"]);
    }
  });

  for (const code of [0, 1, 82])
    it(`never takes an exit with code ${code} during a request for success, and starts anew`, async () => {
      const first = await pid();
      const reply = await ask({ do: "exit", code });
      assert.ok(reply.kind === "lost", JSON.stringify(reply));
      assert.equal(reply.sent, true);
      assert.match(reply.said, new RegExp(`exit code ${code}`));
      assert.notEqual(await pid(), first);
    });

  it("believes an answer given with the last breath", async () => {
    const reply = await answer({ do: "lastWords", code: 0 });
    assert.equal(reply["value"], "last");
    assert.equal((await answer({ do: "answer", value: 2 }))["value"], 2);
  });

  it("answers every request that was waiting when PowerShell died", async () => {
    const replies = await Promise.all([
      ask({ do: "exit", code: 3 }),
      ask({ do: "answer", value: "second" }),
      ask({ do: "exit", code: 0 }),
      ask({ do: "answer", value: "fourth" }),
    ]);
    assert.deepEqual(
      replies.map(({ kind }) => kind),
      ["lost", "answer", "lost", "answer"],
    );
  });

  it("kills a PowerShell that gives no answer in time, as the environment has it at that moment", async () => {
    const first = await pid();
    env["CREDSSP_DEADLINE_SECONDS"] = "0.4";
    const reply = await ask(
      { do: "print", out: "still here\n" },
      { do: "hang" },
    );
    assert.ok(reply.kind === "timeout", JSON.stringify(reply));
    assert.equal(reply.seconds, 0.4);
    assert.match(reply.noise, /still here/);
    assertGone(first);
    delete env["CREDSSP_DEADLINE_SECONDS"];
    assert.notEqual(await pid(), first);
  });

  it("lets nobody wait longer for a deadline that passed in the queue before", async () => {
    env["CREDSSP_DEADLINE_SECONDS"] = "1.5";
    const [slow, next] = await Promise.all([
      ask({ do: "hang" }),
      ask({ do: "answer", value: 1 }),
    ]);
    assert.deepEqual([slow.kind, next.kind], ["timeout", "answer"]);
  });

  it("ignores whatever else is printed, on both streams, before, beside and after the answer", async () => {
    const reply = await answer(
      { do: "print", out: "PS C:\\> ", err: "warning: \n" },
      { do: "print", out: 'credssp hello end e30=\n{"outcome":"done"}\n' },
      { do: "print", out: "no end of line" },
      { do: "answer", value: "real" },
      { do: "print", out: "after", err: "after\n" },
    );
    assert.equal(reply["value"], "real");
  });

  it("takes no answer but the one to its own question", async () => {
    const reply = await ask({ do: "wrongId" });
    assert.ok(reply.kind === "lost", JSON.stringify(reply));
    assert.match(reply.said, /without an answer/);
  });

  it("does not ask a PowerShell that has not become ready", async () => {
    env["FAKE_NOT_READY"] = "1";
    const reply = await ask({ do: "answer" });
    assert.ok(reply.kind === "lost", JSON.stringify(reply));
    assert.equal(reply.sent, false);
    assert.match(reply.said, /did not become ready/u);
  });

  it("blames nobody else for a PowerShell that does not come up in time", async () => {
    env["CREDSSP_DEADLINE_SECONDS"] = "0.4";
    env["FAKE_NEVER_READY"] = "1";
    const reply = await ask({ do: "answer" });
    assert.ok(reply.kind === "lost", JSON.stringify(reply));
    assert.match(reply.said, /not ready within 0.4 seconds/u);
  });

  it("takes no answer that is not whole", async () => {
    assert.equal((await ask({ do: "broken" })).kind, "lost");
    const cut = await ask({ do: "cut" });
    assert.ok(cut.kind === "answer");
    assert.equal(cut.document, null);
  });

  it("carries an answer of eight megabytes", async () => {
    const size = 8 * 1024 * 1024;
    const reply = await answer({ do: "large", size });
    assert.equal(String(reply["value"]).length, size);
  });

  it("keeps the last of the noise, bounded, for the text of an error", async () => {
    const reply = await ask(
      { do: "print", err: `${"x".repeat(100_000)}\nthe reason\n` },
      { do: "print", out: "\n" },
    );
    assert.ok(reply.kind === "lost");
    assert.ok(reply.noise.length <= 2000);
    assert.match(reply.noise, /the reason/);
  });

  it("hands over what was done before PowerShell went", async () => {
    const reply = await ask(
      { do: "part", value: "enableServer" },
      { do: "wrongId" },
    );
    assert.ok(reply.kind === "lost");
    assert.deepEqual(reply.parts, [{ finished: "enableServer" }]);
  });

  it("recognises a restricted session and does not wait for it", async () => {
    env["FAKE_LANGUAGE"] = "ConstrainedLanguage";
    assert.deepEqual(await ask({ do: "answer" }), {
      kind: "language",
      mode: "ConstrainedLanguage",
    });
  });

  it("shows the child neither Pulumi's variables nor ours, on no command line a secret, and nobody's profile", async () => {
    env["PULUMI_ACCESS_TOKEN"] = "secret1";
    env["pulumi_config_passphrase"] = "secret2";
    env["CREDSSP_ADMIN_PASSWORD"] = "secret3";
    env["CREDSSP_CREDENTIALS"] = "secret4";
    env["KEPT"] = "kept";
    const self = await answer({ do: "self" });
    const seen = self["env"] as Record<string, string>;
    assert.equal(seen["KEPT"], "kept");
    assert.deepEqual(
      Object.keys(seen).filter((name) => /^(pulumi|credssp)_/i.test(name)),
      [],
    );
    assert.doesNotMatch(JSON.stringify(self), /secret/);
    const argv = self["argv"] as string[];
    assert.ok(argv.includes("-NoProfile") && argv.includes("-NonInteractive"));
  });

  it("leaves nothing of a request in node-powershell's history, and its debug output off", async () => {
    const seen = new Set<PowerShell>();
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on its own object below
    const invoke = PowerShell.prototype.invoke;
    PowerShell.prototype.invoke = function (command: string) {
      seen.add(this);
      return invoke.call(this, command);
    };
    try {
      for (let i = 0; i < 20; i++) await answer({ do: "answer", value: i });
    } finally {
      PowerShell.prototype.invoke = invoke;
    }
    for (const shell of seen) {
      assert.deepEqual(shell.history, []);
      const { debuggers } = shell as unknown as {
        debuggers: Record<string, { enabled: boolean }>;
      };
      assert.ok(Object.values(debuggers).every(({ enabled }) => !enabled));
    }
    assert.equal(seen.size, 1);
  });

  it("lets an idle PowerShell end by itself, which takes its ssh along", async () => {
    const folder = mkdtempSync(join(tmpdir(), "credssp-channel-"));
    try {
      env["FAKE_LAST_WILL"] = join(folder, "will");
      await pid();
      await channel.close();
      assert.equal(readFileSync(env["FAKE_LAST_WILL"], "utf8"), "well");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("ends PowerShell when it is closed, idle or busy, and answers nobody afterwards", async () => {
    const idle = await pid();
    await channel.close();
    assertGone(idle);
    assert.equal((await ask({ do: "answer" })).kind, "lost");

    started = channel = openChannel(
      { ...here, env },
      { serves: "this machine" },
    );
    const busy = await pid();
    const hanging = ask({ do: "hang" });
    const queued = ask({ do: "answer" });
    await pause(100);
    await channel.close();
    assertGone(busy);
    assert.equal((await hanging).kind, "lost");
    assert.equal((await queued).kind, "lost");
  });
});

describe(`The channel to hosts elsewhere${reason}`, function () {
  this.timeout(20_000);
  let channel: Channel;

  const channelWith = (more: Readonly<Record<string, string>>): Channel => {
    const env = { ...process.env, CREDSSP_POWERSHELL: fake, ...more };
    // Ten times as fast: a request that is given up takes twelve seconds.
    const timer: typeof here.timer = (ms, callback) =>
      here.timer(ms / 10, callback);
    return openChannel({ ...here, env, timer }, { serves: "hosts elsewhere" });
  };
  /** Asks for several hosts at one time; an act may be for one of them only. */
  const ask = (names: readonly string[], ...acts: Act[]): Promise<Reply>[] =>
    names.map((name) =>
      channel.ask({
        document: JSON.stringify(acts),
        remote: {
          by: "ComputerName",
          name,
          parameters: {},
          openSeconds: 1,
          seconds: name === "patient" ? 100 : 1,
        },
      }),
    );
  const documentsOf = async (replies: readonly Promise<Reply>[]) =>
    (await Promise.all(replies)).map((reply) => {
      assert.ok(reply.kind === "answer", JSON.stringify(reply));
      return reply.document as Record<string, unknown>;
    });

  beforeEach(function () {
    if (reason !== "") this.skip();
    channel = channelWith({});
  });
  afterEach(() => channel.close());

  it("puts what falls together into one line, and goes on with the next before that is answered", async () => {
    const slow = ask(["a"], { do: "later", ms: 700, value: "late" });
    const first = await documentsOf(ask(["b", "c", "d"], { do: "self" }));
    assert.equal(new Set(first.map(({ lines }) => lines)).size, 1);
    const [next] = await documentsOf(ask(["b"], { do: "self" }));
    assert.equal(next?.["pid"], first[0]?.["pid"]);
    assert.equal(Number(next?.["lines"]), Number(first[0]?.["lines"]) + 1);
    assert.equal((await documentsOf(slow))[0]?.["value"], "late");
  });

  it("ends a PowerShell that has left a host unanswered when the last of the others is answered, and not before", async () => {
    const [self] = await documentsOf(ask(["a"], { do: "self" }));
    const [silent, late] = ask(["a", "patient"], {
      do: "later",
      on: "patient",
      ms: 2500,
      value: "late",
    });
    const given = await silent;
    assert.ok(given?.kind === "lost", JSON.stringify(given));
    assert.match(given.said, /gave no answer within 12 seconds/u);
    process.kill(Number(self?.["pid"]), 0);
    const [next] = await documentsOf(ask(["c"], { do: "self" }));
    assert.notEqual(next?.["pid"], self?.["pid"]);
    const reply = await late;
    assert.ok(reply?.kind === "answer", JSON.stringify(reply));
    assertGone(Number(self?.["pid"]));
  });

  it("gives those whose turn comes later the time of the others' turns, and nobody that of another group", async () => {
    const many = Array.from({ length: 33 }, (_, i) => `host${i}`);
    const other = ask(["other"], { do: "part", value: "begun" });
    const replies = [...ask(many, { do: "part" }), ...other];
    const said = (await Promise.all(replies)).map((reply) =>
      reply.kind === "lost" ? /\d+ seconds/u.exec(reply.said)?.[0] : reply.kind,
    );
    assert.deepEqual(said, [
      ...Array.from({ length: 32 }, () => "12 seconds"),
      "14 seconds",
      "12 seconds",
    ]);
  });

  it("does not do later what it has said will not be done", async () => {
    await channel.close();
    channel = channelWith({ FAKE_READY_MS: "2000" });
    const [late, patient] = ask(["a", "patient"], { do: "self" });
    const given = await late;
    assert.ok(given?.kind === "lost", JSON.stringify(given));
    assert.equal(given.sent, false);
    const [self] = await documentsOf(patient ? [patient] : []);
    assert.equal(self?.["served"], 1);
  });

  it("ends a PowerShell that is retired while it is asked, once it has answered", async () => {
    const asked = ask(["a"], { do: "self" });
    channel.retire();
    const [self] = await documentsOf(asked);
    await until("its end", () => isGone(Number(self?.["pid"])));
  });

  it("tells everybody who waits when PowerShell dies", async () => {
    const replies = ask(["a", "b"], { do: "exit", on: "b", code: 3 });
    const kinds = (await Promise.all(replies)).map(({ kind }) => kind);
    assert.deepEqual(kinds, ["lost", "lost"]);
  });
});

function assertGone(pid: number): void {
  assert.ok(isGone(pid), `${pid} is still there`);
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
