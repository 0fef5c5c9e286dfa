import assert from "node:assert/strict";
import {
  readObservation,
  ShapeError,
} from "../../../providers/host/powershell/observation";
import { changeRegistryPol } from "../../../providers/model/registryPol";
import { rawObservation } from "./rawObservation";

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
    [{ configured: 0, value: "true" }, true, "local"],
    [{ configured: 1, value: "false" }, false, "local"],
    [{ configured: 1, policy: 0 }, false, "policy"],
    [{ configured: 0, policy: 1 }, true, "policy"],
    [{ configured: 0, value: "true", source: "GPO" }, true, "policy"],
    [{ configured: 1, value: "false", source: "GPO" }, false, "policy"],
    [{ configured: 1, value: null, source: null }, true, "local"],
  ] as const;
  for (const [read, on, source] of flags)
    it(`takes ${JSON.stringify(read)} for a flag that is ${on ? "on" : "off"} by ${source}`, () => {
      const role = {
        configured: null,
        policy: null,
        value: "false",
        source: "",
      };
      const { client } = factsOf({ client: { ...role, ...read } });
      assert.deepEqual(client, { on, source });
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
      live: [
        { policy: "AllowFreshCredentials", switch: 1, concatenate: 0, values },
      ],
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
