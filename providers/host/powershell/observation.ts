import {
  emptyList,
  fingerprintParts,
  type Fingerprint,
  type Flag,
  type HostFacts,
  type Lists,
  type ListState,
  type ListValue,
  type LocalPolicyOff,
} from "../../model/facts";
import { machineHalfDisabled } from "../../model/gptIni";
import { policyNames } from "../../model/policies";
import {
  decodeRegistryPol,
  listsOf,
  RegistryPolError,
} from "../../model/registryPol";

/** The files of local policy as a host has them; null for one that is absent. */
export interface LocalFiles {
  readonly registryPol: Uint8Array | null;
  readonly gptIni: Uint8Array | null;
}

/** An observation as the planner wants it, and the files it was made of. */
export interface Observed {
  readonly facts: HostFacts;
  readonly files: LocalFiles;
}

/** The answer of the host's script is not what this version of it gives. */
export class ShapeError extends Error {
  constructor(path: string, wanted: string) {
    super(`${path} is not ${wanted}`);
    this.name = "ShapeError";
  }
}

/**
 * Turns what Get-HostObservation read into facts. Pure: whatever is to be concluded from
 * what was read is concluded here and not on the host.
 * @throws {ShapeError} when something is missing or of another type.
 */
export function readObservation(raw: unknown): Observed {
  const root = at(raw, "observation");
  const computer = root.object("computer");
  const files = {
    registryPol: root.bytes("registryPol"),
    gptIni: root.bytes("gptIni"),
  };
  const edition = computer.text("edition");
  const facts: HostFacts = {
    computer: {
      name: computer.text("name"),
      domain: computer.textOrNull("domain"),
      osVersion: computer.text("osVersion"),
      edition,
      machineGuid: computer.text("machineGuid"),
      powershellVersion: computer.text("powershellVersion"),
      wow64: computer.flag("wow64"),
    },
    elevated: root.flag("elevated"),
    winrm: {
      status: root.object("winrm").text("status"),
      startType: root.object("winrm").text("startType"),
    },
    client: flagOf(root.object("client")),
    service: flagOf(root.object("service")),
    live: liveLists(root.objects("live")),
    applied: appliedLists(root.bytes("archive")),
    ...localLists(files.registryPol),
    localPolicyOff: localPolicyOff(
      root.numberOrNull("localPolicyDisabled"),
      edition,
      files.gptIni,
    ),
    openEditors: root.array("editors").length > 0,
    encryptionOracle: root.numberOrNull("encryptionOracle"),
    ledger: root.textOrNull("ledger"),
    fingerprint: fingerprintOf(root.object("fingerprint")),
  };
  return { facts, files };
}

/**
 * A role's flag. Policy is there when its value is (credssp-facts 6.4), or when WSMan names
 * any source of its own value (6.2); else WSMan's word counts, and where it cannot be asked the
 * registry's, off where it is absent (6.3).
 */
function flagOf(role: Shape): Flag {
  const policy = role.numberOrNull("policy");
  if (policy !== null) return { on: policy !== 0, source: "policy" };
  const source = role.textOrNull("source");
  if (source !== null && source !== "") {
    return { on: role.textOrNull("value") === "true", source: "policy" };
  }
  const value = role.textOrNull("value");
  const on =
    value === null || value === ""
      ? (role.numberOrNull("configured") ?? 0) !== 0
      : value.toLowerCase() === "true";
  return { on, source: "local" };
}

function liveLists(lists: readonly Shape[]): Lists {
  const entries = policyNames.map((policy) => {
    const list = lists.find((one) => one.text("policy") === policy);
    if (!list) throw new ShapeError("observation.live", `with ${policy}`);
    return [policy, listOf(list)] as const;
  });
  return Object.fromEntries(entries) as Lists;
}

function listOf(list: Shape): ListState {
  return {
    switch: list.numberOrNull("switch"),
    concatenate: list.numberOrNull("concatenate"),
    values: list.objects("values").map((value): ListValue => ({
      name: value.text("name"),
      data: value.text("data"),
    })),
  };
}

const none = Object.fromEntries(
  policyNames.map((policy) => [policy, emptyList]),
) as Lists;

/** An archive that cannot be read vouches for nothing. */
function appliedLists(archive: Uint8Array | null): Lists {
  const { local } = localLists(archive);
  return local;
}

function localLists(
  registryPol: Uint8Array | null,
): Pick<HostFacts, "local" | "localUnreadable"> {
  if (registryPol === null) return { local: none, localUnreadable: null };
  try {
    const local = listsOf(decodeRegistryPol(registryPol));
    return { local, localUnreadable: null };
  } catch (error) {
    if (!(error instanceof RegistryPolError)) throw error;
    return { local: none, localUnreadable: error.message };
  }
}

/** Why local policy cannot reach HKLM (credssp-facts 5 and 7). Every Home edition's id begins with "Core". */
function localPolicyOff(
  disabled: number | null,
  edition: string,
  gptIni: Uint8Array | null,
): LocalPolicyOff | null {
  if (disabled === 1) return "disabledByPolicy";
  if (/^Core/i.test(edition)) return "homeEdition";
  return machineHalfDisabled(gptIni) ? "machineHalfDisabled" : null;
}

function fingerprintOf(hashes: Shape): Fingerprint {
  return Object.fromEntries(
    fingerprintParts.map((part) => [part, hashes.text(part)]),
  ) as Fingerprint;
}

/** A JSON object whose properties are looked at one by one, each with the type it must have. */
export interface Shape {
  /** The object as it came. */
  readonly value: unknown;
  text(name: string): string;
  textOrNull(name: string): string | null;
  numberOrNull(name: string): number | null;
  flag(name: string): boolean;
  bytes(name: string): Uint8Array | null;
  array(name: string): readonly unknown[];
  object(name: string): Shape;
  objects(name: string): readonly Shape[];
}

/** Looks at a value as an object; `path` is what an error calls it. */
export function at(value: unknown, path: string): Shape {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ShapeError(path, "an object");
  }
  const properties = value as Readonly<Record<string, unknown>>;
  const refuse = (name: string, wanted: string): never => {
    throw new ShapeError(`${path}.${name}`, wanted);
  };
  const shape: Shape = {
    value,
    text(name) {
      const found = properties[name];
      return typeof found === "string" ? found : refuse(name, "a text");
    },
    textOrNull(name) {
      return properties[name] === null ? null : shape.text(name);
    },
    numberOrNull(name) {
      const found = properties[name];
      if (found === null) return null;
      return typeof found === "number" ? found : refuse(name, "a number");
    },
    flag(name) {
      const found = properties[name];
      return typeof found === "boolean" ? found : refuse(name, "a boolean");
    },
    bytes(name) {
      const base64 = shape.textOrNull(name);
      return base64 === null ? null : Buffer.from(base64, "base64");
    },
    array(name) {
      const found = properties[name];
      if (!Array.isArray(found)) return refuse(name, "an array");
      return found as readonly unknown[];
    },
    object: (name) => at(properties[name], `${path}.${name}`),
    objects: (name) =>
      shape.array(name).map((one, i) => at(one, `${path}.${name}[${i}]`)),
  };
  return shape;
}
