import assert from "node:assert/strict";
import {
  beginDisableClient,
  beginEnableClient,
} from "../../../providers/host/simulated/cmdlets";
import {
  allow,
  putList,
  revoke,
} from "../../../providers/host/simulated/hands";
import {
  localPolicyOff,
  replaceRegistryPol,
  withExtension,
} from "../../../providers/host/simulated/localPolicy";
import { factsOf } from "../../../providers/host/simulated/observe";
import {
  policyPass,
  settle,
} from "../../../providers/host/simulated/policyPass";
import { setValue } from "../../../providers/host/simulated/registry";
import { freshHost } from "../../../providers/host/simulated/state";
import type { HostState } from "../../../providers/host/simulated/state";
import { numbered, policy } from "../cases/expectations";

const fresh = freshHost("app01.do.local");
const start = Date.UTC(2026, 0, 1);
const live = (state: HostState) => factsOf(state).live[policy];

/** A host on which Registry.pol holds one key with these values. */
const holding = (
  state: HostState,
  values: Readonly<Record<string, number | string>>,
): HostState => replaceRegistryPol(state, { "Software\\K": values });

describe("policy processing on a simulated host", () => {
  it("brings a cmdlet's save to HKLM when it is due, and not before", () => {
    const { state } = beginEnableClient(fresh, ["a.do.local"], start);
    assert.deepEqual(live(settle(state, start + 149)).values, []);
    const settled = settle(state, start + 150);
    assert.deepEqual(live(settled).values, numbered("wsman/a.do.local"));
    assert.equal(settled.policyPassDue, null);
    assert.equal(settle(settled, start + 9_999), settled);
  });

  it("takes out of HKLM what it wrote last and local policy holds no more, and nothing else", () => {
    const written = policyPass(holding(fresh, { a: 1, b: 2 }));
    const direct = {
      ...written,
      hklm: setValue(written.hklm, "Software\\K", "direct", "theirs"),
    };
    const passed = policyPass(holding(direct, { b: 3 }));
    assert.deepEqual(passed.hklm, {
      "Software\\K": { direct: "theirs", b: 3 },
    });
    assert.deepEqual(passed.applied, { "Software\\K": { b: 3 } });
  });

  it("carries out what Registry.pol says about values to delete, before it writes", () => {
    const before = policyPass(holding(fresh, {}));
    const theirs = {
      ...before,
      hklm: { "Software\\K": { old: 1, Gone: 2, kept: 3 } },
    };
    const one = policyPass(holding(theirs, { "**del.gone": " ", new: 4 }));
    assert.deepEqual(one.hklm, { "Software\\K": { old: 1, kept: 3, new: 4 } });
    assert.deepEqual(one.applied, { "Software\\K": { new: 4 } });
    const all = policyPass(holding(theirs, { "**DelVals.": " ", new: 4 }));
    assert.deepEqual(all.hklm, { "Software\\K": { new: 4 } });
  });

  const off: readonly (readonly [string, HostState])[] = [
    [
      "disabledByPolicy",
      {
        ...fresh,
        hklm: setValue(
          {},
          "SOFTWARE\\Policies\\Microsoft\\Windows\\System",
          "DisableLGPOProcessing",
          1,
        ),
      },
    ],
    [
      "homeEdition",
      { ...fresh, computer: { ...fresh.computer, edition: "Core" } },
    ],
    [
      "machineHalfDisabled",
      {
        ...fresh,
        localPolicy: {
          machineVersion: 1,
          userVersion: 0,
          extensions: "",
          machineDisabled: true,
          registryPol: {},
        },
      },
    ],
  ];
  for (const [reason, state] of off)
    it(`does nothing where local policy is off (${reason}), and the facts say why`, () => {
      const held = holding(state, { a: 1 });
      assert.equal(localPolicyOff(held), reason);
      assert.equal(factsOf(held).localPolicyOff, reason);
      assert.deepEqual(policyPass(held).hklm, held.hklm);
    });

  it("raises gpt.ini's machine version with every save and names who saved", () => {
    const enabled = beginEnableClient(fresh, ["a"], start).state;
    const disabled = beginDisableClient(enabled, start).state;
    assert.equal(disabled.localPolicy?.machineVersion, 2);
    assert.equal(disabled.localPolicy.userVersion, 0);
    assert.equal(
      disabled.localPolicy.extensions,
      "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{6AD20875-336C-4E22-968F-C709ACB15814}{7A9206BD-33AF-47AF-B832-D4128730E990}]",
    );
  });

  it("keeps others' extensions in gpt.ini, sorted, each pair in its own brackets", () => {
    assert.equal(
      withExtension("[{F0}{02}][{10}{01}]", "{AA}", "{03}"),
      "[{10}{01}][{AA}{03}][{F0}{02}]",
    );
    assert.equal(withExtension("[{AA}{03}]", "{AA}", "{03}"), "[{AA}{03}]");
  });

  it("lets the version's half begin again at 1", () => {
    const state: HostState = {
      ...fresh,
      localPolicy: {
        machineVersion: 0xffff,
        userVersion: 7,
        extensions: "",
        machineDisabled: false,
        registryPol: {},
      },
    };
    const next = beginEnableClient(state, ["a"], start).state.localPolicy;
    assert.equal(next?.machineVersion, 1);
    assert.equal(next.userVersion, 7);
  });
});

describe("other people's hands on a simulated host", () => {
  it("allow an entry under a free number in local policy and HKLM, once", () => {
    const direct = putList(fresh, "live", policy, {
      values: [{ name: "4", data: "wsman/direct" }],
    });
    const allowed = allow(direct, policy, ["TERMSRV/*"]);
    assert.deepEqual(live(allowed), {
      switch: 1,
      concatenate: 1,
      values: [
        { name: "4", data: "wsman/direct" },
        { name: "5", data: "TERMSRV/*" },
      ],
    });
    assert.equal(allow(allowed, policy, ["termsrv/*"]), allowed);
  });

  it("revoke an entry in both stores, and the list with the last of them", () => {
    const allowed = allow(fresh, policy, ["wsman/a", "wsman/b"]);
    const one = revoke(allowed, policy, ["WSMAN/A"]);
    assert.deepEqual(live(one).values, [{ name: "2", data: "wsman/b" }]);
    assert.equal(live(one).switch, 1);
    const none = revoke(one, policy, ["wsman/b"]);
    assert.deepEqual(live(none), live(fresh));
    assert.deepEqual(factsOf(none).local, factsOf(fresh).local);
  });

  it("revoke an entry that only HKLM holds", () => {
    const direct = putList(fresh, "live", policy, {
      values: numbered("wsman/direct", "wsman/other"),
    });
    assert.deepEqual(live(revoke(direct, policy, ["wsman/direct"])).values, [
      { name: "2", data: "wsman/other" },
    ]);
  });
});
