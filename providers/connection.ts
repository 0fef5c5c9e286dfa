import {
  authentications,
  type Address,
  type Authentication,
} from "./host/host";
import { unknownValue } from "./model/delegates";
import { problem, reasonOf, shown } from "./model/errors";

/** A refused property and why, as Pulumi's check reports it. */
export interface Failure {
  readonly property: string;
  readonly reason: string;
}

/**
 * This machine itself, which must be Windows.
 */
export interface LocalConnection {
  readonly transport: "local";
}

/**
 * PowerShell remoting from this Windows machine, by `Invoke-Command -ComputerName`,
 * with the identity of who runs Pulumi.
 */
export interface WinrmConnection {
  readonly transport: "winrm";
  /** The port. @default 5985, or 5986 with `useSSL` (Windows' own) */
  readonly port?: number;
  /** Whether the connection is HTTPS. @default false */
  readonly useSSL?: boolean;
  /** Microsoft's `-Authentication`. @default "Default" */
  readonly authentication?: Authentication;
  /** The session configuration to enter. @default the host's default endpoint */
  readonly configurationName?: string;
}

/**
 * A host of a simulated fleet: a folder with one JSON file a host. It answers
 * like Windows does, faults included, and needs no Windows.
 */
export interface SimulatedConnection {
  readonly transport: "simulated";
  /** The folder, relative to the project's. @default ".demo/fleet" */
  readonly fleet?: string;
}

/**
 * How a host is reached. It never says which host: that is `host`, and changing
 * the connection never replaces a resource.
 * @default { transport: "local" }
 */
export type Connection =
  LocalConnection | WinrmConnection | SimulatedConnection;

/** Where a simulated fleet is unless declared otherwise. */
export const defaultFleet = ".demo/fleet";

const known = {
  local: ["transport"],
  winrm: ["transport", "port", "useSSL", "authentication", "configurationName"],
  simulated: ["transport", "fleet"],
} as const satisfies Record<Address["transport"], readonly string[]>;

/**
 * A connection with its defaults filled in. A value that Pulumi does not know
 * yet passes through untouched, so that a preview succeeds.
 */
export function checkConnection(
  given: unknown,
): { readonly address: Address } | { readonly failures: readonly Failure[] } {
  if (given === undefined) return { address: { transport: "local" } };
  // Unknown as a whole: nothing can be checked, and create refuses it.
  if (given === unknownValue) return { address: given as unknown as Address };
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return refuse("connection", "CREDSSP109", {
      found: shown(given),
      needed: 'an object such as { transport: "winrm" }',
    });
  }
  const raw = given as Readonly<Record<string, unknown>>;
  const transport = raw["transport"];
  if (transport === unknownValue) {
    return { address: raw as unknown as Address };
  }
  if (transport === undefined) {
    return refuse("connection", "CREDSSP109", {
      found: `${shown(raw)}, without transport`,
      needed: `transport: ${Object.keys(known).join(", ")}`,
    });
  }
  if (!isTransport(transport)) {
    return refuse("connection.transport", "CREDSSP107", {
      value: shown(transport),
      known: Object.keys(known).join(", "),
    });
  }
  const names: readonly string[] = known[transport];
  const failures = Object.entries(raw).flatMap(([name, value]) => {
    if (!names.includes(name)) {
      return failure(`connection.${name}`, "CREDSSP108", {
        property: name,
        of: `a ${transport} connection`,
        known: names.join(", "),
      });
    }
    const needed = value === unknownValue ? null : wrong(name, value);
    return needed === null
      ? []
      : failure(`connection.${name}`, "CREDSSP109", {
          found: shown(value),
          needed,
        });
  });
  if (failures.length > 0) return { failures };
  const defaults = {
    local: {},
    winrm: { useSSL: false, authentication: "Default" },
    simulated: { fleet: defaultFleet },
  } as const;
  return { address: { ...defaults[transport], ...raw } as unknown as Address };
}

function isTransport(value: unknown): value is Address["transport"] {
  return typeof value === "string" && Object.hasOwn(known, value);
}

/** What a property of a connection needs to be, if it is not. */
function wrong(name: string, value: unknown): string | null {
  switch (name) {
    case "port":
      return Number.isInteger(value) &&
        Number(value) > 0 &&
        Number(value) < 65536
        ? null
        : "a whole number from 1 to 65535";
    case "useSSL":
      return typeof value === "boolean" ? null : "true or false";
    case "authentication":
      return authentications.some((one) => one === value)
        ? null
        : `one of ${authentications.join(", ")}`;
    case "configurationName":
      return typeof value === "string" && /^[\w.-]{1,255}$/u.test(value)
        ? null
        : "the name of a session configuration";
    case "fleet":
      return typeof value === "string" && value.trim() !== ""
        ? null
        : "the path of a folder";
    default:
      return null;
  }
}

function failure(
  property: string,
  ...args: Parameters<typeof problem>
): readonly Failure[] {
  return [{ property, reason: reasonOf(problem(...args)) }];
}

function refuse(property: string, ...args: Parameters<typeof problem>) {
  return { failures: failure(property, ...args) };
}
