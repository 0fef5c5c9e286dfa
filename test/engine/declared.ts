import type { Kind, Properties } from "../../providers/pulumi/definition";
import { handle, typeToken } from "../../providers/pulumi/handle";

/** Every kind of resource. */
export const kinds = [
  "CredSSPServer",
  "CredSSPClient",
  "DelegationPolicy",
] as const satisfies readonly Kind[];

/** What a kind needs beside host and connection, as a program writes it. */
const own: Readonly<Record<Kind, Properties>> = {
  CredSSPServer: {},
  CredSSPClient: { delegateComputers: ["*.do.local"] },
  DelegationPolicy: {
    policy: "AllowFreshCredentials",
    targets: ["WSMAN/*.do.local"],
  },
};

/** A resource as the program declares it: what its class hands to Pulumi. */
export interface Declared {
  readonly urn: string;
  readonly inputs: Properties & {
    readonly __provider: string;
    readonly owner: string;
  };
}

/** Declares a resource on a host; `more` replaces and adds properties. */
export function declare(
  kind: Kind,
  host: string,
  connection: Properties,
  more: Properties = {},
): Declared {
  const urn = `urn:pulumi:test::engine::${typeToken(kind)}::${host.replace(/\..*/, "")}`;
  // Pulumi's SDK leaves out what is undefined.
  const all: Properties = { host, connection, ...own[kind], ...more };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  return {
    urn,
    inputs: {
      ...Object.fromEntries(given),
      owner: `contoso/${urn}`,
      __provider: handle(kind),
    },
  };
}
