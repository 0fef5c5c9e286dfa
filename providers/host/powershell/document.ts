import { createHash } from "node:crypto";
import type { Fingerprint } from "../../model/facts";
import { bumpMachineVersion } from "../../model/gptIni";
import { listKeyOf, policyNames, policyOf } from "../../model/policies";
import { changeRegistryPol } from "../../model/registryPol";
import type { Batch, Step } from "../../model/steps";
import type { LocalFiles } from "./observation";

/** The key of the ledger, as PowerShell's registry drive names it. */
const ledgerKey = "HKLM:\\SOFTWARE\\pulumi-credssp";

/** What every document tells the host's script: what to look at. */
const places = {
  ledgerKey,
  policies: policyNames.map((name) => {
    const { key, switch: enabled, concatenate } = policyOf(name);
    const list = listKeyOf(name) === null ? null : enabled;
    return { name, key, switch: enabled, concatenate, list };
  }),
};

/** The document that asks for an observation. */
export function observeDocument(): string {
  return JSON.stringify({ operation: "observe", ...places });
}

/**
 * The document that asks for a batch. The files of local policy are made here, by the codec,
 * from those that were observed under the same fingerprint.
 */
export function applyDocument(
  batch: Batch,
  expected: Fingerprint,
  files: LocalFiles,
  lockSeconds: number,
): string {
  let now = files;
  const steps = batch.map((step) => {
    const wired = wireStep(step, now);
    now = wired.files;
    return wired.step;
  });
  return JSON.stringify({
    operation: "apply",
    ...places,
    lockSeconds,
    expected,
    steps,
  });
}

interface Wired {
  readonly step: object;
  /** The files once the step is done. */
  readonly files: LocalFiles;
}

function wireStep(step: Step, files: LocalFiles): Wired {
  switch (step.kind) {
    case "writeLedger":
      return { step: { kind: step.kind, text: wireText(step.text) }, files };
    case "enableClient":
      return {
        step: { kind: step.kind, names: step.names.map(wireText) },
        files,
      };
    case "writePolicy":
      return wirePolicy(step, files);
    default:
      return { step, files };
  }
}

function wirePolicy(
  step: Step & { kind: "writePolicy" },
  files: LocalFiles,
): Wired {
  const { policy, local, live } = step;
  const { key, switch: enabled, concatenate } = policyOf(policy);
  const wired = {
    kind: step.kind,
    key,
    list: listKeyOf(policy),
    add: live.add.map(wireValue),
    remove: live.remove.map(wireValue),
    numbers: [
      ...number(concatenate, live.concatenate),
      ...number(enabled, live.switch),
    ],
    files: [],
    refused: null,
  };
  try {
    if (wired.list === null && live.add.length + live.remove.length > 0) {
      throw new Error(`${policy} has no list to change`);
    }
    const registryPol = changed(files.registryPol, (bytes) =>
      changeRegistryPol(bytes, policy, local),
    );
    // A file that was written by a run that then died has no gpt.ini yet.
    const saves =
      registryPol !== files.registryPol ||
      (registryPol !== null && files.gptIni === null);
    const gptIni = saves ? bumpMachineVersion(files.gptIni) : files.gptIni;
    return {
      step: {
        ...wired,
        files: [
          ...file("registryPol", files.registryPol, registryPol),
          ...file("gptIni", files.gptIni, gptIni),
        ],
      },
      files: { registryPol, gptIni },
    };
  } catch (error) {
    // A file nobody can read, or a number that is taken: the step fails when its turn comes, as the cmdlets would.
    const said = error instanceof Error ? error.message : String(error);
    const refused = wireText(`local policy was left alone: ${said}`);
    return { step: { ...wired, refused }, files };
  }
}

/** The bytes after a change; the very bytes, or no file, when there was nothing to change. */
function changed(
  bytes: Uint8Array | null,
  change: (bytes: Uint8Array | null) => Uint8Array,
): Uint8Array | null {
  const after = change(bytes);
  const onlyHeader = 8;
  return bytes === null && after.length === onlyHeader ? null : after;
}

function file(
  name: keyof LocalFiles,
  before: Uint8Array | null,
  after: Uint8Array | null,
): readonly object[] {
  if (after === null || after === before) return [];
  return [
    {
      file: name,
      before: before === null ? "" : sha256(before),
      content: Buffer.from(after).toString("base64"),
    },
  ];
}

/** A DWORD to set, to remove (null), or none to touch (absent). */
function number(
  name: string | null,
  value: number | null | undefined,
): readonly object[] {
  return name === null || value === undefined ? [] : [{ name, value }];
}

function wireValue(value: { name: string; data: string }): object {
  // PowerShell takes no empty name: a key's default value is out of its cmdlets' reach.
  if (value.name === "") throw new Error("a value without a name");
  return { name: wireText(value.name), data: wireText(value.data) };
}

/** Behind an equals sign no text is taken for a date, which PowerShell 7 does with JSON strings that look like one. */
function wireText(text: string): string {
  // PowerShell's JSON puts U+FFFD in the place of half a character.
  if (/\p{Surrogate}/u.test(text))
    throw new Error("a text holds half a character");
  return `=${text}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
