import assert from "node:assert/strict";
import {
  applyDocument,
  observeDocument,
} from "../../../providers/host/powershell/document";
import {
  decodeRegistryPol,
  listsOf,
} from "../../../providers/model/registryPol";
import type { Batch, Step } from "../../../providers/model/steps";

const policy = "AllowFreshCredentials";
const fingerprint = { roles: "r", live: "v", local: "l", ledger: "g" };
const none = { registryPol: null, gptIni: null };
const writing = (...names: string[]): Step => {
  const add = names.map((name) => ({ name, data: `wsman/${name}` }));
  const change = { add, remove: [] };
  return { kind: "writeList", policy, local: change, live: change };
};

interface WiredList {
  readonly files: readonly {
    readonly file: string;
    readonly before: string;
    readonly content: string;
  }[];
  readonly refused: string | null;
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
    assert.deepEqual(document["policies"], [
      { name: policy, concatenate: "ConcatenateDefaults_AllowFresh" },
    ]);
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
      listsOf(decodeRegistryPol(bytes))[policy].values.map((v) => v.name),
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
          kind: "writeList",
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
});
