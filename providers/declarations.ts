import * as pulumi from "@pulumi/pulumi";
import type { Connection } from "./connection";
import type { CredSSPClientArgs } from "./credsspClient";
import type { CredSSPServerArgs } from "./credsspServer";
import type { DelegationPolicyArgs } from "./delegationPolicy";
import { CredsspError, problem, shownIfWord } from "./model/errors";

/** A resource as a stack's configuration declares it. */
export interface Declaration<Args> {
  /** The resource's name in the stack: `name`, or one made of the host. */
  readonly name: string;
  readonly args: Args;
}

/** What a stack's configuration declares. */
export interface Declarations {
  readonly servers: readonly Declaration<CredSSPServerArgs>[];
  readonly clients: readonly Declaration<CredSSPClientArgs>[];
  readonly policies: readonly Declaration<DelegationPolicyArgs>[];
}

/** The part of `pulumi.Config` that is used. */
type Config = Pick<pulumi.Config, "get" | "getObject" | "name">;

/**
 * Reads the resources a stack declares in its configuration: `connection` (the
 * default for every host), `servers` (names, or objects with `host` and the
 * resource's own properties), `clients` and `policies` (objects). Only the shape
 * is looked at here; the values are checked by the resources.
 *
 * @throws {pulumi.RunError} that names the key and the item: Pulumi prints its message and no stack.
 */
export function declarations(config: Config): Declarations {
  refuseStrangeKeys(config);
  const connection = config.getObject<Connection>("connection");
  const read = <Args>(key: ListKey): readonly Declaration<Args>[] => {
    const declared = items(config, key).map((item) => {
      const { name, ...args } = item;
      const made = required[key].map((one) => String(item[one])).join("-");
      return {
        name: typeof name === "string" ? name : made,
        args: { ...(connection && { connection }), ...args } as Args,
      };
    });
    const names = declared.map(({ name }) => name.toLowerCase());
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice === undefined) return declared;
    const found = `${twice} is declared twice`;
    throw refuse(config, key, found, "each host once, or a name for each item");
  };
  return {
    servers: read("servers"),
    clients: read("clients"),
    policies: read("policies"),
  };
}

type Item = Readonly<Record<string, unknown>>;

/** What every item of a list has to have; a resource is named after it. */
const required = {
  servers: ["host"],
  clients: ["host"],
  policies: ["host", "policy"],
} as const;

type ListKey = keyof typeof required;

const keys: readonly string[] = [
  ...Object.keys(required),
  "connection",
  "owner",
];

/** A misspelt key would take away in silence what it was to declare. */
function refuseStrangeKeys(config: Config): void {
  const strange = Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(`${config.name}:`))
    .map((key) => key.slice(config.name.length + 1))
    .find((key) => !keys.includes(key));
  if (strange === undefined) return;
  throw refuse(config, strange, strange, `one of ${keys.join(", ")}`);
}

function items(config: Config, key: ListKey): readonly Item[] {
  return listOf(config, key).map((given: unknown, i) => {
    const item =
      key === "servers" && typeof given === "string" ? { host: given } : given;
    if (isItem(item, required[key])) return item;
    const object = `an object with ${required[key].join(" and ")}`;
    const needed = key === "servers" ? `a host name, or ${object}` : object;
    throw refuse(config, `${key}[${String(i)}]`, shownIfWord(given), needed);
  });
}

function isItem(item: unknown, needed: readonly string[]): item is Item {
  if (typeof item !== "object" || item === null || Array.isArray(item)) {
    return false;
  }
  const values = item as Item;
  const isText = (value: unknown): boolean =>
    typeof value === "string" && value.trim() !== "";
  return (
    needed.every((name) => isText(values[name])) &&
    (values["name"] === undefined || isText(values["name"]))
  );
}

function listOf(config: Config, key: string): readonly unknown[] {
  let given: unknown;
  try {
    given = config.getObject(key) ?? [];
  } catch {
    // Pulumi reads an object out of JSON; a plain text is none.
    given = config.get(key);
  }
  if (Array.isArray(given)) return given;
  throw refuse(config, key, shownIfWord(given), "a list");
}

function refuse(
  config: Config,
  property: string,
  found: string,
  needed: string,
): pulumi.RunError {
  const key = `${config.name}:${property}`;
  const { message } = new CredsspError(
    "Reading the declared resources",
    "this stack",
    problem("CREDSSP111", { property, found, needed, key }),
  );
  return new pulumi.RunError(message);
}
