import type { StepEventMetadata } from "@pulumi/pulumi/automation";
import { isDeepStrictEqual } from "node:util";
import { nameOf, type Ran } from "./stack";

/**
 * What a run did to our resources, as "update cm12.do.local", sorted. Resources
 * that stayed as they were, and looks at hosts, are left out.
 */
export function changes({ events }: Ran): readonly string[] {
  return steps(events.map((event) => event.resourcePreEvent?.metadata))
    .filter(({ op }) => op !== "same" && op !== "refresh")
    .map(({ op, urn }) => `${op} ${nameOf(urn)}`)
    .sort();
}

/** The same in the order in which the steps ended. */
export function finished({ events }: Ran): readonly string[] {
  return steps(events.map((event) => event.resOutputsEvent?.metadata))
    .filter(({ op }) => op !== "same" && op !== "refresh")
    .map(({ op, urn }) => `${op} ${nameOf(urn)}`);
}

/** What a refresh found to be different: by resource and property, what the state said and what is there. */
export function drift({ events }: Ran): Readonly<Record<string, unknown>> {
  const found = steps(events.map((event) => event.resOutputsEvent?.metadata))
    .filter(({ op }) => op === "refresh")
    .map((step) => [nameOf(step.urn), differences(step)] as const)
    .filter(([, differing]) => Object.keys(differing).length > 0);
  return Object.fromEntries(found);
}

/** The errors and warnings of a run: whose they are (a name, or nothing), and what they say. */
export function complaints(
  { events }: Ran,
  severity: "error" | "warning" = "error",
): readonly { readonly of: string; readonly message: string }[] {
  return events
    .flatMap(({ diagnosticEvent }) => diagnosticEvent ?? [])
    .filter((said) => said.severity === severity)
    .map(({ urn, message }) => ({ of: nameOf(urn ?? ""), message }));
}

/** Pulumi's own resources (the stack, the provider) are of no interest. */
function steps(
  all: readonly (StepEventMetadata | undefined)[],
): readonly StepEventMetadata[] {
  return all
    .filter((step) => step !== undefined)
    .filter(({ type }) => !type.startsWith("pulumi:"));
}

function differences(
  step: StepEventMetadata,
): Readonly<Record<string, readonly [unknown, unknown]>> {
  const before = values(step.old);
  const after = values(step.new);
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries(
    [...names]
      .filter((name) => !isDeepStrictEqual(before[name], after[name]))
      .map((name) => [name, [before[name], after[name]] as const]),
  );
}

function values(
  state: StepEventMetadata["old"],
): Readonly<Record<string, unknown>> {
  return (state?.outputs ?? {}) as Readonly<Record<string, unknown>>;
}

/** The run, which must have succeeded. */
export function succeeded(ran: Ran): Ran {
  if (ran.error) throw ran.error;
  return ran;
}
