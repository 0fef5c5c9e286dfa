import * as pulumi from "@pulumi/pulumi";
import type { Connection } from "./connection";
import { checkTarget, unknownValue } from "./model/delegates";
import { policyNames, type PolicyName } from "./model/policies";
import { entries, flag, oneOf, seconds } from "./pulumi/check";
import type { Definition, Properties } from "./pulumi/definition";
import type { FacetOutcome } from "./pulumi/outputs";
import { registration } from "./pulumi/registration";

/** What a {@link DelegationPolicy} takes. */
export interface DelegationPolicyArgs {
  /** The computer the policy stands on. It is the identity: changing it replaces the resource. */
  readonly host: pulumi.Input<string>;
  /** The policy, by the name of its registry value. Changing it replaces the resource. */
  readonly policy: pulumi.Input<PolicyName>;
  /**
   * Whole service principal names, such as `WSMAN/*.do.local` or `TERMSRV/jump01`.
   * Entries of others are left alone. May be left out with `enabled: false`.
   */
  readonly targets?: pulumi.Input<readonly pulumi.Input<string>[]>;
  /** `false` forbids this kind of delegation altogether: the policy is disabled. @default true */
  readonly enabled?: pulumi.Input<boolean>;
  /** How the host is reached. Changing it never replaces. @default { transport: "local" } */
  readonly connection?: pulumi.Input<Connection>;
  /** Lets `*` and wildcards over a single label pass. @default false */
  readonly allowBroadDelegation?: pulumi.Input<boolean>;
  /** How long policy processing may take to make an entry effective, in seconds. @default 90 */
  readonly policyTimeoutSeconds?: pulumi.Input<number>;
}

/**
 * One of the "Allow delegating ..." policies on one host, in local policy and in
 * HKLM at once, so that it is effective now and after every policy pass.
 *
 * @example
 * new DelegationPolicy("fresh", {
 *   host: "orch01.do.local",
 *   policy: "AllowFreshCredentials",
 *   targets: ["WSMAN/*.do.local"],
 *   connection: { transport: "winrm" },
 * });
 */
export class DelegationPolicy extends pulumi.CustomResource {
  declare readonly host: pulumi.Output<string>;
  declare readonly connection: pulumi.Output<Connection>;
  declare readonly policy: pulumi.Output<PolicyName>;
  /** The declared targets that are in the list now. */
  declare readonly targets: pulumi.Output<readonly string[]>;
  /** Whether the policy allows (`true`) or forbids (`false`); null where a refresh found neither. */
  declare readonly enabled: pulumi.Output<boolean | null>;
  /** The list: `ours`, `satisfiedByPolicy` or, in a refresh, `blockedByPolicy`. */
  declare readonly list: pulumi.Output<FacetOutcome>;
  /** What somebody else had left of each target: `present` or `absent`. */
  declare readonly before: pulumi.Output<{
    readonly entries?: Readonly<Record<string, string>>;
  }>;
  /** What is worth knowing and stops nothing. */
  declare readonly warnings: pulumi.Output<readonly string[]>;

  constructor(
    name: string,
    args: DelegationPolicyArgs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(
      ...registration(
        delegationPolicy.kind,
        name,
        { list: undefined, ...args },
        opts,
      ),
    );
  }
}

/** A prohibition makes sense without targets; so may what is not known yet. */
const mayForbid = ({ enabled }: Properties): boolean =>
  enabled === false || enabled === unknownValue;

/** What is particular about a policy. */
export const delegationPolicy: Definition = {
  kind: "DelegationPolicy",
  attempt: "Setting the delegation policy",
  role: null,
  properties: {
    policy: oneOf(policyNames),
    targets: entries(checkTarget, mayForbid),
    enabled: flag(true),
    allowBroadDelegation: flag(false),
    policyTimeoutSeconds: seconds(90),
  },
  replacing: ["policy"],
  id: (declared) => `DelegationPolicy/${String(declared["policy"])}`,
  list: {
    property: "targets",
    spn: (target) => target,
    desired: (declared) => ({
      policy: declared["policy"] as PolicyName,
      entries: declared["targets"] as readonly string[],
      enabled: declared["enabled"] === true,
      byCmdlet: false,
    }),
  },
};
