import assert from "node:assert/strict";
import { readReply } from "../../../providers/host/powershell/answer";
import type { Reply } from "../../../providers/host/powershell/channel";
import { faultCode, oneLine } from "../../../providers/host/powershell/words";
import { rawObservation } from "./rawObservation";

const origin = {
  host: "app01",
  transport: "winrm",
  platform: "win32",
  lockSeconds: 60,
} as const;
const began = [{ began: true }];
const finished = [...began, { finished: "writeLedger" }];
const answered = (document: unknown, parts: readonly unknown[] = []) =>
  readReply({ kind: "answer", document, parts, noise: "" }, origin);
const observation = rawObservation();

describe("Reading a reply", () => {
  it("takes only a whole answer with an observation for success", () => {
    assert.equal(answered({ outcome: "done", observation }).outcome, "done");
    for (const document of [
      null,
      "done",
      {},
      { outcome: "done" },
      { outcome: "excellent", observation },
      { outcome: "done", observation: { ...observation, live: 1 } },
    ]) {
      const answer = answered(document);
      assert.ok(answer.outcome === "none");
      assert.equal(answer.problem.code, "CREDSSP213");
    }
  });

  it("names the parts that moved, in a fixed order", () => {
    const answer = answered({
      outcome: "stale",
      moved: ["ledger", "roles"],
      observation,
    });
    assert.ok(answer.outcome === "stale");
    assert.deepEqual(answer.moved, ["roles", "ledger"]);
  });

  it("puts a failed step's words on one line and finds its code", () => {
    const message =
      '<f:WSManFault xmlns:f="x" Code="2150858890" Machine="h"><f:Message>\n<f:ProviderFault><f:WSManFault Code="5"><f:Message>It is\r\n &quot;controlled&quot;.</f:Message></f:WSManFault></f:ProviderFault></f:Message></f:WSManFault>';
    const failure = { step: "enableServer", message, errorId: "WsManError,X" };
    const answer = answered({ outcome: "failed", failure, observation });
    assert.ok(answer.outcome === "failed");
    assert.deepEqual(answer.failure, {
      step: "enableServer",
      message: 'It is "controlled".',
      errorId: "WsManError,X",
      faultCode: 2150858890,
    });
  });

  it("takes a session that broke after it began for died, and one that never began for unreachable", () => {
    const failure = {
      message: "the line\nbroke",
      errorId: "1726,X",
      code: 1726,
    };
    const broken = { outcome: "remoting", failure };
    const midway = answered(broken, finished);
    assert.ok(midway.outcome === "none");
    assert.equal(midway.died, true);
    assert.match(midway.problem.found, /1726,X after writeLedger/);
    const never = answered(broken);
    assert.ok(never.outcome === "none");
    assert.equal(never.died, false);
    assert.equal(never.problem.code, "CREDSSP226");
    assert.match(never.problem.why, /: the line broke$/u);
  });

  for (const [code, means] of [
    [-2144108103, "CREDSSP206"],
    [2150858770, "CREDSSP206"],
    [5, "CREDSSP225"],
    [1326, "CREDSSP225"],
    [-2144108316, "CREDSSP227"],
    [0, "CREDSSP226"],
    [null, "CREDSSP226"],
  ] as const)
    it(`takes a session that was not opened, with code ${code}, for ${means}, whatever the language`, () => {
      const failure = { message: "kein Zugriff", errorId: "X,Y", code };
      const answer = answered({ outcome: "remoting", failure });
      assert.ok(answer.outcome === "none");
      assert.equal(answer.problem.code, means);
      assert.match(answer.problem.why, /kein Zugriff/u);
    });

  it("shows of what ssh prints what may be about the host, over ssh alone", () => {
    const failure = { message: "m", errorId: "X", code: 0 };
    const reply: Reply = {
      kind: "answer",
      document: { outcome: "remoting", failure },
      parts: [],
      noise:
        "ssh: connect to host app02 port 22: no / subsystem request failed on channel 0",
    };
    const others = ["app02"];
    for (const [transport, found] of [
      [
        "ssh",
        "X; it printed: (of this host or another one) subsystem request failed on channel 0",
      ],
      ["winrm", "X"],
    ] as const) {
      const answer = readReply(reply, { ...origin, transport, others });
      assert.ok(answer.outcome === "none");
      assert.equal(answer.problem.found, found);
    }
  });

  const problems: readonly (readonly [Reply, string, boolean])[] = [
    [{ kind: "noPowerShell", lookedFor: "no pwsh" }, "CREDSSP204", false],
    [{ kind: "language", mode: "NoLanguage" }, "CREDSSP208", false],
    [
      { kind: "timeout", seconds: 1, parts: began, noise: "" },
      "CREDSSP205",
      false,
    ],
    [
      { kind: "lost", said: "gone", sent: true, parts: [], noise: "" },
      "CREDSSP228",
      true,
    ],
    [
      { kind: "lost", said: "gone", sent: false, parts: [], noise: "" },
      "CREDSSP228",
      false,
    ],
    ...(
      [
        [{ outcome: "locked" }, "CREDSSP214"],
        [{ outcome: "unstable" }, "CREDSSP211"],
        [{ outcome: "platform" }, "CREDSSP212"],
        [{ outcome: "noSsh" }, "CREDSSP224"],
        [{ outcome: "timeout", seconds: 2.5 }, "CREDSSP205"],
        [{ outcome: "language", mode: "NoLanguage" }, "CREDSSP208"],
        [null, "CREDSSP213"],
        [{ outcome: "observed" }, "CREDSSP213"],
        [
          { outcome: "error", failure: { message: "m", errorId: "i" } },
          "CREDSSP215",
        ],
      ] as const
    ).map(
      ([document, code]) =>
        [
          { kind: "answer", document, parts: [], noise: "" },
          code,
          false,
        ] as const,
    ),
  ];
  for (const [reply, code, died] of problems)
    it(`tells ${JSON.stringify("document" in reply ? reply.document : reply)} as ${code}`, () => {
      const answer = readReply(reply, origin);
      assert.ok(answer.outcome === "none");
      assert.equal(answer.problem.code, code);
      assert.equal(answer.died, died);
      assert.doesNotMatch(JSON.stringify(answer.problem), /\{\w+\}/);
    });

  it("overlooks what a host says was done when that is nothing", () => {
    const document = { outcome: "timeout", seconds: 1 };
    const parts = [null, 7, { finished: "enableServer" }];
    const answer = readReply(
      { kind: "answer", document, parts, noise: "" },
      origin,
    );
    assert.ok(answer.outcome === "none");
    assert.match(answer.problem.found, /after enableServer$/u);
  });

  it("shows a bounded piece of what was printed beside", () => {
    const answer = readReply(
      {
        kind: "lost",
        said: "gone",
        sent: true,
        parts: [],
        noise: "a\u001b[31m",
      },
      origin,
    );
    assert.ok(answer.outcome === "none");
    assert.match(answer.problem.found, /it printed: a\\u001b\[31m$/);
    assert.ok(oneLine("x".repeat(5000)).length < 1100);
  });

  it("finds no code in words that only look like a fault", () => {
    assert.equal(faultCode('Code="5"'), null);
    assert.equal(faultCode("plain words"), null);
    assert.equal(oneLine("a < b & c"), "a < b & c");
  });
});
