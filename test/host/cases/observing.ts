import assert from "node:assert/strict";
import { notConfigured } from "../../../providers/model/facts";
import type { Case } from "../contract";
import {
  expectList,
  given,
  numbered,
  on as onList,
  policy,
  withoutHashes,
} from "./expectations";

/** What an observation of a host holds. */
export function observing(on: Case): void {
  on("shows a fresh host as all off and empty", [], async (bench) => {
    const facts = await bench.connect().observe();
    assert.deepEqual(facts.client, { on: false, source: "local" });
    assert.deepEqual(facts.service, { on: false, source: "local" });
    assert.deepEqual(facts.live[policy], notConfigured);
    assert.deepEqual(facts.local[policy], notConfigured);
    assert.equal(facts.localUnreadable, null);
    assert.equal(facts.localPolicyOff, null);
    assert.equal(facts.openEditors, false);
    assert.equal(facts.encryptionOracle, null);
    assert.equal(facts.ledger, null);
    assert.equal(facts.elevated, true);
    assert.equal(facts.winrm.status, "Running");
  });

  on("names the computer and what carries the steps out", [], async (bench) => {
    const { computer } = await bench.connect().observe();
    assert.match(computer.name, /^[A-Z0-9-]{1,15}$/);
    assert.match(computer.osVersion, /^10\.0\.\d+$/);
    assert.notEqual(computer.edition, "");
    assert.match(computer.machineGuid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-/);
    assert.match(computer.powershellVersion, /^\d+\.\d+/);
    assert.equal(computer.wow64, false);
  });

  on(
    "names the domain that the host is in",
    ["domainMember"],
    async (bench) => {
      const { computer } = await bench.connect().observe();
      assert.match(computer.domain ?? "", /^[a-z0-9.-]+$/);
    },
  );

  on("changes nothing, however often it looks", [], async (bench) => {
    const host = bench.connect();
    const first = await host.observe();
    assert.deepEqual(await host.observe(), first);
    assert.deepEqual(await bench.connect().observe(), first);
  });

  on(
    "shows what stands in each store, and the ledger",
    ["list", "ledger"],
    async (bench) => {
      const [one, three] = [
        { name: "1", data: "wsman/a.do.local" },
        { name: "3", data: "TERMSRV/*" },
      ];
      await bench.edit(
        given("live", [one, three]),
        {
          kind: "list",
          store: "local",
          policy,
          list: { switch: 0, values: [three] },
        },
        { kind: "ledger", text: '{"a":"é ☂ \\"quoted\\""}' },
      );
      const facts = await bench.connect().observe();
      expectList(facts, "live", onList([one, three]));
      expectList(facts, "local", {
        switch: 0,
        concatenate: null,
        values: [three],
      });
      assert.equal(facts.ledger, '{"a":"é ☂ \\"quoted\\""}');
    },
  );

  on(
    "says that a role under WinRM's policy belongs to policy, whatever WinRM has stored",
    ["flag", "winrmPolicy"],
    async (bench) => {
      await bench.edit(
        { kind: "flag", role: "client", on: true },
        { kind: "winrmPolicy", role: "client", value: 0 },
        { kind: "winrmPolicy", role: "service", value: 1 },
      );
      const host = bench.connect();
      const ruled = await host.observe();
      assert.deepEqual(ruled.client, { on: false, source: "policy" });
      assert.deepEqual(ruled.service, { on: true, source: "policy" });
      await bench.edit(
        { kind: "winrmPolicy", role: "client", value: null },
        { kind: "winrmPolicy", role: "service", value: null },
      );
      const lifted = await host.observe();
      assert.deepEqual(lifted.client, { on: true, source: "local" });
      assert.deepEqual(lifted.service, { on: false, source: "local" });
    },
  );

  on("says when the caller is not elevated", ["elevated"], async (bench) => {
    await bench.edit({ kind: "elevated", on: false });
    assert.equal((await bench.connect().observe()).elevated, false);
  });

  on(
    "says that a damaged Registry.pol cannot be read, and shows the rest",
    ["damagedRegistryPol", "list"],
    async (bench) => {
      await bench.edit(given("live", numbered("wsman/a.do.local")), {
        kind: "damagedRegistryPol",
      });
      const facts = await bench.connect().observe();
      assert.notEqual(facts.localUnreadable ?? "", "");
      assert.deepEqual(facts.local[policy], notConfigured);
      expectList(facts, "live", onList(numbered("wsman/a.do.local")));
    },
  );

  on(
    "gives the part that moved another fingerprint, and only that part",
    ["flag", "list", "ledger", "foreignPolicy"],
    async (bench) => {
      const host = bench.connect();
      const edits = {
        roles: { kind: "flag", role: "service", on: true },
        live: given("live", numbered("wsman/a.do.local")),
        local: {
          kind: "foreignPolicy",
          entries: [
            { key: "Software\\Other", name: "x", type: 4, data: "01000000" },
          ],
        },
        ledger: { kind: "ledger", text: "{}" },
      } as const;
      for (const [part, edit] of Object.entries(edits)) {
        const before = await host.observe();
        await bench.edit(edit);
        const after = await host.observe();
        const moved = Object.entries(after.fingerprint)
          .filter(([p, hash]) => before.fingerprint[p as "live"] !== hash)
          .map(([p]) => p);
        assert.deepEqual(moved, [part]);
        assert.deepEqual(withoutHashes(await host.observe()), {
          ...withoutHashes(after),
        });
      }
    },
  );
}
