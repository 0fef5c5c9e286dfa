import assert from "node:assert/strict";
import type { ListValue } from "../../../providers/model/facts";
import type { Step, StoreChange } from "../../../providers/model/steps";
import type { Case, PolicyEntry } from "../contract";
import {
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

const both = (change: StoreChange): Step => ({
  kind: "writePolicy",
  policy,
  local: change,
  live: change,
});
const adding = (...add: ListValue[]): Step =>
  both({ ...nothing, add, switch: 1, concatenate: 1 });

/** Content of Registry.pol that is none of ours: a DWORD, a multi-string, a list of another policy, an instruction. */
const foreign: readonly PolicyEntry[] = [
  { key: "Software\\Other", name: "level", type: 4, data: "03000000" },
  {
    key: "Software\\Other",
    name: "many",
    type: 7,
    data: "61000000620000000000",
  },
  {
    key: "Software\\Policies\\Microsoft\\Windows\\CredentialsDelegation\\DenyFreshCredentials",
    name: "1",
    type: 1,
    data: "780000000000",
  },
  {
    key: "Software\\Other\\Sub",
    name: "**del.gone",
    type: 1,
    data: "20000000",
  },
];

/** `writePolicy`: both stores in one step, ours only. */
export function listWriting(on: Case): void {
  on(
    "adds entries with switch and concatenate to both stores, twice",
    ["writePolicy"],
    async (bench) => {
      const values = numbered("wsman/a.do.local", "wsman/b.do.local");
      const facts = await twice(bench.connect(), [adding(...values)]);
      expectList(facts, "local", onList(values));
      expectList(facts, "live", onList(values));
      assert.equal(facts.client.on, false);
    },
  );

  on(
    "does not write local policy again when it already is as wanted",
    ["writePolicy"],
    async (bench) => {
      const host = bench.connect();
      const step = adding(...numbered("wsman/a.do.local"));
      const first = await done(host, [step]);
      const second = await done(host, [step]);
      assert.deepEqual(second.fingerprint, first.fingerprint);
    },
  );

  on(
    "keeps what it wrote through a policy pass",
    ["writePolicy", "policyPass"],
    async (bench) => {
      const host = bench.connect();
      const values = numbered("wsman/a.do.local", "wsman/b.do.local");
      const before = await host.observe();
      await done(host, [adding(...values)]);
      await bench.edit({ kind: "policyPass" });
      expectList(await host.observe(), "live", onList(values));
      const removing = both({
        add: [],
        remove: values,
        switch: null,
        concatenate: null,
      });
      await twice(host, [removing]);
      await bench.edit({ kind: "policyPass" });
      assert.deepEqual(
        withoutHashes(await host.observe()),
        withoutHashes(before),
      );
    },
  );

  on(
    "leaves others' entries and their numbers alone, when it adds and when it removes",
    ["writePolicy", "list"],
    async (bench) => {
      const theirs = [
        { name: "1", data: "TERMSRV/*" },
        { name: "4", data: "wsman/theirs" },
      ];
      const direct = { name: "7", data: "wsman/direct" };
      await bench.edit(
        given("local", theirs),
        given("live", [...theirs, direct]),
      );
      const host = bench.connect();
      const ours = { name: "8", data: "wsman/ours" };
      const added = await twice(host, [adding(ours)]);
      expectList(added, "local", onList([...theirs, ours]));
      expectList(added, "live", onList([...theirs, direct, ours]));
      const removed = await twice(host, [both({ ...nothing, remove: [ours] })]);
      expectList(removed, "local", onList(theirs));
      expectList(removed, "live", onList([...theirs, direct]));
    },
  );

  on(
    "removes by number and data: another's data under that number stays",
    ["writePolicy", "list"],
    async (bench) => {
      const ours = { name: "1", data: "wsman/ours" };
      const theirs = { name: "1", data: "wsman/theirs" };
      await bench.edit(given("local", [ours]), given("live", [theirs]));
      const facts = await twice(bench.connect(), [
        both({ ...nothing, remove: [ours] }),
      ]);
      expectList(facts, "local", onList([]));
      expectList(facts, "live", onList([theirs]));
    },
  );

  on(
    "sets and removes switch and concatenate, each by itself, and in one store if so told",
    ["writePolicy"],
    async (bench) => {
      const host = bench.connect();
      const only = (local: Partial<StoreChange>, live: Partial<StoreChange>) =>
        [
          {
            kind: "writePolicy",
            policy,
            local: { ...nothing, ...local },
            live: { ...nothing, ...live },
          },
        ] as const;
      const first = await twice(host, only({ switch: 0 }, { concatenate: 1 }));
      expectList(first, "local", { switch: 0, concatenate: null, values: [] });
      expectList(first, "live", { switch: null, concatenate: 1, values: [] });
      const second = await twice(
        host,
        only({ switch: null, concatenate: 0 }, { switch: 1 }),
      );
      expectList(second, "local", { switch: null, concatenate: 0, values: [] });
      expectList(second, "live", { switch: 1, concatenate: 1, values: [] });
      const third = await twice(
        host,
        only({ concatenate: null }, { switch: null, concatenate: null }),
      );
      for (const store of ["local", "live"] as const)
        expectList(third, store, {
          switch: null,
          concatenate: null,
          values: [],
        });
    },
  );

  on(
    "takes any text an entry may hold as it is",
    ["writePolicy"],
    async (bench) => {
      const values = numbered(
        "Microsoft Virtual System Migration Service/*",
        "wsman/$env:x`'’;\"",
        "wsman/bücher.do.local",
      );
      const facts = await twice(bench.connect(), [adding(...values)]);
      expectList(facts, "local", onList(values));
      expectList(facts, "live", onList(values));
    },
  );

  on(
    "keeps everything else in Registry.pol byte for byte",
    ["writePolicy", "foreignPolicy", "localEntries"],
    async (bench) => {
      await bench.edit({ kind: "foreignPolicy", entries: foreign });
      const before = sorted(await bench.localEntries());
      const host = bench.connect();
      const ours = numbered("wsman/a.do.local");
      await twice(host, [adding(...ours)]);
      const during = sorted(await bench.localEntries());
      assert.deepEqual(
        during.filter((line) => before.includes(line)),
        before,
      );
      assert.equal(during.length, before.length + 3);
      await twice(host, [
        both({ add: [], remove: ours, switch: null, concatenate: null }),
      ]);
      assert.deepEqual(sorted(await bench.localEntries()), before);
    },
  );

  on(
    "leaves a damaged Registry.pol alone, and HKLM with it",
    ["writePolicy", "damagedRegistryPol"],
    async (bench) => {
      await bench.edit({ kind: "damagedRegistryPol" });
      const host = bench.connect();
      const before = await host.observe();
      const { failure, facts } = await failed(host, [
        adding(...numbered("wsman/a.do.local")),
      ]);
      assert.equal(failure.step, "writePolicy");
      assert.deepEqual(facts, before);
    },
  );
}

/** Entries as sorted lines: a writer may move keys within the file, but keeps names, types and bytes. */
function sorted(entries: readonly PolicyEntry[]): string[] {
  return entries
    .filter(({ name, type }) => name !== "" || type !== 0) // an entry that only creates its key
    .map(({ key, name, type, data }) => `${key}|${name}|${type}|${data}`)
    .sort();
}
