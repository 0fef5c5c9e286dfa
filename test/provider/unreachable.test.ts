import assert from "node:assert/strict";
import { readReply } from "../../providers/host/powershell/answer";
import type { Reply } from "../../providers/host/powershell/channel";
import { switchFlag } from "../../providers/host/simulated/hands";
import { createMemoryFleet } from "../../providers/host/simulated/memoryFleet";
import type { HostState } from "../../providers/host/simulated/state";
import { credsspServer } from "../../providers/credsspServer";
import {
  CredsspError,
  problem,
  type Problem,
} from "../../providers/model/errors";
import type { Properties } from "../../providers/pulumi/definition";
import { providersFor } from "../../providers/pulumi/provider";
import { isNoAnswer } from "../../providers/pulumi/unreachable";
import { essence, makeWorld, type Resource } from "./world";

const host = "orch01.do.local";
const connection = { transport: "winrm", port: 5999 };
const server = { host, connection };
const client = { host, connection, delegateComputers: ["*.do.local", "old"] };
const policy = {
  host,
  connection,
  policy: "AllowSavedCredentials",
  targets: ["TERMSRV/jump01.do.local"],
};

/** Runs work with the variable set, or unset. */
async function under<T>(
  value: string | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const before = process.env["CREDSSP_UNREACHABLE"];
  const set = (to: string | undefined): void => {
    if (to === undefined) delete process.env["CREDSSP_UNREACHABLE"];
    else process.env["CREDSSP_UNREACHABLE"] = to;
  };
  set(value);
  try {
    return await work();
  } finally {
    set(before);
  }
}

/** A fault of the host, or (`false`) none any more. */
const silent =
  (unreachable: boolean) =>
  (state: HostState): HostState => ({
    ...state,
    faults: { ...state.faults, unreachable },
  });

/** A world with one resource whose host does not answer any more. */
async function withLostHost(
  make: (world: ReturnType<typeof makeWorld>) => Resource,
  args: object,
) {
  const world = makeWorld(host);
  const it = make(world);
  await it.create({ ...args });
  world.said.warnings.length = 0;
  world.said.steps.length = 0;
  world.fleet.edit(host, silent(true));
  return { world, it };
}

const kinds = [
  ["CredSSPServer", (world) => world.server(), server],
  ["CredSSPClient", (world) => world.client(), client],
  ["DelegationPolicy", (world) => world.policy(), policy],
] as const satisfies readonly (readonly [
  string,
  (world: ReturnType<typeof makeWorld>) => Resource,
  object,
])[];

describe("a host that does not answer", () => {
  for (const [kind, make, args] of kinds) {
    it(`fails the refresh and the destroy of a ${kind}, and the error tells of CREDSSP_UNREACHABLE`, async () => {
      const { world, it } = await withLostHost(make, args);
      const { outputs } = it;
      for (let times = 0; times < 2; times++) {
        await assert.rejects(
          it.refresh(),
          /Try: .*; with CREDSSP_UNREACHABLE=keep a refresh .*\(CREDSSP206\)$/u,
        );
        await assert.rejects(
          it.destroy(),
          /Try: .*; if the host is gone for ever, CREDSSP_UNREACHABLE=abandon lets a destroy .*\(CREDSSP206\)$/u,
        );
      }
      assert.deepEqual(it.outputs, outputs);
      assert.deepEqual(world.said.warnings, []);
    });

    it(`lets "keep" keep the state of a ${kind} to the letter, with a warning`, async () => {
      const { world, it } = await withLostHost(make, args);
      const text = JSON.stringify(it.outputs);
      await under("keep", async () => {
        for (let times = 0; times < 2; times++) {
          await it.refresh();
          assert.equal(JSON.stringify(it.outputs), text);
          assert.equal(await it.up(args), "unchanged");
        }
        assert.deepEqual(world.said.warnings, [
          `${host} does not answer, so the state of this resource was kept as it was, as CREDSSP_UNREACHABLE=keep says: the host does not answer (CREDSSP206).`,
        ]);
        world.fleet.edit(host, silent(false));
        await it.refresh();
        assert.equal(await it.up(args), "unchanged");
      });
      assert.deepEqual(world.said.steps, []);
    });

    it(`lets "abandon" forget a ${kind}, and leaves the host as it is`, async () => {
      const { world, it } = await withLostHost(make, args);
      const { outputs } = it;
      const before = essence(world.fleet, host);
      await under("abandon", async () => {
        await it.destroy();
        it.outputs = outputs;
        await it.destroy();
      });
      assert.deepEqual(it.outputs, {});
      assert.deepEqual(essence(world.fleet, host), before);
      assert.equal(world.said.warnings.length, 1);
    });
  }

  it("is never the machine that runs Pulumi: its resources are neither kept nor forgotten unseen", async () => {
    const local = { host, connection: { transport: "local" } };
    const { world, it } = await withLostHost((made) => made.server(), local);
    const { outputs } = it;
    for (const [word, work] of [
      ["keep", () => it.refresh()],
      ["abandon", () => it.destroy()],
    ] as const)
      await assert.rejects(under(word, work), (error: Error) => {
        assert.match(error.message, /CREDSSP206/u);
        return !error.message.includes("CREDSSP_UNREACHABLE");
      });
    assert.deepEqual(it.outputs, outputs);
    assert.deepEqual(world.said.warnings, []);
  });

  it("is not what a refresh calls gone: what drifted before stays drifted", async () => {
    const world = makeWorld(host);
    const it = world.server();
    await it.create(server);
    world.fleet.edit(host, (state) => switchFlag(state, "service", false));
    await it.refresh();
    const drifted = it.outputs;
    world.fleet.edit(host, silent(true));
    await under("keep", () => it.refresh());
    assert.deepEqual(it.outputs, drifted);
    world.fleet.edit(host, silent(false));
    assert.equal(await it.up(server), "updated");
  });

  it("is the one case in which either word does anything", async () => {
    for (const word of ["keep", "abandon"])
      await under(word, async () => {
        const world = makeWorld(host);
        const before = essence(world.fleet, host);
        const it = world.client();
        await it.create(client);
        world.fleet.edit(host, (state) => switchFlag(state, "client", false));
        await it.refresh();
        assert.equal(it.outputs["enabled"], false);
        assert.equal(await it.up(client), "updated");
        await it.destroy();
        assert.deepEqual(essence(world.fleet, host), before);
        assert.doesNotMatch(world.said.warnings.join(), /CREDSSP_UNREACHABLE/u);
      });
  });

  it("leaves each operation to its own word: keep deletes nothing, abandon refreshes nothing", async () => {
    const { it } = await withLostHost((world) => world.server(), server);
    await under("keep", () =>
      assert.rejects(it.destroy(), /CREDSSP_UNREACHABLE=abandon/u),
    );
    await under("abandon", () =>
      assert.rejects(it.refresh(), /CREDSSP_UNREACHABLE=keep/u),
    );
  });

  it("fails create and update whatever the variable says", async () => {
    for (const word of ["keep", "abandon", "kept", undefined])
      await under(word, async () => {
        const { world, it } = await withLostHost((w) => w.client(), client);
        const next = { ...client, delegateComputers: ["new"] };
        for (const failing of [it.up(next), world.client("b").create(client)])
          await assert.rejects(failing, (error: Error) => {
            assert.match(error.message, /CREDSSP206/u);
            assert.doesNotMatch(error.message, /CREDSSP_UNREACHABLE/u);
            return true;
          });
      });
  });

  it("is kept and abandoned in any letter case, with spaces around it, and not by an empty word", async () => {
    const { it } = await withLostHost((world) => world.server(), server);
    const { outputs } = it;
    for (const word of ["KEEP", " keep ", "Keep\r"])
      await under(word, () => it.refresh());
    for (const word of ["", "  "])
      await under(word, () => assert.rejects(it.refresh(), /CREDSSP206/u));
    for (const word of ["Abandon", "abandon "])
      await under(word, async () => {
        it.outputs = outputs;
        await it.destroy();
      });
  });

  it("is no matter for a value that is neither word: reads and deletes refuse it, answer or not (CREDSSP217)", async () => {
    for (const word of ["kep", "keep,abandon", "true", "forget"])
      for (const lost of [true, false]) {
        const { world, it } = await withLostHost((w) => w.server(), server);
        world.fleet.edit(host, silent(lost));
        const before = essence(world.fleet, host);
        for (const operation of ["refresh", "destroy"] as const)
          await under(word, () =>
            assert.rejects(it[operation](), (error: Error) => {
              assert.equal(
                error.message,
                `Accepting delegated credentials on ${host}: CREDSSP_UNREACHABLE has a value that means nothing\n` +
                  `Found: "${word}". Needed: keep (a refresh keeps the state of a host that does not answer) or abandon (a destroy forgets its resources).\n` +
                  "Try: correct the variable, or unset it. (CREDSSP217)",
              );
              return true;
            }),
          );
        assert.deepEqual(essence(world.fleet, host), before);
      }
  });
});

describe("what stays on an abandoned host", () => {
  const abandoned = async (
    make: (world: ReturnType<typeof makeWorld>) => Resource,
    args: object,
    change: (it: Resource) => void = () => undefined,
  ): Promise<string> => {
    const { world, it } = await withLostHost(make, args);
    change(it);
    await under("abandon", () => it.destroy());
    const [warning = "", ...more] = world.said.warnings;
    assert.deepEqual(more, []);
    return warning;
  };

  it("is told with the command that takes it back, for a role", async () => {
    assert.equal(
      await abandoned((world) => world.server(), server),
      `${host} does not answer, so this resource was forgotten, as CREDSSP_UNREACHABLE=abandon says: the host does not answer (CREDSSP206).\n` +
        "By its state there stay on the host: the server role, on; its record in the host's ledger.\n" +
        `When the host answers again, this takes them back: npx pulumi-credssp ledger release 'org/urn:pulumi:dev::p::CredSSPServer::it' ${host} --transport winrm --port 5999`,
    );
  });

  it("is told entry by entry", async () => {
    const told = await abandoned((world) => world.client(), client);
    assert.match(told, /the client role, on; /u);
    assert.match(told, /AllowFreshCredentials, enabled; /u);
    assert.match(
      told,
      /in AllowFreshCredentials wsman\/\*\.do\.local, wsman\/old; /u,
    );
  });

  it("is told for a policy, and for one that is disabled", async () => {
    assert.match(
      await abandoned((world) => world.policy(), policy),
      /: AllowSavedCredentials, enabled; .*in AllowSavedCredentials TERMSRV\/jump01\.do\.local; /u,
    );
    assert.match(
      await abandoned((world) => world.policy(), {
        ...policy,
        targets: [],
        enabled: false,
      }),
      /: AllowSavedCredentials, disabled; /u,
    );
  });

  it("is not what was there before us", async () => {
    const world = makeWorld(host);
    world.fleet.edit(host, (state) => switchFlag(state, "service", true));
    const it = world.server();
    await it.create(server);
    world.fleet.edit(host, silent(true));
    await under("abandon", () => it.destroy());
    assert.match(
      world.said.warnings.join(),
      /stay on the host: its record in the host's ledger\./u,
    );
  });

  it("may be nothing after a create that lost its host, and says so", async () => {
    const told = await abandoned(
      (world) => world.client(),
      client,
      (it) => {
        it.outputs = { ...it.outputs, before: {}, ledger: "" };
      },
    );
    assert.match(told, /the client role, on \(if it came to that\)/u);
    assert.match(told, /wsman\/old \(if it came to that\)/u);
  });

  it("is released under every name that an unfinished rename left", async () => {
    const told = await abandoned(
      (world) => world.server(),
      server,
      (it) => {
        it.outputs = {
          ...it.outputs,
          formerOwners: ["org/urn:pulumi:dev::p::a b's"],
        };
      },
    );
    assert.match(told, /release 'org\/urn:pulumi:dev::p::CredSSPServer::it' /u);
    assert.match(told, / and npx .* release "org\/urn:pulumi:dev::p::a b's" /u);
  });

  /** A destroy whose host falls silent when the role is off and its record still stands. */
  const destroyedInTheMiddle = async (
    environment: Readonly<Record<string, string>>,
  ): Promise<readonly string[]> => {
    const warnings: string[] = [];
    let falls = false;
    const fleet = createMemoryFleet([host], {
      onApply: () => {
        if (falls) fleet.edit(host, silent(true));
      },
    });
    const provider = providersFor({
      connect: fleet.connect,
      clock: fleet.clock,
      random: () => 0.5,
      newId: () => "ledger",
      environment,
      log: {
        progress: () => undefined,
        warning: (_urn, message) => warnings.push(message),
      },
    })(credsspServer);
    const checked = await provider.check({}, { ...server, owner: "o/u" });
    const made = await provider.create(checked.inputs as Properties);
    falls = true;
    try {
      await provider.delete(made.id, made.outs as Properties);
      return warnings;
    } finally {
      assert.equal(fleet.state(host).winrm.serviceCredSSP, false);
      assert.notEqual(fleet.state(host).ledger, null);
    }
  };

  it("is told as well when the host falls silent in the middle", async () => {
    await assert.rejects(
      destroyedInTheMiddle({}),
      /CREDSSP_UNREACHABLE=abandon lets .*\(CREDSSP206\)$/u,
    );
    const [warning] = await destroyedInTheMiddle({
      CREDSSP_UNREACHABLE: "abandon",
    });
    assert.match(warning ?? "", /its record in the host's ledger/u);
  });
});

describe("which errors mean that a host does not answer", () => {
  const origin = {
    host,
    transport: "winrm",
    platform: "win32",
    lockSeconds: 60,
  } as const;
  const heard = (reply: Reply): Problem => {
    const answer = readReply(reply, origin);
    assert.ok(answer.outcome === "none");
    return answer.problem;
  };
  const ended = (errorId: string, code: number): Problem => {
    const failure = { message: "said", errorId, code };
    const document = { outcome: "remoting", failure };
    return heard({ kind: "answer", parts: [], document, noise: "" });
  };

  const silences: readonly (readonly [string, Problem])[] = [
    [
      "no such name",
      ended("ComputerNotFound,PSSessionStateBroken", -2144108103),
    ],
    [
      "no such computer to Kerberos",
      ended("NetworkPathNotFound,PSSessionStateBroken", 53),
    ],
    [
      "nobody at the address",
      ended("WinRMOperationTimeout,PSSessionStateBroken", -2144108250),
    ],
    [
      "nobody at the port",
      ended("CannotConnect,PSSessionStateBroken", -2144108526),
    ],
    [
      "the deadline",
      heard({ kind: "timeout", seconds: 180, parts: [], noise: "" }),
    ],
    ["a file that is gone", problem("CREDSSP201", { found: "", file: "" })],
  ];
  for (const [what, one] of silences)
    it(`is one: ${what} (${one.code})`, () => assert.ok(isNoAnswer(one)));

  const answers: readonly (readonly [string, Problem])[] = [
    ["access denied", ended("AccessDenied,PSSessionStateBroken", 5)],
    ["a wrong password", ended("LogonFailure,PSSessionStateBroken", 1326)],
    [
      "no such endpoint",
      ended("InvalidResourceUri,PSSessionStateBroken", -2144108485),
    ],
    [
      "a code without a name",
      ended("-2144108387,PSSessionStateBroken", -2144108387),
    ],
    ["a session that broke", ended("1726,PSSessionStateBroken", 1726)],
    [
      "a PowerShell here that ended",
      heard({ kind: "lost", said: "gone", sent: true, parts: [], noise: "" }),
    ],
    ["no PowerShell here", heard({ kind: "noPowerShell", lookedFor: "pwsh" })],
    ["a restricted session", heard({ kind: "language", mode: "NoLanguage" })],
    ["a host that is locked", problem("CREDSSP214", { seconds: 60 })],
    ["a damaged ledger", problem("CREDSSP308", { found: "" })],
  ];
  for (const [what, one] of answers)
    it(`is none: ${what} (${one.code})`, () => assert.ok(!isNoAnswer(one)));

  it("is one: a simulated host with that fault, and a host that no fleet has", async () => {
    const fleet = createMemoryFleet([host]);
    fleet.edit(host, silent(true));
    for (const name of [host, "nobody"])
      await assert.rejects(
        fleet.connect(name, { transport: "local" }).observe(),
        (error: unknown) =>
          error instanceof CredsspError && isNoAnswer(error.problem),
      );
  });
});
