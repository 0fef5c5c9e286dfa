import { ruleFlag, switchFlag } from "../host/simulated/hands";
import type { Faults, HostState } from "../host/simulated/state";
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
    const status = pick(value, name, {
      Running: "Running",
      Stopped: "Stopped",
    });
    return (state) => ({ ...state, winrm: { ...state.winrm, status } });
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

/** Everything is understood before anything is changed. */
function inOrder(
  pairs: readonly string[],
  read: (name: string, value: string) => Change,
): Change {
  const changes = pairs.map((pair) => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined || value === undefined)
      throw new UsageError(`${pair} is not NAME=VALUE`);
    return read(name, value);
  });
  return (state) => changes.reduce((next, change) => change(next), state);
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
