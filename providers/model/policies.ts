/**
 * The list policies below
 * `HKLM\SOFTWARE\Policies\Microsoft\Windows\CredentialsDelegation`, as data.
 * Each is a switch (a DWORD with the policy's name), a "concatenate OS defaults"
 * DWORD, and a subkey with the policy's name that holds the entries as strings.
 * Source: CredSsp.admx (credssp-facts, section 7).
 */
export const policies = {
  AllowFreshCredentials: { concatenate: "ConcatenateDefaults_AllowFresh" },
} as const satisfies Record<string, { readonly concatenate: string }>;

/** The name of a list policy: its switch and its subkey are called so. */
export type PolicyName = keyof typeof policies;

/** Every list policy this package manages, in a fixed order. */
export const policyNames = Object.keys(policies) as readonly PolicyName[];

/** The key, below HKLM, of all list policies. */
export const delegationKey =
  "Software\\Policies\\Microsoft\\Windows\\CredentialsDelegation";
