import * as pulumi from "@pulumi/pulumi";
import type { Connection } from "./connection";
import { checkDelegate, spnOf } from "./model/delegates";
import { entries, flag, permission, seconds } from "./pulumi/check";
import type { Definition } from "./pulumi/definition";
import type { Outcome } from "./model/outcomes";
import { registration } from "./pulumi/registration";

/** What a {@link CredSSPClient} takes. */
export interface CredSSPClientArgs {
  /**
   * The computer that is to delegate. It is the identity: changing it replaces
   * the resource.
   */
  readonly host: pulumi.Input<string>;
  /**
   * The computers it may delegate fresh credentials to, exactly as they will be
   * typed after `-ComputerName`; `*.do.local` stands for a domain. Names of
   * others in the list are left alone.
   */
  readonly delegateComputers: pulumi.Input<readonly pulumi.Input<string>[]>;
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
  /** Starts a WinRM service that does not run, and enables a disabled one; it keeps running afterwards. @default false */
  readonly startService?: pulumi.Input<boolean>;
}

/**
 * The client role: this host may delegate fresh credentials to these computers,
 * as after `Enable-WSManCredSSP -Role Client -DelegateComputer ... -Force`.
 *
 * @example
 * new CredSSPClient("orch", {
 *   host: "orch01.do.local",
 *   delegateComputers: ["*.do.local"],
 *   connection: { transport: "winrm" },
 * });
 */
export class CredSSPClient extends pulumi.CustomResource {
  declare readonly host: pulumi.Output<string>;
  declare readonly connection: pulumi.Output<Connection>;
  /** The declared computers that are effective now. */
  declare readonly delegateComputers: pulumi.Output<readonly string[]>;
  /** Whether the role is on. */
  declare readonly enabled: pulumi.Output<boolean>;
  /** The role: `ours`, `satisfiedByPolicy` or, in a refresh, `blockedByPolicy`. */
  declare readonly flag: pulumi.Output<Outcome>;
  /** The list of computers, likewise. */
  declare readonly list: pulumi.Output<Outcome>;
  /** The computers that are not in the list, by the entry of the domain's policy that covers them. */
  declare readonly coveredBy: pulumi.Output<
    Readonly<Record<string, string>> | undefined
  >;
  /** What somebody else had left: the role (`on`, `off`, `unknown`) and each entry (`present`, `absent`). */
  declare readonly before: pulumi.Output<{
    readonly flag?: string;
    readonly entries?: Readonly<Record<string, string>>;
  }>;
  /** What is worth knowing and stops nothing. */
  declare readonly warnings: pulumi.Output<readonly string[]>;

  constructor(
    name: string,
    args: CredSSPClientArgs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(
      ...registration(
        credsspClient.kind,
        name,
        { flag: undefined, list: undefined, coveredBy: undefined, ...args },
        opts,
      ),
    );
  }
}

/** What is particular about the client role. */
export const credsspClient: Definition = {
  kind: "CredSSPClient",
  attempt: "Delegating credentials",
  role: "client",
  properties: {
    delegateComputers: entries(checkDelegate),
    allowBroadDelegation: flag(false),
    policyTimeoutSeconds: seconds(90),
    adopt: permission,
    acceptVulnerableOracle: permission,
    startService: permission,
  },
  replacing: [],
  id: () => "CredSSPClient",
  list: {
    property: "delegateComputers",
    spn: spnOf,
    desired: (declared) => ({
      policy: "AllowFreshCredentials",
      entries: (declared["delegateComputers"] as readonly string[]).map(spnOf),
      enabled: true,
      concatenate: null,
      exclusive: false,
      byCmdlet: true,
    }),
  },
};
