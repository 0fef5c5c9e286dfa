import type { Role } from "./facts";

/** The key, below HKLM, of the nine list policies. */
export const delegationKey =
  "Software\\Policies\\Microsoft\\Windows\\CredentialsDelegation";

/** The keys, below HKLM, of WinRM's policies. */
const winrmKey = "Software\\Policies\\Microsoft\\Windows\\WinRM";

/** What tells one policy from another: where it stands, and what Windows makes of its absence. */
export interface Policy {
  /** The key, below HKLM, that holds its DWORDs. */
  readonly key: string;
  /** The DWORD that enables (1) or disables (0) it. A list policy's entries stand in a subkey of this name. */
  readonly switch: string;
  /** The DWORD "Concatenate OS defaults with input above"; null: the policy is no list. */
  readonly concatenate: string | null;
  /** What holds where it is not configured. */
  readonly whenNotConfigured: string;
  /** The list that makes exceptions from this one, if there is one. */
  readonly deniedBy?: DenyList;
  /** The role over whose flag it rules: then it has no entries. */
  readonly rules?: Role;
}

/** The lists that make exceptions. */
type DenyList =
  "DenyDefaultCredentials" | "DenyFreshCredentials" | "DenySavedCredentials";

const noServer = "no server";

function list(
  name: string,
  concatenate: string,
  whenNotConfigured: string,
  deniedBy?: DenyList,
): Policy {
  return {
    key: delegationKey,
    switch: name,
    concatenate: `ConcatenateDefaults_${concatenate}`,
    whenNotConfigured,
    ...(deniedBy !== undefined && { deniedBy }),
  };
}

/**
 * Every policy this package manages, by the name it has here: the nine lists below
 * CredentialsDelegation, whose names are those of their registry values (mind
 * `AllowDefCredentialsWhenNTLMOnly`), and WinRM's two "Allow CredSSP authentication".
 * Source: CredSsp.admx and WindowsRemoteManagement.admx.
 */
export const policies = {
  AllowDefaultCredentials: list(
    "AllowDefaultCredentials",
    "AllowDefault",
    noServer,
    "DenyDefaultCredentials",
  ),
  AllowDefCredentialsWhenNTLMOnly: list(
    "AllowDefCredentialsWhenNTLMOnly",
    "AllowDefNTLMOnly",
    noServer,
    "DenyDefaultCredentials",
  ),
  AllowFreshCredentials: list(
    "AllowFreshCredentials",
    "AllowFresh",
    "TERMSRV/*",
    "DenyFreshCredentials",
  ),
  AllowFreshCredentialsWhenNTLMOnly: list(
    "AllowFreshCredentialsWhenNTLMOnly",
    "AllowFreshNTLMOnly",
    "TERMSRV/*",
    "DenyFreshCredentials",
  ),
  AllowSavedCredentials: list(
    "AllowSavedCredentials",
    "AllowSaved",
    "TERMSRV/*",
    "DenySavedCredentials",
  ),
  AllowSavedCredentialsWhenNTLMOnly: list(
    "AllowSavedCredentialsWhenNTLMOnly",
    "AllowSavedNTLMOnly",
    "TERMSRV/* outside a domain, no server in one",
    "DenySavedCredentials",
  ),
  DenyDefaultCredentials: list(
    "DenyDefaultCredentials",
    "DenyDefault",
    noServer,
  ),
  DenyFreshCredentials: list("DenyFreshCredentials", "DenyFresh", noServer),
  DenySavedCredentials: list("DenySavedCredentials", "DenySaved", noServer),
  WinRMClientAllowCredSSP: {
    key: `${winrmKey}\\Client`,
    switch: "AllowCredSSP",
    concatenate: null,
    whenNotConfigured: "WinRM's own setting",
    rules: "client",
  },
  WinRMServiceAllowCredSSP: {
    key: `${winrmKey}\\Service`,
    switch: "AllowCredSSP",
    concatenate: null,
    whenNotConfigured: "WinRM's own setting",
    rules: "service",
  },
} as const satisfies Record<string, Policy>;

/** The name of a policy. */
export type PolicyName = keyof typeof policies;

/** Every policy, in a fixed order. */
export const policyNames = Object.keys(policies) as readonly PolicyName[];

/** Whether a word is the name of a policy. */
export function isPolicy(word: unknown): word is PolicyName {
  return (policyNames as readonly unknown[]).includes(word);
}

/** A policy by its name, with every property its row may lack. */
export function policyOf(name: PolicyName): Policy {
  return policies[name];
}

/** The key, below HKLM, of a list policy's entries; null where the policy is no list. */
export function listKeyOf(name: PolicyName): string | null {
  const policy = policyOf(name);
  return policy.concatenate === null ? null : `${policy.key}\\${policy.switch}`;
}

/** WinRM's "Allow CredSSP authentication" for a role. */
export function policyOver(role: Role): PolicyName {
  return role === "client"
    ? "WinRMClientAllowCredSSP"
    : "WinRMServiceAllowCredSSP";
}
