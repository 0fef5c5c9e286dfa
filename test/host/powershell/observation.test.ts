import assert from "node:assert/strict";
import {
  readObservation,
  ShapeError,
} from "../../../providers/host/powershell/observation";
import { changeRegistryPol } from "../../../providers/model/registryPol";
import { listKeyOf, policyNames } from "../../../providers/model/policies";
import { rawObservation, rawPolicies } from "./rawObservation";

const factsOf = (more: Readonly<Record<string, unknown>> = {}) =>
  readObservation(rawObservation(more)).facts;
const base64 = (bytes: Uint8Array | string): string =>
  Buffer.from(bytes as Uint8Array).toString("base64");

describe("Reading an observation", () => {
  it("takes what is absent for off, empty, and null", () => {
    const facts = factsOf();
    assert.deepEqual(facts.client, { on: false, source: "local" });
    assert.equal(facts.localPolicyOff, null);
    assert.equal(facts.localUnreadable, null);
    assert.deepEqual(facts.local, facts.live);
    assert.equal(facts.openEditors, false);
  });

  const flags = [
    [{ configured: 0, value: "true" }, null, true, "local"],
    [{ configured: 1, value: "false" }, null, false, "local"],
    [{ configured: 1 }, 0, false, "policy"],
    [{ configured: 0 }, 1, true, "policy"],
    [{ configured: 0, value: "true", source: "GPO" }, null, true, "policy"],
    [{ configured: 1, value: "false", source: "GPO" }, null, false, "policy"],
    [{ configured: 1, value: null, source: null }, null, true, "local"],
  ] as const;
  for (const [read, policy, on, source] of flags)
    it(`takes ${JSON.stringify(read)} under a policy of ${policy} for a flag that is ${on ? "on" : "off"} by ${source}`, () => {
      const role = { configured: null, value: "false", source: "" };
      const live = rawPolicies({ WinRMClientAllowCredSSP: { switch: policy } });
      const facts = factsOf({ client: { ...role, ...read }, live });
      assert.deepEqual(facts.client, { on, source });
      assert.deepEqual(facts.service, { on: false, source: "local" });
    });

  it("reads the live list in its order and local policy from its file", () => {
    const values = [
      { name: "3", kind: "String", data: "wsman/b" },
      { name: "1", kind: "String", data: "TERMSRV/*" },
    ];
    const pol = changeRegistryPol(null, "AllowFreshCredentials", {
      add: [{ name: "1", data: "wsman/a" }],
      remove: [],
      switch: 1,
    });
    const facts = factsOf({
      live: rawPolicies({
        AllowFreshCredentials: { switch: 1, concatenate: 0, values },
      }),
      registryPol: base64(pol),
    });
    assert.deepEqual(facts.live.AllowFreshCredentials, {
      switch: 1,
      concatenate: 0,
      values: [
        { name: "3", data: "wsman/b" },
        { name: "1", data: "TERMSRV/*" },
      ],
    });
    assert.deepEqual(facts.local.AllowFreshCredentials, {
      switch: 1,
      concatenate: null,
      values: [{ name: "1", data: "wsman/a" }],
    });
  });

  for (const policy of policyNames)
    it(`reads ${policy} of all three stores, and takes it for no other`, () => {
      const isList = listKeyOf(policy) !== null;
      const state = {
        switch: 0,
        concatenate: isList ? 1 : null,
        values: isList ? [{ name: "1", data: "wsman/a" }] : [],
      };
      const { values, concatenate } = state;
      const pol = base64(
        changeRegistryPol(null, policy, {
          add: values,
          remove: [],
          switch: 0,
          concatenate,
        }),
      );
      const live = rawPolicies({ [policy]: state });
      const facts = factsOf({ live, registryPol: pol, archive: pol });
      const blank = factsOf();
      for (const store of ["live", "local", "applied"] as const)
        assert.deepEqual(facts[store], { ...blank[store], [policy]: state });
    });

  it("says where a Registry.pol stops making sense", () => {
    const facts = factsOf({ registryPol: base64("PReg, but not really") });
    assert.match(facts.localUnreadable ?? "", /byte \d+/);
    assert.deepEqual(facts.local.AllowFreshCredentials.values, []);
  });

  it("knows why local policy cannot reach HKLM", () => {
    const computer = rawObservation()["computer"] as object;
    const off = (more: Readonly<Record<string, unknown>>) =>
      factsOf(more).localPolicyOff;
    assert.equal(off({ localPolicyDisabled: 1 }), "disabledByPolicy");
    assert.equal(off({ localPolicyDisabled: 0 }), null);
    for (const edition of ["Core", "CoreSingleLanguage"])
      assert.equal(off({ computer: { ...computer, edition } }), "homeEdition");
    const gptIni = base64("[General]\r\nOptions=2\r\n");
    assert.equal(off({ gptIni }), "machineHalfDisabled");
  });

  it("refuses an observation of another shape, naming the place", () => {
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{ elevated: "yes" }, /observation\.elevated/],
      [{ client: null }, /observation\.client/],
      [{ live: {} }, /observation\.live/],
      [{ live: [] }, /observation\.live/],
      [{ live: rawPolicies().slice(1) }, /observation\.live/],
      [{ rsop: undefined }, /observation\.rsop/],
      [{ rsop: [] }, /observation\.rsop/],
      [{ fingerprint: { roles: "r" } }, /observation\.fingerprint\.live/],
      [{ ledger: undefined }, /observation\.ledger/],
    ];
    for (const [more, place] of wrong)
      assert.throws(
        () => factsOf(more as Record<string, unknown>),
        (error) => error instanceof ShapeError && place.test(error.message),
      );
    assert.throws(() => readObservation([]), ShapeError);
  });
});
