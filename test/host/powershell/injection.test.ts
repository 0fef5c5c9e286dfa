import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkConnection, type Failure } from "../../../providers/connection";
import { credsspClient } from "../../../providers/credsspClient";
import { delegationPolicy } from "../../../providers/delegationPolicy";
import type { Host } from "../../../providers/host/host";
import { boundedNoise } from "../../../providers/host/powershell/lines";
import {
  createPowerShell,
  type PowerShellHosts,
} from "../../../providers/host/powershell/powershell";
import {
  readAnswerLine,
  requestLine,
} from "../../../providers/host/powershell/protocol";
import { oneLine } from "../../../providers/host/powershell/words";
import {
  checkDelegate,
  checkHost,
  checkTarget,
  spnOf,
} from "../../../providers/model/delegates";
import { CredsspError } from "../../../providers/model/errors";
import type { HostFacts, ListValue } from "../../../providers/model/facts";
import {
  formatLedger,
  newLedger,
  parseLedger,
} from "../../../providers/model/ledger";
import type { Batch } from "../../../providers/model/steps";
import { checkInputs } from "../../../providers/pulumi/check";
import { needWindows, tier } from "../../support/tiers";
import { commands, hostileTexts, longTexts, unfitTexts } from "./hostile";
import { refused } from "./refused";
import { StandInFleet } from "./standIn";

const [client, app] = ["client01.do.local", "app01.do.local"];
const winrm = {
  transport: "winrm",
  useSSL: false,
  authentication: "Default",
} as const;
const policy = "AllowFreshCredentials";
const many = 10_000;

describe("A hostile text", function () {
  this.timeout(30_000);
  const texts = [
    ...hostileTexts("/tmp/canaries", many),
    ...Object.values(unfitTexts),
    ...longTexts,
  ];

  it("is ten thousand different ones, and the same in every run", () => {
    assert.equal(new Set(texts).size, texts.length);
    assert.deepEqual(hostileTexts("/tmp/canaries", 50), texts.slice(0, 50));
  });

  it("is no host, no computer to delegate to and no target", () => {
    for (const text of texts) {
      for (const checked of [
        checkHost(text),
        checkDelegate(text, true),
        checkTarget(text, true),
        checkTarget(`WSMAN/${text}`, true),
      ])
        isPlain(checked, text, /^[a-z0-9 ._-]*\/?[a-z0-9_.:*-]+$/iu);
    }
  });

  it("is no property of a connection but one that can hold it", () => {
    const ssh = /^(?!-)[^\s\p{Cc}'"`;&<>|(){}]*[^\\]$/u;
    const held: Readonly<Record<string, readonly [string, RegExp]>> = {
      port: ["winrm", /(?!)/u],
      authentication: ["winrm", /(?!)/u],
      configurationName: ["winrm", /^[\w.-]+$/u],
      credential: ["winrm", /^\w+$/u],
      userName: ["ssh", ssh],
      keyFilePath: ["ssh", /^(?!-)[^\p{Cc}"]*[^\\]$/u],
      subsystem: ["ssh", /^[\w.-]+$/u],
    };
    for (const text of texts)
      for (const [name, [transport, shape]] of Object.entries(held))
        connects({ transport, [name]: text }, `connection.${name}`, shape);
  });

  it("is neither an option of ssh nor the value of one", () => {
    const harmless = /^[^\s'"`$;&<>|(){}\p{C}]+$/u;
    for (const text of texts) {
      const isLong = text.length > 8000;
      const value = (name: string): void =>
        connects(
          { transport: "ssh", options: { [name]: text } },
          isLong ? "connection.options" : `connection.options.${name}`,
          harmless,
        );
      ["Ciphers", "ProxyJump", "HostName", "User"].forEach(value);
      const options = { [text]: "yes" };
      connects({ transport: "ssh", options }, "connection.options", harmless);
    }
  });

  it("is refused by the name of its property, in few words that stay on one line", () => {
    const declared = { policy, targets: ["WSMAN/a.do.local"], host: "a" };
    for (const text of texts) {
      for (const name of ["policy", "targets", "host"] as const) {
        const given = name === "targets" ? [text] : text;
        const inputs = { ...declared, [name]: given };
        const { failures } = checkInputs(delegationPolicy, inputs);
        names(failures, name);
      }
      const inputs = { host: "a", delegateComputers: [text] };
      const { failures } = checkInputs(credsspClient, inputs);
      names(failures, "delegateComputers");
    }
  });

  it("of many spaces is refused as soon as any other", () => {
    isPlain(checkHost(`a${" ".repeat(150_000)}b`), "", /(?!)/u);
  });

  it("is an owner, where it is one line of what can be seen, and the ledger keeps every owner as he is", () => {
    const declared = { policy, targets: ["WSMAN/a.do.local"], host: "a" };
    for (const owner of texts) {
      const given = { ...declared, owner };
      const { inputs, failures } = checkInputs(delegationPolicy, given);
      if (owner.length > 4095 || /\p{C}/u.test(owner)) names(failures, "owner");
      else {
        assert.deepEqual(failures, []);
        assert.equal(inputs["owner"], owner);
      }
    }
    assert.deepEqual(ownersIn(ledgerOf(texts)), texts);
  });

  it("is no folder of a fleet but where it is one line of what can be seen", () => {
    for (const fleet of texts)
      connects(
        { transport: "simulated", fleet },
        "connection.fleet",
        /^\P{C}{1,4095}$/u,
      );
  });

  it("goes to PowerShell as nothing but letters, digits, and + / =", () => {
    for (const text of texts) {
      const envelope = { document: text, remote: remoteTo(text) };
      const line = requestLine([{ id: text, envelope }]);
      assert.ok(/^Invoke-CredSSPRequest [A-Za-z0-9+/=]+$/u.test(line));
    }
  });

  it("that PowerShell prints is no answer, and a bounded line where an error tells of it", () => {
    for (const text of texts) {
      assert.equal(readAnswerLine(text), null);
      const noise = boundedNoise();
      text.split("\n").forEach((line) => noise.add(line));
      const said = oneLine(noise.text());
      assert.ok(said.length <= 1001 && !/\p{Cc}/u.test(said));
    }
  });
});

tier(
  "A hostile text in PowerShell's hands",
  needWindows(),
  (tools, suite): void => {
    suite.timeout(60_000);
    let fleet: StandInFleet;
    let folder: string;
    let ps: PowerShellHosts;
    let texts: readonly string[];

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), "credssp-canaries-"));
      texts = hostileTexts(join(folder, "c"), many);
      mkdirSync(join(folder, "c"));
      fleet = await StandInFleet.make(tools, 1);
      ps = createPowerShell(fleet.on(client));
    });
    beforeEach(() => [client, app].forEach((host) => fleet.reset(host)));
    afterEach(() => assert.deepEqual(readdirSync(join(folder, "c")), []));
    after(async () => {
      await ps.close();
      fleet.dispose();
      rmSync(folder, { recursive: true, force: true });
    });

    const here = (): Host => ps.connect(client, { transport: "local" });
    const there = (): Host => ps.connect(app, winrm);

    it("would leave a canary, were it carried out", async () => {
      const made = join(folder, "carried");
      mkdirSync(made);
      const powershell = commands.powershell.map((command, i) =>
        command(join(made, `p${i}`)),
      );
      const sh = commands.sh.map((command, i) => command(join(made, `s${i}`)));
      const { env } = fleet.on(client);
      const on = join(tools, "bin", "pwsh-on");
      const script = powershell.join("\n");
      const args = [client, "-NoProfile", "-Command", script];
      await promisify(execFile)(on, args, { env });
      await promisify(execFile)("sh", ["-c", sh.join("\n")]);
      assert.equal(
        readdirSync(made).length,
        powershell.length + sh.length,
        readdirSync(made).join(),
      );
    });

    it("is kept in the ledger to the letter, ten thousand as they are and as owners", async () => {
      const raw = texts.join("\n");
      assert.equal((await wrote(there(), raw)).ledger, raw);
      const { ledger } = await wrote(here(), ledgerOf(texts));
      assert.deepEqual(ownersIn(ledger), texts);
    });

    it("is kept in a list to the letter, as data and as a value's name, and goes alone when it goes", async () => {
      const host = there();
      const values = packed(texts, 40);
      const bystander = { name: "1", data: "wsman/bystander.do.local" };
      const all = [...values, bystander];
      const added = await applied(host, write(all, []), await host.observe());
      holds(added, all);
      holds(await applied(host, write([], values), added), [bystander]);
    });

    it("of a hundred thousand characters is kept as well", async () => {
      const host = there();
      const values = longTexts
        .slice(-4)
        .map((data, i) => ({ name: `${i + 1}`, data }));
      holds(
        await applied(host, write(values, []), await host.observe()),
        values,
      );
    });

    it("is a computer to the cmdlet, however it is spelled", async () => {
      const names = texts.slice(0, 40);
      const batch = [{ kind: "enableClient", names }] as const;
      const { local } = await applied(here(), batch, await here().observe());
      assert.deepEqual(
        local[policy].values.map(({ data }) => data),
        names.map(spnOf),
      );
    });

    for (const [address, count] of [
      [winrm, 400],
      [{ transport: "ssh" }, 100],
    ] as const)
      it(`is a host that nobody knows over ${address.transport}, and keeps none from an answer`, async () => {
        const asked = texts
          .slice(0, count)
          .map((name) => refused(ps.connect(name, address).observe()));
        const seen = ps.connect(app, address).observe();
        for (const { message } of await Promise.all(asked))
          assert.ok(isTold(message), message);
        assert.equal((await seen).computer.name, "APP01");
      });

    it("is noise when PowerShell prints it, whatever becomes of PowerShell", async () => {
      const noise = join(folder, "noise");
      writeFileSync(noise, `${texts.join("\n")}\n`);
      const printing = (name: string, last: string): PowerShellHosts => {
        const file = join(folder, name);
        const script = `#!/bin/sh\ncat '${noise}'\ncat '${noise}' >&2\n${last}\n`;
        writeFileSync(file, script, { mode: 0o755 });
        return createPowerShell(fleet.on(client, { CREDSSP_POWERSHELL: file }));
      };
      const pwsh = join(tools, "bin", "pwsh");
      const ending = printing("ending", "exit 7");
      const working = printing("working", `exec '${pwsh}' "$@"`);
      const address = { transport: "local" } as const;
      try {
        const { message } = await refused(
          ending.connect(client, address).observe(),
        );
        assert.ok(isTold(message) && message.length < 5000, message);
        const facts = await working.connect(client, address).observe();
        assert.equal(facts.computer.name, "CLIENT01");
      } finally {
        await Promise.all([ending.close(), working.close()]);
      }
    });

    it("is another's where it differs by a character that is not seen", async function () {
      const surroundings = fleet.on(client, {
        DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: "0",
      });
      if (!(await overlooks(tools, surroundings.env))) this.skip();
      const cultured = createPowerShell(surroundings);
      try {
        const host = cultured.connect(client, { transport: "local" });
        const theirs = { name: "1", data: "wsman/\u200Ba.do.local" };
        const ours = { name: "1", data: "wsman/a.do.local" };
        await wrote(host, "\uFEFF");
        const added = await applied(
          host,
          write([theirs], []),
          await host.observe(),
        );
        assert.equal(added.ledger, "\uFEFF");
        holds(await applied(host, write([], [ours]), added), [theirs]);
      } finally {
        await cultured.close();
      }
    });

    it("is no name at all: the key's own value goes, or nothing is changed", async () => {
      const own = { name: "", data: "wsman/a.do.local" };
      const values = [own];
      await fleet.edit(client, {
        kind: "list",
        store: "live",
        policy,
        list: { switch: 1, values },
      });
      const change = { add: [{ name: "1", data: "wsman/b.do.local" }] };
      const live = { ...change, remove: [own] };
      const local = { ...change, remove: [] };
      await keptOrRefused(
        here(),
        [{ kind: "writePolicy", policy, local, live }],
        (facts) => holds(facts, change.add),
      );
    });

    describe("that is no proper text is kept to the letter or refused, and then nothing is changed:", () => {
      for (const [what, text] of Object.entries(unfitTexts)) {
        it(`${what} in the ledger`, () =>
          keptOrRefused(here(), [{ kind: "writeLedger", text }], ({ ledger }) =>
            assert.equal(ledger, text),
          ));
        for (const value of [
          { name: "1", data: text },
          { name: text, data: "wsman/a.do.local" },
        ])
          it(`${what} in ${value.name === "1" ? "an entry" : "an entry's name"}`, () =>
            keptOrRefused(here(), write([value], []), (facts) =>
              holds(facts, [value]),
            ));
      }
    });
  },
);

/** Refused, or in a normal form that holds nothing but what it may. */
function isPlain(
  checked: ReturnType<typeof checkHost>,
  text: string,
  shape: RegExp,
): void {
  if ("problem" in checked) return;
  assert.match(checked.value, shape, text.slice(0, 200));
}

/** A connection is refused by the name of its property, or kept as it is, and then harmless. */
function connects(given: object, property: string, shape: RegExp): void {
  const checked = checkConnection(given);
  if ("failures" in checked) return names(checked.failures, property);
  const options = "options" in given ? Object.entries(given.options ?? {}) : [];
  const held = [...Object.entries(given), ...options.flat().entries()];
  for (const [, value] of held)
    if (typeof value === "string") assert.match(value, shape);
  assert.deepEqual(checkConnection(checked.address), checked);
}

/** The one failure names the property, in front of the reason where Pulumi would print the value. */
function names(failures: readonly Failure[], property: string): void {
  assert.deepEqual(failures.map(namedIn), [property]);
  for (const { reason } of failures) {
    assert.ok(isTold(reason), reason);
    assert.ok(reason.length < 1000, reason);
  }
}

function namedIn({ property, reason }: Failure): string | undefined {
  return property || reason.split(":")[0];
}

/** Whether a message holds nothing that cannot be seen but its own line ends. */
function isTold(message: string): boolean {
  return (
    !/(?!\n)[\p{C}\u2028\u2029]/u.test(message) &&
    message.split("\n").length <= 3
  );
}

function remoteTo(name: string) {
  const parameters = { Options: { [name]: name } };
  return {
    by: "HostName",
    name,
    parameters,
    openSeconds: 1,
    seconds: 1,
  } as const;
}

/** A ledger in which each of these owns an entry. */
function ledgerOf(owners: readonly string[]): string {
  const entries = { "wsman/a.do.local": { owners, written: [] } };
  return formatLedger({
    ...newLedger("id", "guid"),
    lists: { [policy]: { entries } },
  });
}

function ownersIn(text: string | null): readonly string[] {
  const read = parseLedger(text);
  assert.ok("ledger" in read && read.ledger, "a damaged ledger");
  const entries = Object.values(read.ledger.lists[policy]?.entries ?? {});
  return entries.flatMap(({ owners }) => owners);
}

/** All texts, as the data of so many values; a text is also the name of each. */
function packed(texts: readonly string[], count: number): readonly ListValue[] {
  const each = Math.ceil(texts.length / count);
  return Array.from({ length: count }, (_, i) => {
    const held = texts.slice(i * each, (i + 1) * each);
    // Two asterisks in front make an instruction of a name in Registry.pol. The stand-in removes by patterns, though
    // it is told to be literal.
    const name = held.find((one) => !/[*?[\]`]/u.test(one));
    return { name: name ?? "", data: held.join("\n") };
  });
}

function write(add: readonly ListValue[], remove: readonly ListValue[]): Batch {
  const change = { add, remove };
  return [{ kind: "writePolicy", policy, local: change, live: change }];
}

/** Both stores hold these values and no others. */
function holds(facts: HostFacts, values: readonly ListValue[]): void {
  for (const store of ["live", "local"] as const) {
    const found = facts[store][policy].values;
    const wrong = values.find(
      ({ name, data }) =>
        !found.some((one) => one.name === name && one.data === data),
    );
    assert.equal(wrong, undefined, `in ${store}`);
    assert.equal(found.length, values.length, `in ${store}`);
  }
}

async function applied(
  host: Host,
  batch: Batch,
  planned: HostFacts,
): Promise<HostFacts> {
  const { outcome, ...rest } = await host.apply(batch, planned);
  assert.equal(outcome, "done", JSON.stringify(rest).slice(0, 500));
  return host.observe();
}

async function wrote(host: Host, text: string): Promise<HostFacts> {
  return applied(host, [{ kind: "writeLedger", text }], await host.observe());
}

async function keptOrRefused(
  host: Host,
  batch: Batch,
  kept: (facts: HostFacts) => void,
): Promise<void> {
  const before = await host.observe();
  const outcome = await host.apply(batch, before).then(
    (done) => done.outcome,
    (error: unknown) => {
      assert.ok(error instanceof CredsspError, String(error));
      return "failed";
    },
  );
  const after = await host.observe();
  if (outcome === "done") return kept(after);
  assert.equal(outcome, "failed");
  assert.deepEqual(after, before);
}

/** Whether this PowerShell knows cultures, whose comparisons overlook some characters: that of Windows does. */
async function overlooks(
  tools: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  const script = "'a' -ceq \"a$([char] 0x200B)\"";
  const args = [client, "-NoProfile", "-Command", script];
  const run = promisify(execFile)(join(tools, "bin", "pwsh-on"), args, { env });
  return run.then(
    ({ stdout }) => stdout.trim() === "True",
    () => false,
  );
}
