import assert from "node:assert/strict";
import type { FingerprintPart } from "../../../providers/model/facts";
import type { Step } from "../../../providers/model/steps";
import type { Case, Edit, Need } from "../contract";
import {
  applyNow,
  done,
  expectList,
  failed,
  given,
  nothing,
  numbered,
  on as onList,
  policy,
  twice,
  withoutHashes,
} from "./expectations";

/** Several steps at once, and two who want to change one host. */
export function batches(on: Case): void {
  on(
    "writes the ledger's text as it is, and again",
    ["writeLedger"],
    async (bench) => {
      const host = bench.connect();
      const texts = ['{"schema":1,"x":"é ☂ \'’ $(x) `\\" %PATH%"}', "{}"];
      for (const text of texts) {
        const facts = await twice(host, [{ kind: "writeLedger", text }]);
        assert.equal(facts.ledger, text);
      }
    },
  );

  on("writes a large ledger whole", ["writeLedger"], async (bench) => {
    const text = JSON.stringify({ filler: "0123456789abcdef".repeat(4_096) });
    const facts = await done(bench.connect(), [{ kind: "writeLedger", text }]);
    assert.equal(facts.ledger, text);
  });

  on("an empty batch only looks", [], async (bench) => {
    const host = bench.connect();
    const before = await host.observe();
    assert.deepEqual(await applyNow(host, []), {
      outcome: "done",
      facts: before,
    });
  });

  on(
    "carries several steps out in one go",
    ["writeLedger", "enableServer", "setClientAuth", "writePolicy"],
    async (bench) => {
      const values = numbered("wsman/a.do.local");
      const change = { ...nothing, add: values, switch: 1, concatenate: 1 };
      const facts = await twice(bench.connect(), [
        { kind: "writeLedger", text: "{}" },
        { kind: "enableServer" },
        { kind: "setClientAuth", on: true },
        { kind: "writePolicy", policy, local: change, live: change },
      ]);
      assert.equal(facts.ledger, "{}");
      assert.equal(facts.service.on, true);
      assert.equal(facts.client.on, true);
      expectList(facts, "local", onList(values));
      expectList(facts, "live", onList(values));
    },
  );

  on(
    "stops at the step that fails: those before it are done, those after it are not",
    ["writeLedger", "enableServer", "setClientAuth", "winrmPolicy"],
    async (bench) => {
      await bench.edit({ kind: "winrmPolicy", role: "service", value: 0 });
      const { failure, facts } = await failed(bench.connect(), [
        { kind: "writeLedger", text: "before" },
        { kind: "enableServer" },
        { kind: "setClientAuth", on: true },
        { kind: "writeLedger", text: "after" },
      ]);
      assert.equal(failure.step, "enableServer");
      assert.equal(facts.ledger, "before");
      assert.equal(facts.client.on, false);
    },
  );

  const moves: readonly (readonly [FingerprintPart, readonly Edit[]])[] = [
    ["roles", [{ kind: "flag", role: "service", on: true }]],
    ["live", [given("live", numbered("wsman/theirs"))]],
    ["local", [given("local", numbered("wsman/theirs"))]],
    ["ledger", [{ kind: "ledger", text: '{"somebody":"else"}' }]],
  ];
  for (const [part, edits] of moves)
    on(
      `changes nothing when ${part} moved since the plan, and says so`,
      [...edits.map((e): Need => e.kind), "writeLedger", "setClientAuth"],
      async (bench) => {
        const host = bench.connect();
        const planned = await host.observe();
        await bench.edit(...edits);
        const moved = await host.observe();
        const batch: Step[] = [
          { kind: "writeLedger", text: "ours" },
          { kind: "setClientAuth", on: true },
        ];
        const applied = await host.apply(batch, planned);
        assert.deepEqual(applied, {
          outcome: "stale",
          moved: [part],
          facts: moved,
        });
        assert.deepEqual(await host.observe(), moved);
        const again = await host.apply(batch, moved);
        assert.equal(again.outcome, "done");
      },
    );

  on(
    "names every part that moved",
    ["flag", "ledger", "writeLedger"],
    async (bench) => {
      const host = bench.connect();
      const planned = await host.observe();
      await bench.edit(
        { kind: "ledger", text: "theirs" },
        { kind: "flag", role: "client", on: true },
      );
      const applied = await host.apply(
        [{ kind: "writeLedger", text: "ours" }],
        planned,
      );
      assert.ok(applied.outcome === "stale");
      assert.deepEqual([...applied.moved].sort(), ["ledger", "roles"]);
    },
  );

  on(
    "lets one of two connections through that want to change one host at once",
    ["writeLedger", "writePolicy", "atOnce"],
    async (bench) => {
      const contenders = await Promise.all(
        ["one", "two"].map(async (text) => {
          const host = bench.connect();
          return { text, host, planned: await host.observe() };
        }),
      );
      const ended = await Promise.all(
        contenders.map(async ({ text, host, planned }) => {
          const change = { ...nothing, add: numbered(`wsman/${text}`) };
          const batch: Step[] = [
            { kind: "writeLedger", text },
            { kind: "writePolicy", policy, local: change, live: change },
          ];
          const { outcome } = await host.apply(batch, planned);
          return { text, host, outcome };
        }),
      );
      const winner = ended.find(({ outcome }) => outcome === "done");
      const loser = ended.find(({ outcome }) => outcome === "stale");
      assert.ok(winner && loser, JSON.stringify(ended.map((e) => e.outcome)));
      const facts = await winner.host.observe();
      assert.equal(facts.ledger, winner.text);
      const entries = numbered(`wsman/${winner.text}`);
      assert.deepEqual(facts.live[policy].values, entries);
      assert.deepEqual(facts.local[policy].values, entries);
      const after = await done(loser.host, [
        { kind: "writeLedger", text: "next" },
      ]);
      assert.deepEqual(withoutHashes(after), {
        ...withoutHashes(facts),
        ledger: "next",
      });
    },
  );
}
