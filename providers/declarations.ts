import * as pulumi from "@pulumi/pulumi";
import type { Connection } from "./connection";
import type { CredSSPClientArgs } from "./credsspClient";
import type { CredSSPServerArgs } from "./credsspServer";
import type { DelegationPolicyArgs } from "./delegationPolicy";
import { CredsspError, problem, shown } from "./model/errors";

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
  const connection = config.getObject<Connection>("connection");
  const read = <Args>(
    key: string,
    nameOf: (item: Item) => string,
  ): readonly Declaration<Args>[] => {
    const declared = items(config, key).map((item) => {
      const { name, ...args } = item;
      return {
        name: typeof name === "string" ? name : nameOf(item),
        args: { ...(connection && { connection }), ...args } as Args,
      };
    });
    const names = declared.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) {
      throw refuse(
        config,
        key,
        `${twice} is declared twice`,
        "each host once, or a name for each item",
      );
    }
    return declared;
  };
  const hostOf = (item: Item): string => String(item["host"]);
  return {
    servers: read("servers", hostOf),
    clients: read("clients", hostOf),
    policies: read(
      "policies",
      (item) => `${hostOf(item)}-${String(item["policy"])}`,
    ),
  };
}

type Item = Readonly<Record<string, unknown>>;

function items(config: Config, key: string): readonly Item[] {
  const given = listOf(config, key);
  return given.map((item: unknown, i) => {
    if (key === "servers" && typeof item === "string") return { host: item };
    const isObject =
      typeof item === "object" && item !== null && !Array.isArray(item);
    if (isObject && typeof (item as Item)["host"] === "string") {
      return item as Item;
    }
    const needed =
      key === "servers"
        ? "a host name, or an object with host"
        : "an object with host";
    throw refuse(config, `${key}[${i}]`, shown(item), needed);
  });
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
  throw refuse(config, key, shown(given), "a list");
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
