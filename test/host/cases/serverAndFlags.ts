import assert from "node:assert/strict";
import type { Step } from "../../../providers/model/steps";
import type { Case } from "../contract";
import {
  applyNow,
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

/** ERROR_WSMAN_CONFIG_CANNOT_CHANGE_GPO_CONTROLLED_SETTING, as a WSManFault gives it. */
const controlledByPolicy = 2150858890;

/** The steps that switch a role, but for the client cmdlets' work on the list. */
export function serverAndFlags(on: Case): void {
  on(
    "switches the server role on and off by the cmdlets, each twice",
    ["enableServer", "disableServer"],
    async (bench) => {
      const host = bench.connect();
      const before = withoutHashes(await host.observe());
      const enabled = await twice(host, [{ kind: "enableServer" }]);
      assert.deepEqual(withoutHashes(enabled), {
        ...before,
        service: { on: true, source: "local" },
      });
      const disabled = await twice(host, [{ kind: "disableServer" }]);
      assert.deepEqual(withoutHashes(disabled), before);
    },
  );

  on(
    "switches the client's flag on and off and leaves the lists alone, each twice",
    ["setClientAuth", "list"],
    async (bench) => {
      const values = numbered("wsman/a.do.local", "TERMSRV/*");
      await bench.edit(given("live", values), given("local", values));
      const host = bench.connect();
      const before = withoutHashes(await host.observe());
      const switchedOn = await twice(host, [
        { kind: "setClientAuth", on: true },
      ]);
      assert.deepEqual(withoutHashes(switchedOn), {
        ...before,
        client: { on: true, source: "local" },
      });
      const switchedOff = await twice(host, [
        { kind: "setClientAuth", on: false },
      ]);
      assert.deepEqual(withoutHashes(switchedOff), before);
    },
  );

  const controlled: readonly (readonly [Step, "client" | "service"])[] = [
    [{ kind: "enableServer" }, "service"],
    [{ kind: "disableServer" }, "service"],
    [{ kind: "setClientAuth", on: true }, "client"],
    [{ kind: "enableClient", names: ["a.do.local"] }, "client"],
    [{ kind: "disableClient" }, "client"],
  ];
  for (const [step, role] of controlled)
    for (const value of [0, 1] as const)
      on(
        `${step.kind} fails with WinRM's own code when policy sets the flag to ${value}`,
        [step.kind, "winrmPolicy"],
        async (bench) => {
          await bench.edit({ kind: "winrmPolicy", role, value });
          const host = bench.connect();
          const before = withoutHashes(await host.observe());
          const { failure, facts } = await failed(host, [step]);
          assert.equal(failure.step, step.kind);
          assert.equal(failure.faultCode, controlledByPolicy);
          assert.notEqual(failure.message, "");
          assert.doesNotMatch(failure.message, /[\r\n]/);
          assert.deepEqual(withoutHashes(facts), before);
        },
      );

  const needElevation: readonly Step[] = [
    { kind: "writeLedger", text: "{}" },
    { kind: "enableServer" },
    { kind: "disableServer" },
    { kind: "enableClient", names: ["a.do.local"] },
    { kind: "disableClient" },
    { kind: "setClientAuth", on: true },
    {
      kind: "writePolicy",
      policy,
      local: { ...nothing, switch: 1 },
      live: { ...nothing, switch: 1 },
    },
  ];
  for (const step of needElevation)
    on(
      `${step.kind} fails without elevation and changes nothing`,
      [step.kind, "elevated", "list"],
      async (bench) => {
        const values = numbered("wsman/a.do.local");
        await bench.edit(given("live", values), given("local", values), {
          kind: "elevated",
          on: false,
        });
        const host = bench.connect();
        const before = await host.observe();
        const applied = await applyNow(host, [step]);
        assert.ok(applied.outcome === "failed", JSON.stringify(applied));
        assert.equal(applied.failure.step, step.kind);
        assert.deepEqual(applied.facts, before);
        expectList(applied.facts, "live", onList(values));
      },
    );
}
