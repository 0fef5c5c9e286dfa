import * as pulumi from "@pulumi/pulumi";
import { isLine } from "../connection";
import { credentialsKey } from "../host/host";
import { CredsspError, described, problem } from "../model/errors";

/** Of an owner's label, in characters. */
const longestLabel = 255;

/**
 * The label that the owner of every resource begins with: the project's config key `owner`, else
 * the organisation.
 *
 * @throws {pulumi.RunError} for a label that would break the lines of a ledger or fill it: Pulumi
 *   prints its message and no stack.
 */
export function ownerLabel(): string {
  const config = new pulumi.Config();
  const given = config.get("owner");
  if (!given) return pulumi.getOrganization();
  if (isLine(given, longestLabel)) return given;
  const { message } = new CredsspError(
    "Reading who owns the resources",
    "this stack",
    problem("CREDSSP111", {
      property: "owner",
      found: described(given),
      needed: `one line of ${longestLabel} characters at most, without control characters`,
      key: `${config.name}:owner`,
    }),
  );
  throw new pulumi.RunError(message);
}

let hasWarned = false;

/** Warns, once in a process, of credentials in its stack's configuration that are no secret. */
export function warnOfPlainCredentials(): void {
  if (hasWarned || !hasPlainCredentials()) return;
  hasWarned = true;
  void pulumi.log.warn(
    `${credentialsKey} stands in this stack's configuration and state as plain text. Try: pulumi config set --secret ${credentialsKey}, and new passwords.`,
  );
}

function hasPlainCredentials(): boolean {
  // It knows by PULUMI_CONFIG_SECRET_KEYS, which Pulumi gives to every program; its declaration is internal.
  const { isConfigSecret } = pulumi.runtime as {
    readonly isConfigSecret?: (key: string) => boolean;
  };
  return (
    pulumi.runtime.allConfig()[credentialsKey] !== undefined &&
    isConfigSecret?.(credentialsKey) === false
  );
}
