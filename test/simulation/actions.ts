import type { PolicyState, Role } from "../../providers/model/facts";

/** Where an operation breaks off: after the first `steps` steps of its `at`-th batch. */
export interface Crash {
  readonly at: number;
  readonly steps: number;
  /** The `writePolicy` that comes next has written local policy when it happens, as the PowerShell adapter does first. */
  readonly half: boolean;
  /**
   * `error`: the host gives an error, and answers again. `lost`: it answers no more in this operation.
   * `killed`: Pulumi and its providers are gone, and the state is as before.
   */
  readonly how: "error" | "lost" | "killed";
}

/** What a program wants of one resource; each kind takes what it knows. */
export interface Wish {
  readonly targets: readonly string[];
  readonly enabled: boolean;
  readonly concatenate: boolean | null;
  readonly exclusive: boolean;
  readonly adopt: boolean;
  readonly broad: boolean;
  readonly vulnerable: boolean;
  readonly starts: boolean;
}

/** What somebody changes in a program before its next up. */
export interface Change {
  /** Which of the stack's resources, counted round. */
  readonly slot: number;
  /** Null: it leaves the program. */
  readonly wish: Wish | null;
  /** It is renamed, or gets an alias: its owner changes. */
  readonly rename: boolean;
}

/** With the policy editor, into the policy file (no pass follows), or straight into HKLM. */
export const ways = ["editor", "file", "hklm"] as const;
export type Way = (typeof ways)[number];

/** Hosts, stacks and policies are meant by number, counted round: so every action fits every fleet, and shrinks. */
export type Action =
  | {
      readonly what: "up";
      readonly stack: number;
      readonly changes: readonly Change[];
      /** `pulumi up --refresh`. */
      readonly refresh: boolean;
      readonly crash: Crash | null;
      /** Before which batch somebody else adds an entry, so that the plan is stale. */
      readonly staleAt: number | null;
    }
  | {
      readonly what: "destroy";
      readonly stack: number;
      readonly crash: Crash | null;
    }
  | { readonly what: "refresh"; readonly stack: number }
  | Hand;

/** What others do to a host. */
export type Hand = { readonly host: number } & (
  | { readonly what: "policy pass" }
  | {
      readonly what: "somebody adds" | "somebody revokes";
      readonly policy: number;
      readonly data: string;
      readonly by: Way;
    }
  | {
      readonly what: "somebody switches";
      readonly role: Role;
      readonly on: boolean;
    }
  | {
      readonly what: "somebody rules";
      readonly role: Role;
      readonly value: 0 | 1 | null;
    }
  | {
      readonly what: "somebody sets";
      readonly policy: number;
      readonly which: "switch" | "concatenate";
      readonly value: number | null;
    }
  /** The domain's policy object, and the pass that brings it; null: it has no say any more. */
  | {
      readonly what: "the domain sets";
      readonly policy: number;
      readonly setting: PolicyState | null;
    }
  | { readonly what: "policy never applies"; readonly on: boolean }
  | { readonly what: "local policy is off"; readonly on: boolean }
  | { readonly what: "the host is silent"; readonly on: boolean }
  | { readonly what: "the oracle is vulnerable"; readonly on: boolean }
  | {
      readonly what: "WinRM stops";
      readonly how: "stopped" | "disabled" | "running";
    }
  | {
      readonly what: "ledger is lost";
      readonly how: "deleted" | "imaged";
    }
);
