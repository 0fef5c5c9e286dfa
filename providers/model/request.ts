import type { Role } from "./facts";
import type { PolicyName } from "./policies";

/** What a resource wants of one host. */
export interface Desired {
  /** The role that is to be on, if the resource is about one. */
  readonly flag: Role | null;
  /** The list that is to hold entries, if the resource is about one. */
  readonly list: DesiredList | null;
}

/** What a resource wants of one list policy. */
export interface DesiredList {
  readonly policy: PolicyName;
  /** Whole SPNs in their normal form, none twice (`spnKey`). */
  readonly entries: readonly string[];
  /** Whether the policy is to allow (its switch 1) or to forbid (0). */
  readonly enabled: boolean;
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
}

/**
 * What this run did so far with the cmdlets that edit local policy:
 * `allowed`: nothing. `ran`: one ran, and policy processing may still have to
 * bring what it wrote to HKLM. `avoided`: one failed or took its session down,
 * so our own writer does the rest.
 */
export type CmdletUse = "allowed" | "ran" | "avoided";

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
  /** The connection itself is authenticated by CredSSP, as connections to this host's service role are. */
  readonly travelsOnCredssp: boolean;
}

/** Nothing was added before. */
export const nothingAdded: Added = {
  ledger: "",
  flag: false,
  entries: [],
};
