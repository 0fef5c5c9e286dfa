import assert from "node:assert/strict";
import fc from "fast-check";
import {
  beginEnableClient,
  enableServer,
} from "../../../providers/host/simulated/cmdlets";
import {
  domainSets,
  imageOf,
  putList,
  ruleFlag,
  setDisableLGPOProcessing,
  setService,
} from "../../../providers/host/simulated/hands";
import { factsOf } from "../../../providers/host/simulated/observe";
import {
  policyPass,
  settle,
} from "../../../providers/host/simulated/policyPass";
import { freshHost } from "../../../providers/host/simulated/state";
import type { HostState } from "../../../providers/host/simulated/state";
import type { PolicyState } from "../../../providers/model/facts";
import { numbered, policy } from "../cases/expectations";

const fresh = freshHost("app01.do.local");
const start = Date.UTC(2026, 0, 1);
const live = (state: HostState) => factsOf(state).live[policy];
const origin = (state: HostState) => factsOf(state).origins?.[policy];

const withLocal = (state: HostState, ...data: readonly string[]): HostState =>
  putList(state, "local", policy, { switch: 1, values: numbered(...data) });

/** A host whose Registry.pol and whose domain's objects hold values of one key. */
const holding = (
  local: Readonly<Record<string, number | string>>,
  ...objects: readonly Readonly<Record<string, number | string>>[]
): HostState => ({
  ...fresh,
  localPolicy: {
    machineVersion: 1,
    userVersion: 0,
    extensions: "",
    machineDisabled: false,
    registryPol: { "Software\\K": local },
  },
  domain: objects.map((values, i) => ({
    name: `object ${i + 1}`,
    registryPol: { "Software\\K": values },
  })),
});

describe("the domain's policy on a simulated host", () => {
  it("is processed after local policy and in its own order, value by value", () => {
    const state = policyPass(
      holding({ a: 1, b: 1, c: 1 }, { b: 2, c: 2 }, { c: 3, d: 3 }),
    );
    const merged = { "Software\\K": { a: 1, b: 2, c: 3, d: 3 } };
    assert.deepEqual(state.hklm, merged);
    assert.deepEqual(state.applied, merged);
    assert.deepEqual(state.rsop, {
      "Software\\K": { b: "object 1", c: "object 2", d: "object 2" },
    });
    assert.deepEqual(policyPass(state), state);
  });

  it("deletes what an object before it has just written, if it says so", () => {
    const state = policyPass(
      holding({ a: 1, b: 1 }, { c: 2, d: 2 }, { "**del.A": " ", "**Del.c": 0 }),
    );
    assert.deepEqual(state.hklm, { "Software\\K": { b: 1, d: 2 } });
    assert.deepEqual(state.applied, { "Software\\K": { b: 1, d: 2 } });
    assert.deepEqual(state.rsop, { "Software\\K": { d: "object 1" } });
  });

  it("empties a key, keeps that in the archive, and names the last object that says so", () => {
    const clear = { "**delvals.": " " };
    const state = policyPass({
      ...holding({ a: 1 }, { ...clear, b: 2 }, { c: 3 }, { ...clear, d: 4 }),
      hklm: { "software\\k": { direct: 0 } },
    });
    assert.deepEqual(state.hklm, { "software\\k": { d: 4 } });
    assert.deepEqual(state.applied, {
      "Software\\K": { "**DelVals.": " ", d: 4 },
    });
    assert.deepEqual(state.rsop, {
      "Software\\K": { "**DelVals.": "object 3", d: "object 3" },
    });
    assert.deepEqual(policyPass(state), state);
  });

  it("says of local policy's own emptying that the pass did it, and names nobody", () => {
    const state = policyPass(
      putList(fresh, "local", policy, {
        clearsFirst: true,
        values: numbered("x/y"),
      }),
    );
    const facts = factsOf(state);
    assert.equal(facts.local[policy].clearsFirst, true);
    assert.equal(facts.applied[policy].clearsFirst, true);
    assert.equal(facts.live[policy].clearsFirst, undefined);
    assert.deepEqual(facts.origins, {});
    const without = putList(state, "local", policy, { values: [] });
    const passed = factsOf(policyPass(without));
    assert.equal(passed.local[policy].clearsFirst, undefined);
    assert.equal(passed.applied[policy].clearsFirst, undefined);
  });

  it("takes what it no longer sets out of HKLM, whoever has changed the data since, and leaves what it never set", () => {
    const passed = policyPass(holding({}, { a: 1, b: 1 }));
    const edited = {
      ...passed,
      hklm: { "Software\\K": { A: 7, b: 1, direct: 5 } },
      domain: [],
    };
    const lifted = policyPass(edited);
    assert.deepEqual(lifted.hklm, { "Software\\K": { direct: 5 } });
    assert.deepEqual([lifted.applied, lifted.rsop], [{}, {}]);
  });

  it("comes with the pass that a cmdlet's save brings about, when that is due", () => {
    const set = domainSets(fresh, "Baseline", policy, {
      clearsFirst: true,
      switch: 1,
      values: numbered("x/y"),
    });
    const { state } = beginEnableClient(set, ["a.do.local"], start);
    assert.deepEqual(live(settle(state, start + 149)).values, []);
    const settled = settle(state, start + 150);
    assert.deepEqual(live(settled).values, numbered("x/y"));
    assert.equal(factsOf(settled).applied[policy].clearsFirst, true);
    assert.deepEqual(origin(settled), {
      switch: "Baseline",
      values: { "1": "Baseline" },
      clearsFirst: "Baseline",
    });
  });

  const localOff: readonly (readonly [string, HostState])[] = [
    ["DisableLGPOProcessing", setDisableLGPOProcessing(fresh, true)],
    [
      "Windows Home",
      { ...fresh, computer: { ...fresh.computer, edition: "CoreN" } },
    ],
    [
      "a disabled machine half",
      {
        ...holding({}),
        localPolicy: {
          machineVersion: 1,
          userVersion: 0,
          extensions: "",
          machineDisabled: true,
          registryPol: {},
        },
      },
    ],
    [
      "DisableLGPOProcessing and a damaged Registry.pol",
      {
        ...setDisableLGPOProcessing(fresh, true),
        faults: { damagedRegistryPol: true },
      },
    ],
  ];
  for (const [what, state] of localOff)
    it(`comes through where local policy does not, because of ${what}`, () => {
      const set = domainSets(withLocal(state, "l/1", "l/2"), "B", policy, {
        values: numbered("d/1"),
      });
      assert.deepEqual(live(policyPass(set)), {
        switch: null,
        concatenate: null,
        values: numbered("d/1"),
      });
    });

  it("never comes where no policy pass does", () => {
    const set = domainSets(withLocal(fresh, "l/1"), "B", policy, { switch: 1 });
    const never = { ...set, faults: { policyNeverApplies: true } };
    assert.deepEqual(policyPass(never), never);
  });

  it("stops with local policy at a damaged Registry.pol: HKLM, archive and RSoP stay", () => {
    const passed = policyPass(
      domainSets(withLocal(fresh, "l/1"), "B", policy, { concatenate: 1 }),
    );
    const damaged = domainSets(
      { ...passed, faults: { damagedRegistryPol: true } },
      "B",
      policy,
      null,
    );
    assert.deepEqual(policyPass(damaged), damaged);
  });

  it("leaves to RSoP what is as at the last pass, not what it would be at the next", () => {
    const set = domainSets(fresh, "B", policy, { switch: 1 });
    assert.deepEqual(factsOf(set).origins, {});
    const passed = policyPass(set);
    const lifted = domainSets(passed, "B", policy, null);
    assert.deepEqual(origin(lifted), { switch: "B", values: {} });
    assert.deepEqual(factsOf(policyPass(lifted)).origins, {});
  });

  it("names values in lower case, and the objects of each policy by themselves", () => {
    const state = policyPass(
      domainSets(
        domainSets(fresh, "One", policy, {
          values: [{ name: "Extra", data: "x/y" }],
        }),
        "Two",
        "WinRMServiceAllowCredSSP",
        { switch: 0 },
      ),
    );
    assert.deepEqual(factsOf(state).origins, {
      [policy]: { values: { extra: "One" } },
      WinRMServiceAllowCredSSP: { switch: "Two", values: {} },
    });
  });

  for (const fault of ["nonElevated", "rsopUnavailable"] as const)
    it(`has no answer from RSoP with the fault ${fault}, and tells all else`, () => {
      const state = policyPass(
        domainSets(fresh, "B", policy, { values: numbered("x/y") }),
      );
      const mute = factsOf({ ...state, faults: { [fault]: true } });
      assert.equal(mute.origins, null);
      assert.deepEqual(mute.applied, factsOf(state).applied);
    });

  it("moves the fingerprint of what is live when another object wins the same data", () => {
    const by = (object: string) =>
      policyPass(domainSets(fresh, object, policy, { switch: 1 }));
    const [one, two] = [factsOf(by("One")), factsOf(by("Two"))];
    assert.deepEqual(one.live, two.live);
    assert.notEqual(one.fingerprint.live, two.fingerprint.live);
    assert.equal(one.fingerprint.local, two.fingerprint.local);
  });

  it("makes HKLM what a plain reading of the rules makes it, pass after pass", () => {
    const values = fc.dictionary(
      fc.constantFrom("a", "B", "b", "1", "**del.a", "**DelVals."),
      fc.constantFrom(1, 2),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(values, fc.array(values, { maxLength: 3 })), {
          maxLength: 4,
        }),
        (rounds) => {
          let state = { ...fresh, hklm: { "Software\\K": { direct: 9 } } };
          const expected = new Map<string, unknown>([["direct", 9]]);
          let before: readonly string[] = [];
          for (const [local, objects] of rounds) {
            const given = holding(local, ...objects);
            state = policyPass({
              ...state,
              localPolicy: given.localPolicy,
              domain: given.domain,
            }) as typeof state;
            const wrote = new Set<string>();
            for (const source of [local, ...objects]) {
              if ("**DelVals." in source) {
                expected.clear();
                wrote.clear();
              }
              if ("**del.a" in source) {
                expected.delete("a");
                wrote.delete("a");
              }
              for (const [name, data] of Object.entries(source)) {
                if (name.startsWith("**")) continue;
                expected.set(name.toLowerCase(), data);
                wrote.add(name.toLowerCase());
              }
            }
            for (const name of before)
              if (!wrote.has(name)) expected.delete(name);
            before = [...wrote];
            const found = Object.entries(state.hklm["Software\\K"]);
            assert.deepEqual(
              new Map(found.map(([name, data]) => [name.toLowerCase(), data])),
              expected,
            );
          }
        },
      ),
    );
  });
});

describe("the hands of the domain and of others on a simulated host", () => {
  it("set exactly what they are told of one policy, and nothing of the others", () => {
    const first = domainSets(fresh, "B", policy, {
      switch: 1,
      concatenate: 0,
      values: numbered("x/1", "x/2"),
    });
    const other = domainSets(first, "B", "DenyFreshCredentials", {
      switch: 1,
    });
    const second: Partial<PolicyState> = { switch: 0 };
    const changed = domainSets(other, "B", policy, second);
    assert.deepEqual(factsOf(policyPass(changed)).live, {
      ...factsOf(fresh).live,
      [policy]: { switch: 0, concatenate: null, values: [] },
      DenyFreshCredentials: { switch: 1, concatenate: null, values: [] },
    });
    assert.deepEqual(domainSets(changed, "B", policy, second), changed);
  });

  it("keep an object's place when it is edited, add a new one as the last, and let an empty one go", () => {
    const both = domainSets(
      domainSets(fresh, "One", policy, { switch: 1 }),
      "Two",
      policy,
      { switch: 0 },
    );
    const edited = domainSets(both, "One", policy, { concatenate: 1 });
    assert.deepEqual(
      edited.domain.map(({ name }) => name),
      ["One", "Two"],
    );
    const gone = domainSets(edited, "One", policy, null);
    assert.deepEqual(
      gone.domain.map(({ name }) => name),
      ["Two"],
    );
    assert.deepEqual(domainSets(gone, "Two", policy, null), fresh);
    assert.deepEqual(domainSets(fresh, "Two", policy, null), fresh);
    assert.deepEqual(domainSets(fresh, "Two", policy, {}), fresh);
  });

  it("switch local policy off and on, each twice", () => {
    const off = setDisableLGPOProcessing(fresh, true);
    assert.equal(factsOf(off).localPolicyOff, "disabledByPolicy");
    assert.deepEqual(setDisableLGPOProcessing(off, true), off);
    const on = setDisableLGPOProcessing(off, false);
    assert.equal(factsOf(on).localPolicyOff, null);
    assert.deepEqual(setDisableLGPOProcessing(on, false), on);
  });

  it("write WinRM's policy straight into HKLM, where no policy pass takes it away", () => {
    const ruled = ruleFlag(fresh, "service", 1);
    assert.equal(factsOf(ruled).live.WinRMServiceAllowCredSSP.switch, 1);
    assert.deepEqual(factsOf(policyPass(ruled)).service, {
      on: true,
      source: "policy",
    });
    assert.deepEqual(factsOf(ruleFlag(ruled, "service", null)), factsOf(fresh));
  });

  it("make an image that is another machine with everything of the first on it", () => {
    const original = {
      ...policyPass(withLocal(enableServer(fresh).state, "x/1")),
      ledger: '{"schema":1}',
    };
    const image = imageOf(original, "another");
    assert.deepEqual(image, {
      ...original,
      computer: { ...original.computer, machineGuid: "another" },
    });
    assert.equal(
      factsOf(image).fingerprint.ledger,
      factsOf(original).fingerprint.ledger,
    );
    assert.equal(imageOf(image, "third", { name: "X" }).computer.name, "X");
  });

  it("stop and disable the service, and leave its settings", () => {
    const on = enableServer(fresh).state;
    const off = setService(on, { status: "Stopped", startType: "Disabled" });
    assert.deepEqual(off.winrm, {
      ...on.winrm,
      status: "Stopped",
      startType: "Disabled",
    });
    assert.deepEqual(setService(off, on.winrm), on);
  });
});
