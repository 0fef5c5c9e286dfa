import {
  domainSets,
  ruleFlag,
  setDisableLGPOProcessing,
  setService,
  switchFlag,
} from "../host/simulated/hands";
import type { Faults, HostState } from "../host/simulated/state";
import type { PolicyState } from "../model/facts";
import { isPolicy, policyNames, policyOf } from "../model/policies";
import type { PolicyName } from "../model/policies";
import { UsageError } from "./usage";

/** A change of a host that the command line asks for. */
export type Change = (state: HostState) => HostState;

type Setting = (value: string, name: string) => Change;

const flag =
  (role: "client" | "service"): Setting =>
  (value, name) => {
    const on = pick(value, name, { on: true, off: false });
    return (state) => switchFlag(state, role, on);
  };

const policy =
  (role: "client" | "service"): Setting =>
  (value, name) => {
    const rule = pick(value, name, { "1": 1, "0": 0, none: null } as const);
    return (state) => ruleFlag(state, role, rule);
  };

/** What `fleet set` can set. */
const settings: Readonly<Record<string, Setting>> = {
  client: flag("client"),
  server: flag("service"),
  clientPolicy: policy("client"),
  serverPolicy: policy("service"),
  winrm: (value, name) => {
    const status = oneOf(value, name, ["Running", "Stopped"]);
    return (state) => setService(state, { status });
  },
  winrmStart: (value, name) => {
    const known = ["Automatic", "Manual", "Disabled"] as const;
    const startType = oneOf(value, name, known);
    return (state) => setService(state, { startType });
  },
  localPolicy: (value, name) => {
    const on = pick(value, name, { on: true, off: false });
    return (state) => setDisableLGPOProcessing(state, !on);
  },
  edition: (value, name) => {
    if (!/^[A-Za-z]+$/.test(value))
      throw new UsageError(
        `${name} takes Windows' EditionID, such as ServerStandard or Core, not "${value}"`,
      );
    return (state) => ({
      ...state,
      computer: { ...state.computer, edition: value },
    });
  },
};

const truth: FaultReader = (value, name) =>
  pick(value, name, { on: true, off: undefined });

const number: FaultReader = (value, name) => {
  if (value === "off") return undefined;
  if (!/^\d{1,9}$/.test(value))
    throw new UsageError(`${name} takes a number, or off, not "${value}"`);
  return Number(value);
};

type FaultReader = (
  value: string,
  name: string,
) => boolean | number | undefined;

/** What `fleet fault` can set; undefined removes a fault. */
const faults: Readonly<Record<keyof Faults, FaultReader>> = {
  unreachable: truth,
  nonElevated: truth,
  policyDelayMs: number,
  policyNeverApplies: truth,
  validateSeconds: number,
  crashEnableClient: truth,
  damagedRegistryPol: truth,
  openEditors: truth,
  constrainedLanguage: truth,
  wow64: truth,
  rsopUnavailable: truth,
  dieAfterSteps: number,
  dieBetweenStores: truth,
};

/** The change that `fleet set` asks for. Throws a UsageError for what it does not know. */
export function settingsOf(pairs: readonly string[]): Change {
  return inOrder(pairs, (name, value) => known(settings, name)(value, name));
}

/** The change that `fleet fault` asks for. Throws a UsageError for what it does not know. */
export function faultsOf(pairs: readonly string[]): Change {
  return inOrder(pairs, (name, value) => {
    const fault = known(faults, name)(value, name);
    return (state) => {
      const { [name as keyof Faults]: _, ...others } = state.faults;
      return {
        ...state,
        faults: fault === undefined ? others : { ...others, [name]: fault },
      };
    };
  });
}

/** A policy by its name. Throws a UsageError for another word. */
export function policyNamed(word: string): PolicyName {
  if (isPolicy(word)) return word;
  throw new UsageError(`${word} is not one of ${policyNames.join(", ")}`);
}

/** A policy that has entries. */
export function listNamed(word: string): PolicyName {
  const policy = policyNamed(word);
  const { rules } = policyOf(policy);
  if (rules === undefined) return policy;
  const setting = rules === "client" ? "clientPolicy" : "serverPolicy";
  throw new UsageError(
    `${policy} has no entries: try fleet set HOST ${setting}=1`,
  );
}

/** Refuses what cannot be the entry of a list. */
export function checkSpn(spn: string): void {
  if (spn !== "*" && !/^[^/]+\/[^/]+$/.test(spn))
    throw new UsageError(`${spn} is no SPN: write wsman/${spn}`);
}

/**
 * What `fleet domain` asks for: that the domain's object sets a policy to this, or
 * (`none`) leaves it alone. Words with a = are settings, all others are entries. Like
 * the policy editor it enables, and ticks the box for the OS defaults, unless told otherwise.
 */
export function domainSetting(
  object: string,
  policy: PolicyName,
  words: readonly string[],
): Change {
  if (words.includes("none")) {
    if (words.length > 1)
      throw new UsageError(
        "none stands alone: the object leaves the policy alone",
      );
    return (state) => domainSets(state, object, policy, null);
  }
  const isList = policyOf(policy).concatenate !== null;
  const entries = words.filter((word) => !word.includes("="));
  if (entries.length > 0) listNamed(policy);
  entries.forEach(checkSpn);
  const sets = words
    .filter((word) => word.includes("="))
    .map((pair) => pairOf(pair, (name, value) => partOf(policy, name, value)))
    .reduce<Partial<PolicyState>>((all, one) => ({ ...all, ...one }), {
      switch: 1,
      concatenate: isList ? 1 : null,
      ...(isList && {
        values: entries.map((data, i) => ({ name: String(i + 1), data })),
      }),
    });
  return (state) => domainSets(state, object, policy, sets);
}

/** Lets go of every policy that an object of the domain sets. */
export function withoutObject(object: string): Change {
  return (state) => ({
    ...state,
    domain: state.domain.filter(({ name }) => name !== object),
  });
}

function partOf(
  policy: PolicyName,
  name: string,
  value: string,
): Partial<PolicyState> {
  const dword = { "1": 1, "0": 0, none: null };
  const parts: Readonly<Record<string, () => Partial<PolicyState>>> = {
    enabled: () => ({ switch: pick(value, name, dword) }),
    ...(policyOf(policy).concatenate !== null && {
      concatenate: () => ({ concatenate: pick(value, name, dword) }),
      clearsFirst: () =>
        pick(value, name, { true: { clearsFirst: true }, false: {} } as const),
    }),
  };
  return known(parts, name)();
}

/** Everything is understood before anything is changed. */
function inOrder(
  pairs: readonly string[],
  read: (name: string, value: string) => Change,
): Change {
  const changes = pairs.map((pair) => pairOf(pair, read));
  return (state) => changes.reduce((next, change) => change(next), state);
}

function pairOf<T>(pair: string, read: (name: string, value: string) => T): T {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError(`${pair} is not NAME=VALUE`);
  return read(name, value);
}

function known<T>(table: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (found === undefined)
    throw new UsageError(
      `${name} is not one of ${Object.keys(table).join(", ")}`,
    );
  return found;
}

function pick<T>(
  value: string,
  name: string,
  choices: Readonly<Record<string, T>>,
): T {
  if (!Object.hasOwn(choices, value))
    throw new UsageError(
      `${name} takes ${Object.keys(choices).join(", ")}, not "${value}"`,
    );
  return choices[value] as T;
}

function oneOf<T extends string>(
  value: string,
  name: string,
  known: readonly T[],
): T {
  const choices = Object.fromEntries(known.map((one) => [one, one]));
  return pick(value, name, choices as Record<string, T>);
}
