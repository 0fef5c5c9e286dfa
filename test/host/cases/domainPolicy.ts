import assert from "node:assert/strict";
import type { PolicyState } from "../../../providers/model/facts";
import { policyOver } from "../../../providers/model/policies";
import type { Step } from "../../../providers/model/steps";
import type { Case, Edit } from "../contract";
import {
  done,
  expectList,
  given,
  nothing,
  numbered,
  on as onList,
  policy,
  withoutHashes,
} from "./expectations";

const object = "Server baseline";
const corp = "WSMAN/*.corp.example";
const ours = numbered("wsman/a", "wsman/b");
const pass: Edit = { kind: "policyPass" };

/** What the domain's object does to the list; then a policy pass, as after gpupdate. */
const domain = (
  sets: Partial<PolicyState> | null,
  name: string = object,
): readonly Edit[] => [{ kind: "domain", object: name, policy, sets }, pass];

/** The domain's policy: beside local policy, and over it. */
export function domainPolicy(on: Case): void {
  on(
    "the domain's list merges with local policy's by the values' names, and lets them go again",
    ["domain", "list", "policyPass"],
    async (bench) => {
      await bench.edit(given("local", ours), pass);
      const host = bench.connect();
      const before = withoutHashes(await host.observe());
      await bench.edit(...domain({ switch: 1, values: numbered(corp) }));
      const merged = onList(numbered(corp, "wsman/b"));
      for (let time = 0; time < 2; time++) {
        const facts = await host.observe();
        expectList(facts, "live", merged);
        expectList(facts, "applied", merged);
        expectList(facts, "local", onList(ours));
        await bench.edit(pass);
      }
      await bench.edit(...domain(null));
      assert.deepEqual(withoutHashes(await host.observe()), before);
    },
  );

  on(
    "the domain changes nothing before the next policy pass",
    ["domain"],
    async (bench) => {
      const host = bench.connect();
      const before = await host.observe();
      await bench.edit({
        kind: "domain",
        object,
        policy,
        sets: { switch: 1, values: numbered(corp) },
      });
      assert.deepEqual(await host.observe(), before);
    },
  );

  on(
    "a domain's list that is emptied first takes away local policy's entries and direct ones, and gives local policy's back",
    ["domain", "list", "policyPass"],
    async (bench) => {
      await bench.edit(given("local", ours), pass, {
        kind: "list",
        store: "live",
        policy,
        list: { values: [...ours, { name: "9", data: "wsman/direct" }] },
      });
      await bench.edit(
        ...domain({ clearsFirst: true, switch: 1, values: numbered(corp) }),
      );
      const host = bench.connect();
      for (let time = 0; time < 2; time++) {
        const facts = await host.observe();
        expectList(facts, "live", onList(numbered(corp)));
        expectList(facts, "local", onList(ours));
        await bench.edit(pass);
      }
      await bench.edit(...domain(null));
      const lifted = await host.observe();
      expectList(lifted, "live", onList(ours));
      expectList(lifted, "applied", onList(ours));
    },
  );

  on(
    "policy processing remembers that it emptied a list, until nobody asks for that any more",
    ["domain", "list", "policyPass", "appliedClears"],
    async (bench) => {
      await bench.edit(
        given("local", ours),
        ...domain({ clearsFirst: true, switch: 1, values: numbered(corp) }),
      );
      const host = bench.connect();
      const emptied = await host.observe();
      expectList(emptied, "applied", {
        ...onList(numbered(corp)),
        clearsFirst: true,
      });
      assert.equal(emptied.local[policy].clearsFirst, undefined);
      assert.equal(emptied.live[policy].clearsFirst, undefined);
      await bench.edit(...domain({ switch: 1, values: numbered(corp) }));
      const merged = onList(numbered(corp, "wsman/b"));
      expectList(await host.observe(), "applied", merged);
    },
  );

  on(
    "what is written under a domain's emptied list is gone after the next policy pass, but for local policy",
    ["domain", "writePolicy", "policyPass"],
    async (bench) => {
      await bench.edit(
        ...domain({ clearsFirst: true, switch: 1, values: numbered(corp) }),
      );
      const host = bench.connect();
      const change = { ...nothing, add: [{ name: "2", data: "wsman/ours" }] };
      const step: Step = {
        kind: "writePolicy",
        policy,
        local: change,
        live: change,
      };
      const written = await done(host, [step]);
      assert.deepEqual(
        written.live[policy].values.map(({ data }) => data).sort(),
        [corp, "wsman/ours"],
      );
      await bench.edit(pass);
      const passed = await host.observe();
      assert.deepEqual(passed.live[policy].values, numbered(corp));
      assert.deepEqual(passed.local[policy].values, change.add);
    },
  );

  on(
    "the domain's list reaches a host on which local policy is switched off, and local policy's does not",
    ["domain", "list", "policyPass", "localPolicyProcessing"],
    async (bench) => {
      await bench.edit(given("local", ours), pass);
      await bench.edit(
        { kind: "localPolicyProcessing", on: false },
        ...domain({ switch: 1, values: [{ name: "7", data: corp }] }),
      );
      const host = bench.connect();
      const off = await host.observe();
      assert.equal(off.localPolicyOff, "disabledByPolicy");
      const theirs = {
        switch: 1,
        concatenate: null,
        values: [{ name: "7", data: corp }],
      };
      expectList(off, "live", theirs);
      expectList(off, "applied", theirs);
      expectList(off, "local", onList(ours));
      await bench.edit({ kind: "localPolicyProcessing", on: true }, pass);
      const again = await host.observe();
      assert.equal(again.localPolicyOff, null);
      expectList(again, "live", onList([...ours, { name: "7", data: corp }]));
    },
  );

  for (const role of ["client", "service"] as const)
    on(
      `the domain's policy over the ${role} rules over its flag until it is lifted`,
      ["domain", "policyPass", "flag"],
      async (bench) => {
        await bench.edit({ kind: "flag", role, on: true });
        const host = bench.connect();
        const sets = (value: Partial<PolicyState> | null): Edit => ({
          kind: "domain",
          object,
          policy: policyOver(role),
          sets: value,
        });
        await bench.edit(sets({ switch: 0 }), pass);
        const ruled = await host.observe();
        assert.deepEqual(ruled[role], { on: false, source: "policy" });
        assert.equal(ruled.live[policyOver(role)].switch, 0);
        assert.equal(ruled.local[policyOver(role)].switch, null);
        await bench.edit(sets(null), pass);
        const lifted = await host.observe();
        assert.deepEqual(lifted[role], { on: true, source: "local" });
      },
    );

  on(
    "names the policy object behind each value that it won, and none for local policy's",
    ["domain", "list", "policyPass", "origins"],
    async (bench) => {
      const host = bench.connect();
      assert.deepEqual((await host.observe()).origins, {});
      await bench.edit(given("local", ours), pass);
      assert.deepEqual((await host.observe()).origins, {});
      await bench.edit(...domain({ switch: 1, values: numbered(corp) }));
      assert.deepEqual((await host.observe()).origins, {
        [policy]: { switch: object, values: { "1": object } },
      });
      await bench.edit(...domain({ concatenate: 0 }));
      assert.deepEqual((await host.observe()).origins, {
        [policy]: { concatenate: object, values: {} },
      });
      await bench.edit(...domain(null));
      assert.deepEqual((await host.observe()).origins, {});
    },
  );

  on(
    "names the policy object that empties a list, also when it sets nothing else",
    ["domain", "list", "policyPass", "origins"],
    async (bench) => {
      await bench.edit(
        given("local", ours),
        ...domain({ clearsFirst: true, values: [] }),
      );
      const facts = await bench.connect().observe();
      assert.deepEqual(facts.origins, {
        [policy]: { values: {}, clearsFirst: object },
      });
      expectList(facts, "live", onList([]));
    },
  );

  on(
    "of two policy objects the one that is processed last wins, value by value",
    ["domain", "policyPass", "origins", "twoObjects"],
    async (bench) => {
      await bench.edit(
        {
          kind: "domain",
          object: "First",
          policy,
          sets: { switch: 0, concatenate: 0, values: numbered("x/1", "x/2") },
        },
        ...domain({ switch: 1, values: numbered(corp) }, "Second"),
      );
      const facts = await bench.connect().observe();
      expectList(facts, "live", {
        switch: 1,
        concatenate: 0,
        values: numbered(corp, "x/2"),
      });
      assert.deepEqual(facts.origins, {
        [policy]: {
          switch: "Second",
          concatenate: "First",
          values: { "1": "Second", "2": "First" },
        },
      });
    },
  );

  on(
    "cannot name policy objects without elevation: that is no answer, not none",
    ["domain", "policyPass", "origins", "elevated"],
    async (bench) => {
      await bench.edit(...domain({ switch: 1 }), {
        kind: "elevated",
        on: false,
      });
      assert.equal((await bench.connect().observe()).origins, null);
    },
  );
}
