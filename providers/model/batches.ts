import { formatLedger, type Ledger } from "./ledger";
import { isNoChange } from "./planPolicy";
import { policyNames } from "./policies";
import type { Facets } from "./plan";
import type { Batch, Step } from "./steps";

/**
 * The steps that bring a host to where its facets are planned to be, in the order
 * in which a crash does no harm: the ledger is written before what it records on the
 * way in, and in the batch after it on the way out. So a crash in between leaves a
 * record of what is there, never something of ours without a record.
 * @param text the ledger as it stands in the registry.
 */
export function toBatches(
  text: string | null,
  ledger: Ledger,
  facets: Facets,
): readonly Batch[] {
  if (facets.waiting.length > 0) return [];
  const [during, after] = [facets.during, facets.after].map(formatLedger) as [
    string,
    string,
  ];
  const written = text === null ? "" : formatLedger(ledger);
  const { cmdlet, together } = toSteps(facets);
  if (cmdlet === null && together.length === 0) {
    return after === written ? [] : [[{ kind: "writeLedger", text: after }]];
  }
  const before: Batch =
    during === written ? [] : [{ kind: "writeLedger", text: during }];
  const end: Batch =
    after === during ? [] : [{ kind: "writeLedger", text: after }];
  const batches: readonly Batch[] = cmdlet
    ? [before, [cmdlet], together, end]
    : [[...before, ...together], end];
  return batches.filter((batch) => batch.length > 0);
}

/** The cmdlet that goes alone, if one does exactly what is wanted; and what can go together. */
function toSteps({ roles, policies }: Facets): {
  readonly cmdlet: Step | null;
  readonly together: readonly Step[];
} {
  const { client, service } = roles;
  const fresh = policies.AllowFreshCredentials;
  const together: Step[] = [];
  if (service.turn === "on") together.push({ kind: "enableServer" });
  if (service.turn === "off") together.push({ kind: "disableServer" });

  // Enable turns the flag on as well; a flag under policy makes it fail (2150858890).
  const names =
    client.turn !== "off" && client.outcome === "ours"
      ? fresh.enableNames
      : null;
  const cmdlet: Step | null = names
    ? { kind: "enableClient", names }
    : fresh.canDisable && client.turn === "off"
      ? { kind: "disableClient" }
      : null;
  if (cmdlet === null && client.turn === "off") {
    together.push({ kind: "setClientAuth", on: false });
  }
  for (const policy of policyNames) {
    const { local, live } = policies[policy].change;
    const isDone = cmdlet !== null && policy === "AllowFreshCredentials";
    if (isDone || (isNoChange(local) && isNoChange(live))) continue;
    together.push({ kind: "writePolicy", policy, local, live });
  }
  if (cmdlet === null && client.turn === "on") {
    together.push({ kind: "setClientAuth", on: true });
  }
  return { cmdlet, together };
}
