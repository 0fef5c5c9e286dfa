import * as pulumi from "@pulumi/pulumi";
import type { Connection } from "./connection";
import { permission } from "./pulumi/check";
import type { Definition } from "./pulumi/definition";
import type { Outcome } from "./model/outcomes";
import { registration } from "./pulumi/registration";

/** What a {@link CredSSPServer} takes. */
export interface CredSSPServerArgs {
  /**
   * The computer that is to accept delegated credentials, by the name it is
   * reached under. It is the identity: changing it replaces the resource.
   */
  readonly host: pulumi.Input<string>;
  /** How the host is reached. Changing it never replaces. @default { transport: "local" } */
  readonly connection?: pulumi.Input<Connection>;
  /** Takes over a role that is on already, so that it goes with the resource; without it, it stays on. @default false */
  readonly adopt?: pulumi.Input<boolean>;
  /** Accepts credentials although the host accepts unpatched CredSSP (CVE-2018-0886, `AllowEncryptionOracle` = 2). @default false */
  readonly acceptVulnerableOracle?: pulumi.Input<boolean>;
  /** Starts a WinRM service that does not run, and enables a disabled one; it keeps running afterwards. @default false */
  readonly startService?: pulumi.Input<boolean>;
}

/**
 * The server role: this host accepts credentials that a client delegates by
 * CredSSP, as after `Enable-WSManCredSSP -Role Server -Force`.
 *
 * A role that was on before stays on when the resource is deleted; one that
 * Group Policy switches is left to it and reported.
 *
 * @example
 * new CredSSPServer("cm12", {
 *   host: "cm12.do.local",
 *   connection: { transport: "winrm" },
 * });
 */
export class CredSSPServer extends pulumi.CustomResource {
  declare readonly host: pulumi.Output<string>;
  declare readonly connection: pulumi.Output<Connection>;
  /** Whether the role is on. */
  declare readonly enabled: pulumi.Output<boolean>;
  /** `ours`, `satisfiedByPolicy` or, in a refresh, `blockedByPolicy`. */
  declare readonly flag: pulumi.Output<Outcome>;
  /** What somebody else had left: `flag` is `on`, `off`, or `unknown` when it was under policy. */
  declare readonly before: pulumi.Output<{ readonly flag?: string }>;
  /** What is worth knowing and stops nothing. */
  declare readonly warnings: pulumi.Output<readonly string[]>;

  constructor(
    name: string,
    args: CredSSPServerArgs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(
      ...registration(
        credsspServer.kind,
        name,
        { flag: undefined, ...args },
        opts,
      ),
    );
  }
}

/** What is particular about the server role. */
export const credsspServer: Definition = {
  kind: "CredSSPServer",
  attempt: "Accepting delegated credentials",
  role: "service",
  properties: {
    adopt: permission,
    acceptVulnerableOracle: permission,
    startService: permission,
  },
  replacing: [],
  id: () => "CredSSPServer",
  list: null,
};
