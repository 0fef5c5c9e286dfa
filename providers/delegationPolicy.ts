import * as pulumi from "@pulumi/pulumi";
import type { Connection } from "./connection";
import { checkTarget, unknownValue } from "./model/delegates";
import { problem, shownIfWord } from "./model/errors";
import {
  isPolicy,
  listKeyOf,
  policyNames,
  type PolicyName,
} from "./model/policies";
import {
  entries,
  flag,
  oneOf,
  opinion,
  permission,
  seconds,
} from "./pulumi/check";
import type { Definition, Properties, ReadProperty } from "./pulumi/definition";
import type { Added } from "./model/request";
import type { Outcome } from "./model/outcomes";
import { registration } from "./pulumi/registration";

/** What a {@link DelegationPolicy} takes. */
export interface DelegationPolicyArgs {
  /** The computer the policy stands on. It is the identity: changing it replaces the resource. */
  readonly host: pulumi.Input<string>;
  /**
   * The policy: one of the nine lists by the name of its registry value, or WinRM's
   * "Allow CredSSP authentication" as `WinRMClientAllowCredSSP` or `WinRMServiceAllowCredSSP`.
   * Changing it replaces the resource.
   */
  readonly policy: pulumi.Input<PolicyName>;
  /**
   * Whole service principal names, such as `WSMAN/*.do.local` or `TERMSRV/jump01`.
   * Entries of others are left alone. May be left out with `enabled: false`; WinRM's policies have none.
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
  /** Takes over what is there already, so that it goes with the resource; without it, that stays. @default false */
  readonly adopt?: pulumi.Input<boolean>;
  /** Delegates although the host accepts unpatched CredSSP (CVE-2018-0886, `AllowEncryptionOracle` = 2). @default false */
  readonly acceptVulnerableOracle?: pulumi.Input<boolean>;
  /**
   * "Concatenate OS defaults with input above". Left out, a list that this resource
   * makes has it (without it Windows' own `TERMSRV/*` no longer counts, which can
   * break Remote Desktop), and one that is there already keeps what it has.
   */
  readonly concatenateDefaults?: pulumi.Input<boolean>;
  /**
   * Takes every entry out of the list that no resource of ours declares; they come
   * back when this resource goes. @default false
   */
  readonly exclusive?: pulumi.Input<boolean>;
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
  declare readonly list: pulumi.Output<Outcome>;
  /** The targets that are not in the list, by the entry of the domain's policy that covers them. */
  declare readonly coveredBy: pulumi.Output<
    Readonly<Record<string, string>> | undefined
  >;
  /** What somebody else had left: each target (`present`, `absent`), and the policy's DWORDs in each store we set (null: absent). */
  declare readonly before: pulumi.Output<{
    readonly entries?: Readonly<Record<string, string>>;
    readonly dwords?: Added["dwords"];
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
        { list: undefined, coveredBy: undefined, ...args },
        opts,
      ),
    );
  }
}

/** A prohibition makes sense without targets, and a policy that is no list has none; so may what is not known yet. */
const mayBeEmpty = ({ enabled, policy }: Properties): boolean =>
  enabled === false ||
  enabled === unknownValue ||
  policy === unknownValue ||
  isSwitch(policy);

/** Whether a policy is no list: WinRM's two are only enabled or disabled. */
const isSwitch = (policy: unknown): boolean =>
  isPolicy(policy) && listKeyOf(policy) === null;

/** To refuse delegation broadly hands credentials to nobody. */
const isDeny = ({ policy }: Properties): boolean =>
  String(policy).startsWith("Deny");

/** A property that only a list has. */
function listOnly(read: ReadProperty): ReadProperty {
  return (given, all) => {
    const isGiven =
      given !== undefined &&
      given !== false &&
      !(Array.isArray(given) && given.length === 0);
    if (!isGiven || !isSwitch(all["policy"])) return read(given, all);
    const policy = String(all["policy"]);
    return {
      problems: [problem("CREDSSP112", { policy, found: shownIfWord(given) })],
    };
  };
}

/** What is particular about a policy. */
export const delegationPolicy: Definition = {
  kind: "DelegationPolicy",
  attempt: "Setting the delegation policy",
  role: null,
  properties: {
    policy: oneOf(policyNames),
    targets: listOnly(entries(checkTarget, mayBeEmpty, isDeny)),
    enabled: flag(true),
    allowBroadDelegation: flag(false),
    policyTimeoutSeconds: seconds(90),
    adopt: permission,
    acceptVulnerableOracle: permission,
    concatenateDefaults: listOnly(opinion),
    exclusive: listOnly(permission),
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
      concatenate: (declared["concatenateDefaults"] ?? null) as boolean | null,
      exclusive: declared["exclusive"] === true,
      byCmdlet: false,
    }),
  },
};
