import assert from "node:assert/strict";
import { encodeRegistryPol, polEntry } from "../../providers/model/registryPol";
import { delegationKey } from "../../providers/model/policies";
import { bring, stubbornly } from "./bring";
import type { Deed } from "./hands";
import {
  difference,
  freshOf,
  watched,
  type Single,
  type Snapshot,
  type Value,
} from "./snapshot";

const dword = (name: string, data: string): Value => ({
  name,
  type: "DWord",
  data,
});
const [clientFlag] = watched.places;
const flagAt = (data: string | null): Single => ({
  ...clientFlag,
  keyThere: true,
  value: data === null ? null : dword("auth_credssp", data),
});
const winrmService = "SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM\\Service";
const machine: Snapshot = {
  keys: [],
  singles: [flagAt(null)],
  registryPol: null,
  gptIni: null,
  archive: null,
  folders: [""],
  service: { status: "Running", startType: "Manual" },
};
const polOf = (...keys: readonly string[]) =>
  Buffer.from(
    encodeRegistryPol(
      keys.map((key) => polEntry(key, "x", 4, Buffer.from([1, 0, 0, 0]))),
    ),
  ).toString("base64");

describe("what the tests on Windows save and put back", () => {
  it("is nothing to do where nothing differs", () => {
    assert.deepEqual(difference(machine, machine), []);
    assert.deepEqual(difference(machine, freshOf(machine)), []);
  });

  it("takes a new key away with all below it, in one deed", () => {
    const now = {
      ...machine,
      keys: [
        { path: delegationKey, values: [dword("AllowFreshCredentials", "1")] },
        { path: `${delegationKey}\\AllowFreshCredentials`, values: [] },
      ],
    };
    assert.deepEqual(difference(now, machine), [
      { kind: "noKey", path: delegationKey },
    ]);
  });

  it("tells a value by name, type and data, the name without case", () => {
    const held = (...values: readonly Value[]) => ({
      ...machine,
      keys: [{ path: winrmService, values }],
    });
    const wanted = held(dword("AllowBasic", "0"), dword("AllowCredSSP", "1"));
    const now = held(dword("allowbasic", "0"), dword("AllowCredSSP", "0"), {
      ...dword("Other", "1"),
    });
    assert.deepEqual(difference(now, wanted), [
      { kind: "noValue", path: winrmService, name: "Other" },
      { kind: "value", path: winrmService, ...dword("AllowCredSSP", "1") },
    ]);
  });

  it("switches a flag by WinRM, and only then removes a value that was absent", () => {
    const at = (data: string | null) => ({
      ...machine,
      singles: [flagAt(data)],
    });
    assert.deepEqual(difference(at("1"), at(null)), [
      { kind: "flag", role: "client", on: false },
    ]);
    assert.deepEqual(difference(at("0"), at(null)), [
      { kind: "noValue", ...clientFlag },
    ]);
  });

  it("stops the service last, because a flag is set by it", () => {
    const stopped = {
      ...machine,
      service: { status: "Stopped", startType: "Manual" },
    };
    const kinds = (deeds: readonly Deed[]) => deeds.map(({ kind }) => kind);
    const on = { ...machine, singles: [flagAt("1")] };
    assert.deepEqual(kinds(difference(on, stopped)), ["flag", "service"]);
    assert.deepEqual(kinds(difference(stopped, on)), ["service", "flag"]);
  });

  it("makes a machine fresh but for what is others'", () => {
    const fresh = freshOf({
      ...machine,
      keys: [
        { path: delegationKey, values: [] },
        {
          path: winrmService,
          values: [dword("AllowBasic", "0"), dword("AllowCredSSP", "1")],
        },
      ],
      singles: [flagAt("1")],
      registryPol: polOf("Software\\Vendor", delegationKey),
      service: { status: "Stopped", startType: "Disabled" },
    });
    assert.deepEqual(fresh, {
      keys: [{ path: winrmService, values: [dword("AllowBasic", "0")] }],
      singles: [flagAt(null)],
      registryPol: polOf("Software\\Vendor"),
      service: { status: "Running", startType: "Automatic" },
    });
  });

  it("puts back the rest when one thing cannot be put back", async () => {
    let now: Snapshot = { ...machine, singles: [flagAt("1")] };
    const hands = {
      snapshot: async () => now,
      async carryOut([deed]: readonly Deed[]) {
        if (deed?.kind === "pass") throw new Error("no domain controller");
        if (deed?.kind === "flag") now = machine;
      },
    };
    const said: string[] = [];
    const effort = stubbornly(hands, (line) => said.push(line));
    assert.equal(await bring(hands, machine, () => true, effort), machine);
    assert.deepEqual(said, ["a policy pass: no domain controller"]);
  });

  it("says what would not become as it was", async () => {
    const now = { ...machine, singles: [flagAt("1")] };
    const hands = {
      snapshot: async () => now,
      carryOut: async () => undefined,
    };
    await assert.rejects(
      bring(hands, machine, () => false),
      /wanted in vain: the client's CredSSP off/,
    );
  });
});
