import type { Role } from "../model/facts";
import type { Problem } from "../model/errors";
import type { DesiredPolicy } from "../model/request";

/** The kinds of resource; also the words in Pulumi's type tokens and in the handle. */
export type Kind = "CredSSPServer" | "CredSSPClient" | "DelegationPolicy";

/** Plain properties, as they travel between the program, Pulumi's state and the provider. */
export type Properties = Readonly<Record<string, unknown>>;

/** A property's normal form, or everything that is wrong with it. */
export type CheckedProperty =
  { readonly value: unknown } | { readonly problems: readonly Problem[] };

/** How one property is read: pure, and it never sees a value that Pulumi does not know yet. */
export type ReadProperty = (given: unknown, all: Properties) => CheckedProperty;

/**
 * What tells one kind of resource from another. All of them share one life
 * cycle (`provider.ts`) and one way to change a host (`reconcile.ts`).
 */
export interface Definition {
  readonly kind: Kind;
  /** What is being attempted, as the beginning of an error: "Delegating credentials". */
  readonly attempt: string;
  /** The role that the resource switches on, or null. */
  readonly role: Role | null;
  /** The kind's own properties, beside `host`, `connection` and `owner`. */
  readonly properties: Readonly<Record<string, ReadProperty>>;
  /** Those that make another object of it when they change, beside `host`. */
  readonly replacing: readonly string[];
  /** What comes after `<host>/` in the id. */
  id(declared: Properties): string;
  /** The list that the resource has entries in, or null. */
  readonly list: {
    /** The property that holds the entries. */
    readonly property: string;
    desired(declared: Properties): DesiredPolicy;
    /** An entry as the property spells it, as an SPN. */
    spn(entry: string): string;
  } | null;
}
