import assert from "node:assert/strict";
import type { Case } from "../contract";
import { failed, twice, withoutHashes } from "./expectations";

/** `startService`: WinRM as the service controller has it. */
export function serviceStart(on: Case): void {
  const stopped = [
    ["Automatic", "Automatic"],
    ["Manual", "Manual"],
    ["Disabled", "Automatic"],
  ] as const;
  for (const [startType, after] of stopped)
    on(
      `starts a stopped service whose start type is ${startType}, twice, and leaves that ${after}`,
      ["startService", "service"],
      async (bench) => {
        await bench.edit({ kind: "service", status: "Stopped", startType });
        const host = bench.connect();
        const before = await host.observe();
        assert.deepEqual(before.winrm, { status: "Stopped", startType });
        const facts = await twice(host, [{ kind: "startService" }]);
        assert.deepEqual(withoutHashes(facts), {
          ...withoutHashes(before),
          winrm: { status: "Running", startType: after },
        });
      },
    );

  on("leaves a running service as it is", ["startService"], async (bench) => {
    const host = bench.connect();
    const before = await host.observe();
    assert.deepEqual(await twice(host, [{ kind: "startService" }]), before);
  });

  on(
    "a role fails while the service is stopped, and is switched in the batch that starts it",
    ["startService", "service", "enableServer"],
    async (bench) => {
      await bench.edit({
        kind: "service",
        status: "Stopped",
        startType: "Manual",
      });
      const host = bench.connect();
      const { failure } = await failed(host, [{ kind: "enableServer" }]);
      assert.equal(failure.step, "enableServer");
      const facts = await twice(host, [
        { kind: "startService" },
        { kind: "enableServer" },
      ]);
      assert.deepEqual(facts.service, { on: true, source: "local" });
    },
  );

  on(
    "startService fails without elevation and changes nothing",
    ["startService", "service", "elevated"],
    async (bench) => {
      await bench.edit(
        { kind: "service", status: "Stopped", startType: "Disabled" },
        { kind: "elevated", on: false },
      );
      const host = bench.connect();
      const before = await host.observe();
      const { failure, facts } = await failed(host, [{ kind: "startService" }]);
      assert.equal(failure.step, "startService");
      assert.deepEqual(facts, before);
    },
  );
}
