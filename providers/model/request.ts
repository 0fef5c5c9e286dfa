import type { Role } from "./facts";
import type { DwordBefore } from "./ledger";
import type { PolicyName } from "./policies";

/** What a resource wants of one host. */
export interface Desired {
  /** The role that is to be on, if the resource is about one. */
  readonly flag: Role | null;
  /** The policy that is to be set, if the resource is about one. */
  readonly list: DesiredPolicy | null;
}

/** What a resource wants of one policy. */
export interface DesiredPolicy {
  readonly policy: PolicyName;
  /** Whole SPNs in their normal form, none twice (`spnKey`). */
  readonly entries: readonly string[];
  /** Whether the policy is to be enabled (its switch 1) or disabled (0). */
  readonly enabled: boolean;
  /** "Concatenate OS defaults with input above"; null: no opinion. */
  readonly concatenate: boolean | null;
  /** Entries that nobody of ours owns are to go, until the resource does. */
  readonly exclusive: boolean;
  /** Whether the WSMan cmdlet may write it: it knows `wsman/` entries of one list only. */
  readonly byCmdlet: boolean;
}

/** What an earlier run put on the host, by the resource's outputs: it counts when the ledger was lost. */
export interface Added {
  /** The id of the ledger that recorded it, or the empty string. */
  readonly ledger: string;
  readonly flag: boolean;
  /** As `spnKey`. */
  readonly entries: readonly string[];
  /** What stood in the policy's DWORDs before, where it set them. */
  readonly dwords: Readonly<Partial<Record<Dword, DwordBefore>>>;
}

/** A policy's DWORDs. */
export type Dword = "switch" | "concatenate";

/**
 * What this run did so far with the cmdlets that edit local policy:
 * `allowed`: nothing. `ran`: one ran, and policy processing may still have to
 * bring what it wrote to HKLM. `avoided`: one failed or took its session down,
 * so our own writer does the rest.
 */
export type CmdletUse = "allowed" | "ran" | "avoided";

/** What a resource allows, beside what it declares. */
export interface Options {
  /** What is there already is taken over, so that it goes with the resource; else it stays. */
  readonly adopt: boolean;
  /** Delegation may be switched on although the host accepts unpatched CredSSP. */
  readonly acceptVulnerableOracle: boolean;
  /** A WinRM service that a step needs and that does not run may be started. */
  readonly startService: boolean;
  /** Entries that `exclusive` took away may come back even where they are broad. */
  readonly allowBroadDelegation: boolean;
}

/** Nothing is allowed. */
export const noOptions: Options = {
  adopt: false,
  acceptVulnerableOracle: false,
  startService: false,
  allowBroadDelegation: false,
};

/** One question to the planner. */
export interface Request {
  /** Who asks: the label of the project, then the URN of the resource. */
  readonly owner: string;
  /** Who the resource was before a rename or an alias, as far as that is not finished. */
  readonly formerOwners: readonly string[];
  /** Null: nothing any more. */
  readonly desired: Desired | null;
  readonly added: Added;
  /** The id of a ledger that has to be begun. */
  readonly newLedgerId: string;
  readonly cmdlet: CmdletUse;
  readonly options: Options;
  /** The connection itself is authenticated by CredSSP, as connections to this host's service role are. */
  readonly travelsOnCredssp: boolean;
}

/** Nothing was added before. */
export const nothingAdded: Added = {
  ledger: "",
  flag: false,
  entries: [],
  dwords: {},
};
