import type { ListValue, Role } from "./facts";
import type { PolicyName } from "./policies";

/** What a `writePolicy` does to one store. Absent properties stay as they are; `null` removes a DWORD. */
export interface StoreChange {
  readonly add: readonly ListValue[];
  /** Values to remove, by name *and* data: a value that has another data by now is not ours. */
  readonly remove: readonly ListValue[];
  readonly switch?: number | null;
  readonly concatenate?: number | null;
}

/**
 * One thing done to a host. Done twice, a step leaves what doing it once leaves,
 * but for `enableClient`: the cmdlet adds its entries once more, so it is planned
 * only for entries that are in neither store. It and `disableClient` edit local
 * policy and can take their process down (PowerShell#4784).
 */
export type Step =
  /** An empty text removes the ledger. */
  | { readonly kind: "writeLedger"; readonly text: string }
  | { readonly kind: "enableServer" }
  | { readonly kind: "disableServer" }
  | { readonly kind: "enableClient"; readonly names: readonly string[] }
  | { readonly kind: "disableClient" }
  | { readonly kind: "setClientAuth"; readonly on: boolean }
  /** Starts WinRM; a disabled one is set to start by itself first. */
  | { readonly kind: "startService" }
  | {
      readonly kind: "writePolicy";
      readonly policy: PolicyName;
      readonly local: StoreChange;
      readonly live: StoreChange;
    };

/** Steps that go to a host in one round trip. */
export type Batch = readonly Step[];

/** The role a step switches, if it does. */
export function roleOf(step: Step): Role | null {
  switch (step.kind) {
    case "enableServer":
    case "disableServer":
      return "service";
    case "enableClient":
    case "disableClient":
    case "setClientAuth":
      return "client";
    default:
      return null;
  }
}
