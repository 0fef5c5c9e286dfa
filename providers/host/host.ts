import type { FingerprintPart, HostFacts } from "../model/facts";
import type { Batch, Step } from "../model/steps";

/** What `New-PSSession -Authentication` takes, in Microsoft's spelling. */
export const authentications = [
  "Default",
  "Basic",
  "Credssp",
  "Digest",
  "Kerberos",
  "Negotiate",
  "NegotiateWithImplicitCredential",
] as const;

/** A value of `-Authentication`. */
export type Authentication = (typeof authentications)[number];

/** The key of the stack's configuration that may hold credentials, as a secret. */
export const credentialsKey = "credssp:credentials";

/** How a host is reached, with every default filled in and nothing left to interpret. */
export type Address =
  | { readonly transport: "local" }
  | {
      readonly transport: "winrm";
      /** Absent: Windows' own default, 5985, or 5986 with `useSSL`. */
      readonly port?: number;
      readonly useSSL: boolean;
      readonly authentication: Authentication;
      /** The session configuration; absent: the default one. */
      readonly configurationName?: string;
      /** The name of a credential; absent: who runs Pulumi. */
      readonly credential?: string;
      /** How long the session may take to open; absent: 30. */
      readonly openTimeoutSeconds?: number;
      /** How long a request may take, the opening of its session included; absent: 180. */
      readonly operationTimeoutSeconds?: number;
    }
  | {
      readonly transport: "ssh";
      /** Absent: sshd's, 22, or what ssh's own configuration says; so for all that follows. */
      readonly port?: number;
      readonly userName?: string;
      /** The private key's file. */
      readonly keyFilePath?: string;
      /** The name of sshd's subsystem that starts PowerShell; absent: powershell. */
      readonly subsystem?: string;
      /** ssh's own options, as after its `-o`. */
      readonly options?: Readonly<Record<string, string>>;
      readonly openTimeoutSeconds?: number;
      readonly operationTimeoutSeconds?: number;
    }
  | {
      readonly transport: "simulated";
      /** The folder of the simulated fleet, as declared: relative to the project's folder. */
      readonly fleet: string;
    };

/** Whether a connection is itself authenticated by CredSSP: switching the role off would cut it. */
export function isByCredssp(address: Address): boolean {
  return address.transport === "winrm" && address.authentication === "Credssp";
}

/** What a host said when a step failed: its words and its codes, for the error a person reads. */
export interface StepFailure {
  readonly step: Step["kind"];
  /** The host's own words, on one line. */
  readonly message: string;
  /** PowerShell's FullyQualifiedErrorId, or the empty string. */
  readonly errorId: string;
  /** The `Code` of a WSManFault (2150858890: the setting belongs to policy), or null. */
  readonly faultCode: number | null;
}

/**
 * How a batch ended.
 * - `done`: the steps were carried out, or those up to one that had to be done from outside; that is
 *   the cmdlets' word, so look at `facts` for what is left to do.
 * - `failed`: a step failed; those before it were carried out, those after it were not.
 * - `stale`: the host had moved on since the facts the batch was planned on; nothing was changed.
 * - `died`: the session or process that carried the steps out went down; how far it got only a
 *   new observation can say.
 */
export type Applied =
  | { readonly outcome: "done"; readonly facts: HostFacts }
  | {
      readonly outcome: "failed";
      readonly failure: StepFailure;
      readonly facts: HostFacts;
    }
  | {
      readonly outcome: "stale";
      readonly moved: readonly FingerprintPart[];
      readonly facts: HostFacts;
    }
  | { readonly outcome: "died"; readonly message: string };

/**
 * The port: one Windows host. Two adapters implement it, the simulated fleet and
 * PowerShell, and one contract suite holds both to it.
 *
 * Both methods throw a `CredsspError` (2xx) when the host cannot be reached or
 * gives no answer; then nothing is known of what was changed.
 */
export interface Host {
  /** Looks at the host. Changes nothing, starts no service, asks nobody. */
  observe(): Promise<HostFacts>;
  /**
   * Carries out a batch under the host's own lock, if the host still is as the
   * fingerprint of `planned` says, and looks again.
   */
  apply(batch: Batch, planned: HostFacts): Promise<Applied>;
}

/** Makes a host of its declared name and its address. Opens nothing: the first call does. */
export type Connect = (host: string, address: Address) => Host;
