import assert from "node:assert/strict";
import {
  notConfigured,
  type PolicyState,
} from "../../../providers/model/facts";
import {
  listKeyOf,
  policyNames,
  policyOf,
  policyOver,
} from "../../../providers/model/policies";
import type { PolicyName } from "../../../providers/model/policies";
import type { Step, StoreChange } from "../../../providers/model/steps";
import type { Case } from "../contract";
import { done, expectList, nothing, numbered, twice } from "./expectations";

const stores = ["local", "live"] as const;

/** A policy with everything it can hold set. */
function full(policy: PolicyName): PolicyState {
  const isList = policyOf(policy).concatenate !== null;
  return {
    switch: 1,
    concatenate: isList ? 0 : null,
    values: isList ? numbered("wsman/a.do.local", "TERMSRV/*") : [],
  };
}

/** The change that makes a policy `full`; what the policy cannot hold is left out. */
function filling(policy: PolicyName): StoreChange {
  const { values, concatenate } = full(policy);
  return {
    add: values,
    remove: [],
    switch: 1,
    ...(concatenate !== null && { concatenate }),
  };
}

const both = (policy: PolicyName, change: StoreChange): Step => ({
  kind: "writePolicy",
  policy,
  local: change,
  live: change,
});

/** Every policy by itself: written, read back, kept by policy processing, taken away. */
export function everyPolicy(on: Case): void {
  for (const policy of policyNames)
    on(
      `writes ${policy} to both stores and no other policy, and takes it away again, each twice`,
      ["writePolicy", "policyPass", "minutes"],
      async (bench) => {
        const host = bench.connect();
        const before = await host.observe();
        const set = await twice(host, [both(policy, filling(policy))]);
        for (const store of stores) {
          expectList(set, store, full(policy), policy);
          const others = { ...set[store], [policy]: notConfigured };
          assert.deepEqual(others, before[store]);
        }
        await bench.edit({ kind: "policyPass" });
        const passed = await host.observe();
        for (const store of [...stores, "applied"] as const)
          expectList(passed, store, full(policy), policy);
        const { add, ...dwords } = filling(policy);
        const gone = await twice(host, [
          both(policy, {
            add: [],
            remove: add,
            switch: null,
            ...("concatenate" in dwords && { concatenate: null }),
          }),
        ]);
        await bench.edit({ kind: "policyPass" });
        for (const facts of [gone, await host.observe()])
          for (const store of stores)
            assert.deepEqual(facts[store], before[store]);
      },
    );

  on(
    "writes several policies in one batch, each to its own place",
    ["writePolicy"],
    async (bench) => {
      const facts = await twice(
        bench.connect(),
        policyNames.map((policy) => both(policy, filling(policy))),
      );
      for (const policy of policyNames)
        for (const store of stores)
          expectList(facts, store, full(policy), policy);
    },
  );

  for (const role of ["client", "service"] as const)
    for (const value of [1, 0] as const)
      on(
        `WinRM's policy at ${value} rules over the ${role}'s flag, and gives it back when it is lifted`,
        ["writePolicy", "policyPass", "flag"],
        async (bench) => {
          const policy = policyOver(role);
          await bench.edit({ kind: "flag", role, on: value === 0 });
          const host = bench.connect();
          const { client, service } = await host.observe();
          const set = (value: number | null) =>
            both(policy, { ...nothing, switch: value });
          const ruled = await twice(host, [set(value)]);
          assert.deepEqual(
            { client: ruled.client, service: ruled.service },
            { client, service, [role]: { on: value === 1, source: "policy" } },
          );
          await bench.edit({ kind: "policyPass" });
          assert.deepEqual((await host.observe())[role], ruled[role]);
          const lifted = await twice(host, [set(null)]);
          assert.deepEqual(
            { client: lifted.client, service: lifted.service },
            { client, service },
          );
        },
      );

  on(
    "says of local policy that it empties the list first, and policy processing does so",
    ["foreignPolicy", "list", "policyPass"],
    async (bench) => {
      const policy = "DenyFreshCredentials";
      const key = listKeyOf(policy) ?? "";
      await bench.edit(
        {
          kind: "list",
          store: "live",
          policy,
          list: { switch: 1, values: numbered("wsman/x", "wsman/direct") },
        },
        {
          kind: "foreignPolicy",
          entries: [
            { key, name: "**delvals.", type: 1, data: "20000000" },
            { key, name: "1", type: 1, data: "78000000" },
          ],
        },
      );
      const host = bench.connect();
      const clearing = {
        switch: null,
        concatenate: null,
        values: [{ name: "1", data: "x" }],
        clearsFirst: true,
      } as const;
      expectList(await host.observe(), "local", clearing, policy);
      await bench.edit({ kind: "policyPass" });
      const passed = await host.observe();
      expectList(passed, "local", clearing, policy);
      expectList(
        passed,
        "live",
        { switch: 1, concatenate: null, values: clearing.values },
        policy,
      );
    },
  );

  on(
    "writes behind local policy's own instruction to empty the list, which stays",
    ["foreignPolicy", "writePolicy", "policyPass", "localEntries"],
    async (bench) => {
      const policy = "DenyFreshCredentials";
      const key = listKeyOf(policy) ?? "";
      const instruction = {
        key,
        name: "**delvals.",
        type: 1,
        data: "20000000",
      };
      await bench.edit({ kind: "foreignPolicy", entries: [instruction] });
      const host = bench.connect();
      const ours = numbered("wsman/ours");
      const written = await done(host, [
        both(policy, { ...nothing, add: ours }),
      ]);
      for (const store of stores)
        assert.deepEqual(written[store][policy].values, ours, store);
      await bench.edit({ kind: "policyPass" });
      const passed = await host.observe();
      assert.deepEqual(passed.live[policy].values, ours);
      assert.equal(passed.local[policy].clearsFirst, true);
      await twice(host, [both(policy, { ...nothing, remove: ours })]);
      assert.deepEqual(await bench.localEntries(), [instruction]);
    },
  );
}
