import * as pulumi from "@pulumi/pulumi";
import type { Kind, Properties } from "./definition";
import { handle, typeToken } from "./handle";
import { ownerLabel, warnOfPlainCredentials } from "./stackConfig";

/**
 * What a resource class hands to `pulumi.CustomResource`. The type and the
 * `__provider` input are what makes a resource dynamic
 * (pulumi/pulumi, `sdk/nodejs/dynamic/index.ts`); giving the handle's text
 * directly keeps code out of the state and needs no serialiser.
 *
 * The owner in the host's ledger is the project's label ({@link ownerLabel}) and
 * the URN. A replacement deletes first, so that it never revokes what it just granted.
 */
export function registration(
  kind: Kind,
  name: string,
  args: Properties,
  opts: pulumi.CustomResourceOptions = {},
): [string, string, pulumi.Inputs, pulumi.CustomResourceOptions] {
  const type = typeToken(kind);
  const label = ownerLabel();
  warnOfPlainCredentials();
  const urn = pulumi.createUrn(name, type, opts.parent);
  return [
    type,
    name,
    {
      // An output has to be named here to become a property of the resource.
      enabled: undefined,
      before: undefined,
      warnings: undefined,
      ...args,
      owner: pulumi.interpolate`${label}/${urn}`,
      __provider: handle(kind),
    },
    { deleteBeforeReplace: true, ...opts },
  ];
}
