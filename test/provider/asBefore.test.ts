import fc from "fast-check";
import assert from "node:assert/strict";
import { allow, putList } from "../../providers/host/simulated/hands";
import { policyPass } from "../../providers/host/simulated/policyPass";
import type { HostState } from "../../providers/host/simulated/state";
import type { PolicyState, ListValue } from "../../providers/model/facts";
import { factsOf } from "../../providers/host/simulated/observe";
import { essence, makeWorld } from "./world";

const host = "orch01.do.local";
const common = { host, connection: { transport: "simulated" } };
const dword = fc.constantFrom(null, 0, 1);

/** Entries as people leave them: gaps, names that are no numbers, duplicates that differ in case. */
const someValues = (names: readonly string[]): fc.Arbitrary<ListValue[]> =>
  fc.uniqueArray(
    fc.record({
      name: fc.constantFrom(...names),
      data: fc.constantFrom(
        "TERMSRV/jump01",
        "WSMAN/backup.corp.example",
        "wsman/a.do.local",
        "WSMAN/A.do.local",
        "*",
      ),
    }),
    { selector: (value) => value.name, maxLength: 4 },
  );

const start = fc.record({
  local: fc.record({
    switch: dword,
    concatenate: dword,
    values: someValues(["1", "2", "3", "7", "x"]),
  }),
  liveOnly: someValues(["4", "5", "9", "y"]),
  client: fc.boolean(),
  service: fc.boolean(),
  faults: fc.constantFrom(
    {},
    { crashEnableClient: true },
    { openEditors: true },
  ),
});

const names = fc.subarray(["a.do.local", "b.do.local", "*.corp.example"], {
  minLength: 1,
});
const action = fc.oneof(
  fc.record({ what: fc.constant("client" as const), names }),
  fc.record({ what: fc.constant("policy" as const), names }),
  fc.record({ what: fc.constant("server" as const) }),
  fc.record({
    what: fc.constant("destroy" as const),
    which: fc.constantFrom("client", "policy", "server"),
  }),
  fc.record({ what: fc.constant("refresh" as const) }),
  fc.record({ what: fc.constant("policy pass" as const) }),
  fc.record({
    what: fc.constant("somebody adds" as const),
    data: fc.constantFrom("TERMSRV/new01", "HOST/new02"),
  }),
);

function begin(
  state: HostState,
  given: { local: PolicyState; liveOnly: readonly ListValue[] } & {
    client: boolean;
    service: boolean;
    faults: HostState["faults"];
  },
): HostState {
  const passed = policyPass(
    putList(state, "local", "AllowFreshCredentials", given.local),
  );
  const { values } = factsOf(passed).live.AllowFreshCredentials;
  const both = putList(passed, "live", "AllowFreshCredentials", {
    values: [...values, ...given.liveOnly],
  });
  const winrm = {
    ...both.winrm,
    clientCredSSP: given.client,
    serviceCredSSP: given.service,
  };
  return { ...both, winrm, faults: given.faults };
}

describe("a host on which everything was destroyed", () => {
  it("is as before, with what others did in between, whatever happened on it", async () => {
    await fc.assert(
      fc.asyncProperty(
        start,
        fc.array(action, { maxLength: 10 }),
        async (given, actions) => {
          const world = makeWorld(host);
          const control = makeWorld(host);
          const everywhere = (
            change: (state: HostState) => HostState,
          ): void => {
            world.fleet.edit(host, change);
            control.fleet.edit(host, change);
          };
          everywhere((state) => begin(state, given));
          const resources = {
            client: world.client(),
            policy: world.policy(),
            server: world.server(),
          };
          const up = async (
            which: keyof typeof resources,
            args: object,
          ): Promise<void> => {
            const it = resources[which];
            if (Object.keys(it.outputs).length === 0)
              await it.create({ ...common, ...args });
            else await it.up({ ...common, ...args });
            const done = world.said.steps.length;
            await it.refresh();
            assert.equal(await it.up({ ...common, ...args }), "unchanged");
            assert.equal(world.said.steps.length, done);
          };
          for (const one of actions) {
            if (one.what === "client")
              await up("client", { delegateComputers: one.names });
            else if (one.what === "policy") {
              await up("policy", {
                policy: "AllowFreshCredentials",
                targets: one.names.map((name) => `WSMAN/${name}`),
              });
            } else if (one.what === "server") await up("server", {});
            else if (one.what === "policy pass") everywhere(policyPass);
            else if (one.what === "somebody adds")
              everywhere((state) =>
                allow(state, "AllowFreshCredentials", [one.data]),
              );
            else if (one.what === "refresh") {
              for (const it of Object.values(resources)) {
                if (Object.keys(it.outputs).length > 0) await it.refresh();
              }
            } else {
              const it = resources[one.which];
              if (Object.keys(it.outputs).length > 0) await it.destroy();
            }
          }
          for (const it of Object.values(resources)) {
            if (Object.keys(it.outputs).length > 0) await it.destroy();
          }
          assert.deepEqual(
            essence(world.fleet, host),
            essence(control.fleet, host),
          );
        },
      ),
      { numRuns: Number(process.env["CREDSSP_TEST_RUNS"] ?? 300) },
    );
  });
});
