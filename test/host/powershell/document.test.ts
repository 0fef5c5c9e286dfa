import assert from "node:assert/strict";
import {
  applyDocument,
  observeDocument,
} from "../../../providers/host/powershell/document";
import { noPolicies } from "../../../providers/model/facts";
import {
  listKeyOf,
  policyNames,
  policyOf,
} from "../../../providers/model/policies";
import {
  decodeRegistryPol,
  policiesOf,
} from "../../../providers/model/registryPol";
import type { Batch, Step } from "../../../providers/model/steps";

const policy = "AllowFreshCredentials";
const fingerprint = { roles: "r", live: "v", local: "l", ledger: "g" };
const none = { registryPol: null, gptIni: null };
const writing = (...names: string[]): Step => {
  const add = names.map((name) => ({ name, data: `wsman/${name}` }));
  const change = { add, remove: [] };
  return { kind: "writePolicy", policy, local: change, live: change };
};

interface WiredList {
  readonly files: readonly {
    readonly file: string;
    readonly before: string;
    readonly content: string;
  }[];
  readonly refused: string | null;
  readonly key: string;
  readonly list: string | null;
  readonly add: readonly object[];
  readonly numbers: readonly object[];
}

const stepsOf = (batch: Batch, files: Parameters<typeof applyDocument>[2]) =>
  (
    JSON.parse(applyDocument(batch, fingerprint, files, 60)) as {
      steps: readonly WiredList[];
    }
  ).steps;

function contentOf(step: WiredList | undefined, file: number): Uint8Array {
  return Buffer.from(step?.files[file]?.content ?? "", "base64");
}

describe("The document for a host", () => {
  it("names the keys and the policies, so that the scripts know none", () => {
    const document = JSON.parse(observeDocument()) as Record<string, unknown>;
    assert.equal(document["operation"], "observe");
    const policies = document["policies"] as readonly { name: string }[];
    assert.deepEqual(
      policies.map(({ name }) => name),
      policyNames,
    );
    const software = "Software\\Policies\\Microsoft\\Windows";
    const named = (name: string) => policies.find((one) => one.name === name);
    assert.deepEqual(named(policy), {
      name: policy,
      key: `${software}\\CredentialsDelegation`,
      switch: policy,
      concatenate: "ConcatenateDefaults_AllowFresh",
      list: policy,
    });
    assert.deepEqual(named("WinRMClientAllowCredSSP"), {
      name: "WinRMClientAllowCredSSP",
      key: `${software}\\WinRM\\Client`,
      switch: "AllowCredSSP",
      concatenate: null,
      list: null,
    });
  });

  it("puts every text behind an equals sign, so that none is taken for a date", () => {
    const [ledger, enable] = stepsOf(
      [
        { kind: "writeLedger", text: "2020-01-01T00:00:00Z" },
        { kind: "enableClient", names: ["a"] },
      ],
      none,
    );
    assert.deepEqual(ledger, {
      kind: "writeLedger",
      text: "=2020-01-01T00:00:00Z",
    });
    assert.deepEqual(enable, { kind: "enableClient", names: ["=a"] });
  });

  it("makes the files of each step from those of the step before", () => {
    const [first, second] = stepsOf([writing("1"), writing("2")], none);
    assert.deepEqual(
      first?.files.map(({ file, before }) => [file, before]),
      [
        ["registryPol", ""],
        ["gptIni", ""],
      ],
    );
    assert.match(second?.files[0]?.before ?? "", /^[0-9a-f]{64}$/);
    const bytes = contentOf(second, 0);
    assert.deepEqual(
      policiesOf(decodeRegistryPol(bytes))[policy].values.map((v) => v.name),
      ["1", "2"],
    );
  });

  it("sends no file that stays as it is", () => {
    const [first] = stepsOf([writing("1")], none);
    const registryPol = contentOf(first, 0);
    const gptIni = contentOf(first, 1);
    const [again] = stepsOf([writing("1")], { registryPol, gptIni });
    assert.deepEqual(again?.files, []);
    const [nothing] = stepsOf([writing()], none);
    assert.deepEqual(nothing?.files, []);
  });

  it("adds the gpt.ini that a run which died left out", () => {
    const [first] = stepsOf([writing("1")], none);
    const registryPol = contentOf(first, 0);
    const [again] = stepsOf([writing("1")], { registryPol, gptIni: null });
    assert.deepEqual(
      again?.files.map(({ file }) => file),
      ["gptIni"],
    );
  });

  it("lets a step fail on the host at its turn when local policy cannot be changed", () => {
    const [, damaged] = stepsOf([{ kind: "enableServer" }, writing("1")], {
      registryPol: Buffer.from("damaged"),
      gptIni: null,
    });
    assert.deepEqual(damaged?.files, []);
    assert.match(damaged.refused ?? "", /^=local policy .*byte \d+/);
  });

  it("sets the concatenate before the switch and leaves out what is not to be touched", () => {
    const change = { add: [], remove: [] };
    const [step] = stepsOf(
      [
        {
          kind: "writePolicy",
          policy,
          local: change,
          live: { ...change, switch: 1, concatenate: null },
        },
      ],
      none,
    );
    assert.deepEqual(step?.numbers, [
      { name: "ConcatenateDefaults_AllowFresh", value: null },
      { name: policy, value: 1 },
    ]);
    assert.deepEqual(stepsOf([writing()], none)[0]?.numbers, []);
  });

  for (const name of policyNames)
    it(`writes ${name} into its own key of HKLM and into local policy`, () => {
      const { key, switch: enabled, concatenate } = policyOf(name);
      const add =
        listKeyOf(name) === null ? [] : [{ name: "1", data: "wsman/a" }];
      const change = { add, remove: [], switch: 1, concatenate: 0 };
      const [step] = stepsOf(
        [{ kind: "writePolicy", policy: name, local: change, live: change }],
        none,
      );
      assert.deepEqual(
        { key: step?.key, list: step?.list, add: step?.add },
        {
          key,
          list: listKeyOf(name),
          add: add.map(() => ({ name: "=1", data: "=wsman/a" })),
        },
      );
      assert.deepEqual(step?.numbers, [
        ...(concatenate === null ? [] : [{ name: concatenate, value: 0 }]),
        { name: enabled, value: 1 },
      ]);
      assert.deepEqual(policiesOf(decodeRegistryPol(contentOf(step, 0))), {
        ...noPolicies,
        [name]: {
          switch: 1,
          concatenate: concatenate === null ? null : 0,
          values: add,
        },
      });
    });

  it("refuses to write values where a policy is no list, and sends no file", () => {
    const none = { add: [], remove: [] };
    const stray = { add: [{ name: "1", data: "wsman/a" }], remove: [] };
    for (const [local, live] of [
      [stray, none],
      [none, stray],
    ] as const) {
      const name = "WinRMServiceAllowCredSSP";
      const [step] = stepsOf(
        [{ kind: "writePolicy", policy: name, local, live }],
        { registryPol: null, gptIni: null },
      );
      assert.match(step?.refused ?? "", /WinRMServiceAllowCredSSP has no list/);
      assert.deepEqual(step?.files, []);
    }
  });

  it("sends a step that needs nothing of us as it is", () => {
    const start = { kind: "startService" } as const;
    assert.deepEqual(stepsOf([start], none), [start]);
  });
});
