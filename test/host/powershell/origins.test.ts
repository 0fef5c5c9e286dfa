import assert from "node:assert/strict";
import type { HostFacts, Origins } from "../../../providers/model/facts";
import {
  readObservation,
  ShapeError,
} from "../../../providers/host/powershell/observation";
import type { LoggedSetting } from "../../../providers/host/powershell/origins";
import {
  delegationKey,
  listKeyOf,
  policyNames,
  policyOf,
} from "../../../providers/model/policies";
import {
  encodeRegistryPol,
  polEntry,
  regDword,
  regSz,
} from "../../../providers/model/registryPol";
import { rawObservation } from "./rawObservation";

const policy = "AllowFreshCredentials";
const concatenate = "ConcatenateDefaults_AllowFresh";
const list = `${delegationKey}\\${policy}`;
const local = "LocalGPO";
const path = (guid: string): string =>
  `cn={${guid}},cn=policies,cn=system,DC=do,DC=local`;
const [baseline, other] = [
  path("31B2F340-016D-11D2-945F-00C04FB984F9"),
  path("6AC1786C-016F-11D2-945F-00C04FB984F9"),
];
const objects = [
  { id: local, name: "Local Group Policy" },
  { id: baseline, name: "Server baseline" },
  { id: other, name: "Jump hosts" },
];

/** A value that was set, as RSoP logs it: the baseline set value 1 of the list, unless told otherwise. */
function logged(more: Partial<LoggedSetting> = {}): LoggedSetting {
  return {
    key: list,
    name: "1",
    object: baseline,
    precedence: 1,
    deleted: false,
    command: "",
    data: "",
    ...more,
  };
}

/** An instruction, as RSoP logs it. */
function instructed(command: string, more: Partial<LoggedSetting> = {}) {
  return logged({ name: command, command, deleted: true, ...more });
}

/** An archive that holds these values: numbers in the policies' keys, texts in the lists'. */
function archiveOf(...values: readonly (readonly [string, string])[]): string {
  const entries = values.map(([key, name]) =>
    /CredentialsDelegation\\/i.test(key)
      ? polEntry(key, name, regSz, Buffer.from("wsman/x\0", "utf16le"))
      : polEntry(key, name, regDword, Uint8Array.of(1, 0, 0, 0)),
  );
  return Buffer.from(encodeRegistryPol(entries)).toString("base64");
}

type Seen = Pick<HostFacts, "applied" | "origins">;

function seen(more: Readonly<Record<string, unknown>>): Seen {
  return readObservation(rawObservation(more)).facts;
}

/** What is concluded of these settings, which the archive holds too where they were applied. */
function concluded(...settings: readonly LoggedSetting[]): Seen {
  const applied = settings.filter((s) => s.precedence === 1 && !s.deleted);
  const archive = archiveOf(...applied.map((s) => [s.key, s.name] as const));
  return seen({ archive, rsop: { settings, objects } });
}

const originsOf = (...settings: readonly LoggedSetting[]): Origins | null =>
  concluded(...settings).origins;
const isEmptied = (...settings: readonly LoggedSetting[]): boolean =>
  concluded(...settings).applied[policy].clearsFirst === true;

describe("The domain's say in a host's policies", () => {
  it("names the policy object behind the switch, the concatenate and each value", () => {
    const origins = originsOf(
      logged({ key: delegationKey, name: policy }),
      logged({ key: delegationKey, name: concatenate, object: other }),
      logged(),
      logged({ name: "Name", object: other }),
    );
    assert.deepEqual(origins, {
      [policy]: {
        switch: "Server baseline",
        concatenate: "Jump hosts",
        values: { "1": "Server baseline", name: "Jump hosts" },
      },
    });
  });

  for (const name of policyNames)
    it(`names it for ${name}, and for no other policy`, () => {
      const { key, switch: enabled } = policyOf(name);
      const { [name]: origin, ...others } =
        originsOf(logged({ key, name: enabled })) ?? {};
      assert.deepEqual(origin, { switch: "Server baseline", values: {} });
      assert.deepEqual(others, {});
      const values = listKeyOf(name);
      if (values === null) return;
      assert.deepEqual(originsOf(logged({ key: values })), {
        [name]: { values: { "1": "Server baseline" } },
      });
    });

  it("leaves out what local policy set, what lost, and what was deleted", () => {
    const origins = originsOf(
      logged({ object: local }),
      logged({ name: "2" }),
      logged({ name: "2", object: other, precedence: 2 }),
      logged({ name: "3", object: local, precedence: 2 }),
      instructed("**del.3", { name: "3" }),
    );
    assert.deepEqual(origins, {
      [policy]: { values: { "2": "Server baseline" } },
    });
    assert.deepEqual(originsOf(logged({ object: "localgpo" })), {});
  });

  it("compares keys, names and ids without case", () => {
    const settings = [
      logged({ key: list.toUpperCase(), object: baseline.toUpperCase() }),
    ];
    const rsop = { settings, objects };
    assert.deepEqual(seen({ archive: archiveOf([list, "1"]), rsop }).origins, {
      [policy]: { values: { "1": "Server baseline" } },
    });
  });

  it("names an object without a display name by its path", () => {
    const rsop = { settings: [logged()], objects: [] };
    assert.deepEqual(seen({ archive: archiveOf([list, "1"]), rsop }).origins, {
      [policy]: { values: { "1": baseline } },
    });
  });

  it("is none where policy processing applied nothing of ours", () => {
    for (const archive of [null, archiveOf(), archiveOf(["Software\\X", "y"])])
      assert.deepEqual(seen({ archive }).origins, {});
  });

  const unknown: readonly (readonly [string, Record<string, unknown>])[] = [
    ["RSoP did not answer", { archive: archiveOf([list, "1"]) }],
    [
      "RSoP logged nothing",
      {
        archive: archiveOf([list, "1"]),
        rsop: { settings: [], objects: [] },
      },
    ],
    [
      "RSoP's log is of another pass: it lacks a value",
      {
        archive: archiveOf([list, "1"], [list, "2"]),
        rsop: { settings: [logged(), instructed("**delvals.")], objects },
      },
    ],
    [
      "RSoP's log is of another pass: it lacks a DWORD",
      {
        archive: archiveOf([delegationKey, concatenate]),
        rsop: { settings: [logged()], objects },
      },
    ],
    [
      "RSoP names an object of a kind nobody knows",
      {
        archive: archiveOf([list, "1"]),
        rsop: { settings: [logged({ object: "MDM" })], objects },
      },
    ],
    [
      "the archive cannot be read",
      {
        archive: Buffer.from("damaged").toString("base64"),
        rsop: { settings: [logged()], objects },
      },
    ],
    ["the session is not elevated", { elevated: false }],
  ];
  for (const [why, more] of unknown)
    it(`is not known where ${why}`, () => {
      const { origins, applied } = seen(more);
      assert.equal(origins, null);
      assert.equal(applied[policy].clearsFirst, undefined);
    });
});

describe("A list that policy processing emptied first", () => {
  const emptying: readonly (readonly [string, LoggedSetting])[] = [
    ["**delvals.", instructed("**delvals.")],
    ["**DelVals, whatever its case", instructed("**DELVALS")],
    ["an instruction that only the name tells", logged({ name: "**delvals." })],
    [
      "**DeleteKeys with the list among others",
      instructed("**DeleteKeys", { key: delegationKey, data: `x; ${policy}` }),
    ],
    [
      "**DeleteKeys with a key above it",
      instructed("**DeleteKeys", {
        key: "Software\\Policies\\Microsoft\\Windows",
        data: "CredentialsDelegation",
      }),
    ],
    ["the deletion of its key", logged({ name: "", deleted: true })],
    ["an instruction that lost", instructed("**delvals.", { precedence: 3 })],
  ];
  for (const [what, setting] of emptying)
    it(`is known by ${what}, and by whom`, () => {
      assert.ok(isEmptied(setting));
      assert.deepEqual(originsOf(setting)?.[policy], {
        values: {},
        clearsFirst: "Server baseline",
      });
    });

  const harmless: readonly (readonly [string, LoggedSetting])[] = [
    ["a value", logged()],
    ["the deletion of one value", instructed("**del.1", { name: "1" })],
    ["the deletion of some", instructed("**DeleteValues", { name: "1" })],
    [
      "the same in another list",
      instructed("**delvals.", { key: `${list}WhenNTLMOnly` }),
    ],
    ["the same a key above", instructed("**delvals.", { key: delegationKey })],
    [
      "the deletion of another key",
      instructed("**DeleteKeys", { key: delegationKey, data: "AllowFresh" }),
    ],
    ["an instruction about rights", instructed("**SecureKey")],
  ];
  for (const [what, setting] of harmless)
    it(`is not to be had by ${what}`, () => {
      assert.equal(isEmptied(setting), false);
    });

  it("is known too when local policy did it, which is no say of the domain", () => {
    const setting = instructed("**delvals.", { object: local });
    assert.ok(isEmptied(setting));
    assert.deepEqual(originsOf(setting), {});
  });

  it("is told of the object that came last", () => {
    const origins = originsOf(
      instructed("**delvals.", { precedence: 2 }),
      instructed("**delvals.", { object: other }),
    );
    assert.equal(origins?.[policy]?.clearsFirst, "Jump hosts");
  });

  it("keeps the archive's own word when RSoP says nothing", () => {
    const entries = [
      polEntry(list, "**delvals.", regSz, Buffer.from(" \0", "utf16le")),
    ];
    const archive = Buffer.from(encodeRegistryPol(entries)).toString("base64");
    assert.equal(seen({ archive }).applied[policy].clearsFirst, true);
    assert.equal(seen({ archive }).origins, null);
  });

  it("says nothing of a policy that is no list", () => {
    const settings = (["client", "service"] as const).map(() =>
      instructed("**delvals.", {
        key: policyOf("WinRMClientAllowCredSSP").key,
      }),
    );
    const { applied, origins } = concluded(...settings);
    assert.equal(applied.WinRMClientAllowCredSSP.clearsFirst, undefined);
    assert.deepEqual(origins, {});
  });
});

describe("An answer of RSoP in another shape", () => {
  const without = (name: keyof LoggedSetting): object => {
    const { [name]: _, ...rest } = logged();
    return rest;
  };
  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ["a text", "none", /rsop is not an object/],
    ["no settings", { objects }, /rsop\.settings/],
    ["no objects", { settings: [] }, /rsop\.objects/],
    [
      "an object in a list's place",
      { settings: {}, objects },
      /rsop\.settings/,
    ],
    [
      "an object without a name",
      { settings: [], objects: [{ id: local }] },
      /rsop\.objects\[0\]\.name/,
    ],
    [
      "a precedence that is a text",
      { settings: [{ ...logged(), precedence: "1" }], objects },
      /rsop\.settings\[0\]\.precedence/,
    ],
    ...Object.keys(logged()).map((name): readonly [string, unknown, RegExp] => [
      `a setting without its ${name}`,
      { settings: [logged(), without(name as keyof LoggedSetting)], objects },
      new RegExp(`rsop\\.settings\\[1\\]\\.${name}`),
    ]),
  ];
  for (const [what, rsop, place] of wrong)
    it(`is refused: ${what}`, () => {
      assert.throws(
        () => seen({ rsop }),
        (error) => error instanceof ShapeError && place.test(error.message),
      );
    });

  it("is refused without elevation too", () => {
    assert.throws(() => seen({ rsop: {}, elevated: false }), ShapeError);
  });
});
