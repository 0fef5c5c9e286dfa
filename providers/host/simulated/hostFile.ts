import { emptyPolicy } from "./localPolicy";
import { sortedByKey } from "./registry";
import type { Data, Registry } from "./registry";
import {
  dword,
  list,
  object,
  orNull,
  part,
  record,
  ShapeError,
  text,
  time,
  truth,
} from "./shape";
import type { Shape } from "./shape";
import { freshHost, schema } from "./state";
import type { DomainObject, Faults, HostState, LocalPolicy } from "./state";

/** What a file holds: everything of a state, but for what is as on a fresh host. */
type Content = HostState & { readonly schema: number };

/** A value's data: text for a REG_SZ, a number for a REG_DWORD, or any type with its bytes. */
const data: Shape<Data> = (value, at) => {
  if (typeof value === "string") return value;
  if (typeof value === "number") return dword(value, at);
  const raw = object(value, at);
  const hex = text(raw["hex"], `${at}.hex`);
  if (!/^([0-9a-f]{2})*$/.test(hex))
    throw new ShapeError(`${at}.hex`, "bytes as lower-case hex", hex);
  return { type: dword(raw["type"], `${at}.type`), hex };
};

const registry: Shape<Registry> = record(record(data));

const faults: Shape<Faults> = part<Faults>({
  unreachable: truth,
  nonElevated: truth,
  policyDelayMs: dword,
  policyNeverApplies: truth,
  validateSeconds: dword,
  crashEnableClient: truth,
  damagedRegistryPol: truth,
  openEditors: truth,
  constrainedLanguage: truth,
  wow64: truth,
  rsopUnavailable: truth,
  dieAfterSteps: dword,
  dieBetweenStores: truth,
});

const localPolicy: Shape<LocalPolicy> = (value, at) => ({
  ...emptyPolicy,
  ...part<LocalPolicy>({
    machineVersion: dword,
    userVersion: dword,
    extensions: text,
    machineDisabled: truth,
    registryPol: registry,
  })(value, at),
});

/** An object without a name would be nobody's in every message. */
const domainObject: Shape<DomainObject> = (value, at) => {
  const { name, registryPol = {} } = part<DomainObject>({
    name: text,
    registryPol: registry,
  })(value, at);
  return { name: text(name, `${at}.name`), registryPol };
};

const computer = part<HostState["computer"]>({
  name: text,
  domain: orNull(text),
  osVersion: text,
  edition: text,
  machineGuid: text,
});

const winrm = part<HostState["winrm"]>({
  status: text,
  startType: text,
  clientCredSSP: truth,
  serviceCredSSP: truth,
});

const knownSchema: Shape<number> = (value, at) => {
  if (value !== schema)
    throw new ShapeError(
      at,
      `${schema}, the only one this version knows`,
      value,
    );
  return schema;
};

/**
 * Reads a host's file. What it leaves out is as on a fresh host with the declared
 * name, so `{}` is a whole file. Throws an Error that says what is wrong and where.
 */
export function parseHost(declared: string, json: string): HostState {
  const fresh = freshHost(declared);
  const content = part<Content>({
    schema: knownSchema,
    computer: (v, at) => ({ ...fresh.computer, ...computer(v, at) }),
    winrm: (v, at) => ({ ...fresh.winrm, ...winrm(v, at) }),
    hklm: registry,
    localPolicy: orNull(localPolicy),
    domain: list(domainObject),
    applied: registry,
    rsop: record(record(text)),
    policyPassDue: orNull(time),
    ledger: orNull(text),
    faults,
  })(parseJson(json), "");
  const { schema: _, ...state } = content;
  return { ...fresh, ...state };
}

/** The text of a host's file: two spaces, one order, without the parts that are as on a fresh host. */
export function formatHost(state: HostState): string {
  const { computer, winrm, hklm, localPolicy, domain, applied } = state;
  const content = {
    schema,
    computer,
    winrm,
    hklm: unlessEmpty(sortedByKey(hklm)),
    localPolicy: localPolicy
      ? { ...localPolicy, registryPol: sortedByKey(localPolicy.registryPol) }
      : undefined,
    domain:
      domain.length > 0
        ? domain.map(({ name, registryPol }) => ({
            name,
            registryPol: sortedByKey(registryPol),
          }))
        : undefined,
    applied: unlessEmpty(sortedByKey(applied)),
    rsop: unlessEmpty(sortedByKey(state.rsop)),
    policyPassDue: state.policyPassDue ?? undefined,
    ledger: state.ledger ?? undefined,
    faults: unlessEmpty(state.faults),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** JSON.stringify leaves out what is undefined. */
const unlessEmpty = <T extends object>(record: T): T | undefined =>
  Object.keys(record).length === 0 ? undefined : record;

/** JSON.parse with the place of the fault as line and column: Node 20 names neither. */
function parseJson(json: string): unknown {
  // An editor on Windows may have put a byte order mark before it.
  const text = json.replace(/^\uFEFF/, "");
  const said = complaint(text);
  if (said === null) return JSON.parse(text);
  const lines = text.slice(0, offsetOf(text, said)).split("\n");
  const column = (lines.at(-1) ?? "").length + 1;
  const reason = said.replace(
    /( in JSON)? at position .*$|, (\.{3})?".*$/s,
    "",
  );
  throw new Error(`line ${lines.length}, column ${column}: ${reason}`);
}

/** What JSON.parse has against a text, or null. */
function complaint(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Where the fault is. "Unexpected token" comes without a place, but it comes for every
 * beginning of the text that reaches the token and for none that does not: halving finds it.
 */
function offsetOf(text: string, said: string): number {
  const place = /at position (\d+)/.exec(said)?.[1];
  if (place !== undefined) return Number(place);
  const unexpected = /^Unexpected token/;
  if (!unexpected.test(said)) return text.length;
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (unexpected.test(complaint(text.slice(0, middle)) ?? "")) bad = middle;
    else good = middle;
  }
  return good;
}
