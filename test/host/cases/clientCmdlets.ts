import assert from "node:assert/strict";
import { notConfigured } from "../../../providers/model/facts";
import type { Case } from "../contract";
import {
  applyNow,
  done,
  eventually,
  expectList,
  failed,
  given,
  isLive,
  numbered,
  on as onList,
  policy,
  withoutHashes,
} from "./expectations";

const [a, b, c] = ["wsman/a.do.local", "wsman/b.do.local", "wsman/c.do.local"];
const enable = (...names: string[]) =>
  ({ kind: "enableClient", names }) as const;

/** Enable- and Disable-WSManCredSSP -Role Client: what they do, and what they do to others. */
export function clientCmdlets(on: Case): void {
  on(
    "Enable switches the flag on and puts numbered entries into local policy, which become live",
    ["enableClient"],
    async (bench) => {
      const host = bench.connect();
      const facts = await done(host, [enable("a.do.local", "*.b.do.local")]);
      assert.deepEqual(facts.client, { on: true, source: "local" });
      const list = onList(numbered(a, "wsman/*.b.do.local"));
      expectList(facts, "local", list);
      const later = await eventually(
        bench,
        host,
        isLive(a, "wsman/*.b.do.local"),
      );
      expectList(later, "live", list);
    },
  );

  on(
    "Enable reports success before anything is live on a host that has no delegation key yet",
    ["enableClient", "policyDelay"],
    async (bench) => {
      await bench.edit({ kind: "policyDelay", ms: 5_000 });
      const host = bench.connect();
      const early = await done(host, [enable("a.do.local")]);
      expectList(early, "local", onList(numbered(a)));
      assert.deepEqual(early.live[policy], notConfigured);
      await eventually(bench, host, isLive(a));
    },
  );

  on(
    "Enable waits for its entry to become live on a host that has the delegation key",
    ["enableClient", "policyDelay", "delegationKey"],
    async (bench) => {
      await bench.edit(
        { kind: "delegationKey" },
        { kind: "policyDelay", ms: 500 },
      );
      const facts = await done(bench.connect(), [enable("a.do.local")]);
      expectList(facts, "live", onList(numbered(a)));
    },
  );

  on(
    "Enable fails after it was half done when policy never applies",
    ["enableClient", "policyNeverApplies", "delegationKey"],
    async (bench) => {
      await bench.edit(
        { kind: "delegationKey" },
        { kind: "policyNeverApplies", on: true },
      );
      const { failure, facts } = await failed(bench.connect(), [
        enable("a.do.local"),
      ]);
      assert.equal(failure.step, "enableClient");
      assert.equal(failure.faultCode, null);
      assert.match(failure.errorId, /^WsManError/);
      assert.equal(facts.client.on, true);
      expectList(facts, "local", onList(numbered(a)));
      assert.deepEqual(facts.live[policy], notConfigured);
    },
  );

  on(
    "Enable writes the same name again: it does not look for what is there",
    ["enableClient"],
    async (bench) => {
      const host = bench.connect();
      await done(host, [enable("a.do.local")]);
      await eventually(bench, host, isLive(a));
      const facts = await done(host, [enable("b.do.local", "a.do.local")]);
      expectList(facts, "local", onList(numbered(a, b, a)));
    },
  );

  on(
    "Enable overwrites another's entry when the numbers have a gap",
    ["enableClient", "list"],
    async (bench) => {
      const values = [
        { name: "1", data: a },
        { name: "3", data: "TERMSRV/other" },
      ];
      await bench.edit(given("local", values), given("live", values));
      const facts = await done(bench.connect(), [enable("b.do.local")]);
      expectList(
        facts,
        "local",
        onList([
          { name: "1", data: a },
          { name: "3", data: b },
        ]),
      );
    },
  );

  on(
    "Disable wipes every wsman entry, whoever made it, and numbers the others anew",
    ["disableClient", "list", "flag"],
    async (bench) => {
      const values = numbered(a, "TERMSRV/x", "WSMAN/other", "http/y", c);
      await bench.edit(given("local", values), given("live", []), {
        kind: "flag",
        role: "client",
        on: true,
      });
      const host = bench.connect();
      for (let time = 0; time < 2; time++) {
        const facts = await done(host, [{ kind: "disableClient" }]);
        assert.deepEqual(facts.client, { on: false, source: "local" });
        expectList(facts, "local", onList(numbered("TERMSRV/x", "http/y")));
      }
    },
  );

  on(
    "Disable undoes what Enable did, in both stores, twice",
    ["enableClient", "disableClient"],
    async (bench) => {
      const host = bench.connect();
      const before = withoutHashes(await host.observe());
      await done(host, [enable("a.do.local", "b.do.local")]);
      await eventually(bench, host, isLive(a, b));
      await done(host, [{ kind: "disableClient" }]);
      const after = await done(host, [{ kind: "disableClient" }]);
      assert.deepEqual(withoutHashes(after), before);
    },
  );

  on(
    "Disable fails after it was half done when a wsman entry is live that local policy does not hold",
    ["disableClient", "list", "flag", "policyNeverApplies"],
    async (bench) => {
      await bench.edit(
        given("live", numbered(a)),
        { kind: "flag", role: "client", on: true },
        { kind: "policyNeverApplies", on: true },
      );
      const { failure, facts } = await failed(bench.connect(), [
        { kind: "disableClient" },
      ]);
      assert.match(failure.errorId, /^WsManError/);
      assert.equal(facts.client.on, false);
      expectList(facts, "live", onList(numbered(a)));
    },
  );

  on(
    "says that the process went down, and looks again afterwards",
    ["enableClient", "crashEnableClient"],
    async (bench) => {
      await bench.edit({ kind: "crashEnableClient", on: true });
      const host = bench.connect();
      const applied = await applyNow(host, [enable("a.do.local")]);
      assert.equal(applied.outcome, "died", JSON.stringify(applied));
      const facts = await host.observe();
      assert.equal(facts.client.on, true, "the flag comes before the policy");
      assert.deepEqual(facts.local[policy], notConfigured);
      await bench.edit({ kind: "crashEnableClient", on: false });
      expectList(
        await done(host, [enable("a.do.local")]),
        "local",
        onList(numbered(a)),
      );
    },
  );
}
