import {
  noPolicies,
  fingerprintParts,
  type Fingerprint,
  type Flag,
  type HostFacts,
  type PolicyStates,
  type PolicyState,
  type ListValue,
  type LocalPolicyOff,
} from "../../model/facts";
import { machineHalfDisabled } from "../../model/gptIni";
import { policyNames, policyOver } from "../../model/policies";
import { isUnset } from "../../model/policyFacts";
import {
  decodeRegistryPol,
  policiesOf,
  RegistryPolError,
} from "../../model/registryPol";
import { processed, readPolicyLog } from "./origins";

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
  const live = livePolicies(root.objects("live"));
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
    client: flagOf(root.object("client"), live[policyOver("client")]),
    service: flagOf(root.object("service"), live[policyOver("service")]),
    live,
    ...processedPolicies(root),
    ...localPolicies(files.registryPol),
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
 * A role's flag. Policy is there when its value is (WindowsRemoteManagement.admx), or when WSMan names
 * any source of its own value; else WSMan's word counts, and where it cannot be asked the
 * registry's, off where it is absent.
 */
function flagOf(role: Shape, policy: PolicyState): Flag {
  if (policy.switch !== null) {
    return { on: policy.switch !== 0, source: "policy" };
  }
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

function livePolicies(states: readonly Shape[]): PolicyStates {
  const entries = policyNames.map((policy) => {
    const state = states.find((one) => one.text("policy") === policy);
    if (!state) throw new ShapeError("observation.live", `with ${policy}`);
    return [policy, stateOf(state)] as const;
  });
  return Object.fromEntries(entries) as PolicyStates;
}

function stateOf(state: Shape): PolicyState {
  return {
    switch: state.numberOrNull("switch"),
    concatenate: state.numberOrNull("concatenate"),
    values: state.objects("values").map((value): ListValue => ({
      name: value.text("name"),
      data: value.text("data"),
    })),
  };
}

/**
 * What the last pass of policy processing did. RSoP is asked by administrators, and only where the
 * archive names a key of ours (Get-PolicyOrigin): else the domain has no say, or nobody can tell.
 * An archive that cannot be read vouches for nothing.
 */
function processedPolicies(
  root: Shape,
): Pick<HostFacts, "applied" | "origins"> {
  const { local: archive, localUnreadable: unreadable } = localPolicies(
    root.bytes("archive"),
  );
  const isElevated = root.flag("elevated");
  const rsop = root.objectOrNull("rsop");
  const log = rsop && readPolicyLog(rsop);
  if (!isElevated || unreadable !== null) {
    return { applied: archive, origins: null };
  }
  const isBlank = policyNames.every(
    (name) => isUnset(archive[name]) && !archive[name].clearsFirst,
  );
  if (log === null && isBlank) return { applied: archive, origins: {} };
  return processed(archive, log);
}

function localPolicies(
  registryPol: Uint8Array | null,
): Pick<HostFacts, "local" | "localUnreadable"> {
  if (registryPol === null) return { local: noPolicies, localUnreadable: null };
  try {
    const local = policiesOf(decodeRegistryPol(registryPol));
    return { local, localUnreadable: null };
  } catch (error) {
    if (!(error instanceof RegistryPolError)) throw error;
    return { local: noPolicies, localUnreadable: error.message };
  }
}

/** Why local policy cannot reach HKLM (DisableLGPOProcessing of GroupPolicy.admx). Every Home edition's id begins with "Core". */
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
  number(name: string): number;
  numberOrNull(name: string): number | null;
  flag(name: string): boolean;
  bytes(name: string): Uint8Array | null;
  array(name: string): readonly unknown[];
  object(name: string): Shape;
  objectOrNull(name: string): Shape | null;
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
    number(name) {
      const found = properties[name];
      return typeof found === "number" ? found : refuse(name, "a number");
    },
    numberOrNull(name) {
      return properties[name] === null ? null : shape.number(name);
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
    objectOrNull: (name) =>
      properties[name] === null ? null : shape.object(name),
    objects: (name) =>
      shape.array(name).map((one, i) => at(one, `${path}.${name}[${i}]`)),
  };
  return shape;
}
