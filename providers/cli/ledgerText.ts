import { printable, type CredsspError } from "../model/errors";
import type { HostFacts } from "../model/facts";
import type { Ledger } from "../model/ledger";
import {
  beforeIn,
  holdingsOf,
  namesOf,
  ownersIn,
  type Holding,
} from "./ledgerHoldings";
import type { Outcome } from "./ledgerOutcome";
import { table } from "./table";

/** A host's ledger, or why there is none to show. */
export type Looked = { readonly host: string } & (
  | { readonly error: CredsspError }
  | {
      readonly facts: HostFacts;
      readonly ledger: Ledger | null;
    }
);

/** What releasing an owner came to on one host. */
export type Released = { readonly host: string } & (
  | { readonly error: CredsspError }
  | {
      readonly outcomes: readonly Outcome[];
      readonly notes: readonly string[];
    }
);

/** Ledgers for people, host by host and owner by owner. What could not be shown is among the failures. */
export function describeLedgers(all: readonly Looked[]): string {
  return all
    .flatMap((one) => ("error" in one ? [] : [describeLedger(one)]))
    .join("\n");
}

function describeLedger({
  host,
  facts,
  ledger,
}: Exclude<Looked, { error: CredsspError }>): string {
  if (ledger === null) {
    return `${host}: no ledger, so nothing here is ours\n`;
  }
  const holdings = holdingsOf(ledger);
  const of = (owner: string): readonly Holding[] =>
    holdings.filter(({ owners }) => owners.includes(owner));
  const debts = holdings.filter(({ owners }) => owners.length === 0);
  const head = isOthers(ledger, facts)
    ? `${host}: ledger ${printable(ledger.id)} of another machine (MachineGuid ${printable(ledger.machineGuid)}, here ${facts.computer.machineGuid}): nothing in it counts here\n`
    : `${host}: ledger ${printable(ledger.id)}\n`;
  const blocks = ownersIn(holdings).map(
    (owner) => `  ${printable(owner)}\n${rows(of(owner).map(cellsOf))}`,
  );
  return [
    head,
    ...blocks,
    ...(debts.length > 0
      ? [
          `  nobody any more: a debt, settled by the next run on this host that can\n${rows(debts.map(cellsOf))}`,
        ]
      : []),
  ].join("");
}

/** Ledgers for programs. */
export function ledgersForPrograms(all: readonly Looked[]): unknown {
  return all.map((one) => {
    const { host } = one;
    if ("error" in one) {
      const { error } = one;
      const state = stateIn[error.problem.code];
      return {
        host,
        ...(state && { ledger: { state } }),
        error: error.problem,
      };
    }
    const { ledger, facts } = one;
    if (ledger === null) return { host, ledger: { state: "none" } };
    const { id, machineGuid } = ledger;
    const holdings = holdingsOf(ledger);
    return {
      host,
      ledger: {
        state: isOthers(ledger, facts) ? "otherMachine" : "here",
        id,
        machineGuid,
      },
      owners: ownersIn(holdings),
      records: holdings,
    };
  });
}

/** What errors say of the ledger itself. */
const stateIn: Readonly<Record<string, string | undefined>> = {
  CREDSSP307: "newer",
  CREDSSP308: "damaged",
};

/** Whether a ledger is that of the machine an image was made of. */
export function isOthers(ledger: Ledger, facts: HostFacts): boolean {
  return ledger.machineGuid !== facts.computer.machineGuid;
}

/** Releases for people. */
export function describeReleases(
  owner: string,
  all: readonly Released[],
): string {
  return all
    .flatMap((one) => ("error" in one ? [] : [describeRelease(owner, one)]))
    .join("\n");
}

function describeRelease(
  owner: string,
  { host, outcomes, notes }: Exclude<Released, { error: CredsspError }>,
): string {
  if (outcomes.length === 0) {
    return `${host}: nothing is recorded of ${printable(owner)}\n`;
  }
  const cells = outcomes.map(({ holding, outcome, why }) => {
    const [name, detail] = namesOf(holding);
    const what = holding.kind === "removed" ? holding.entry : detail;
    return [outcome, name, what, why];
  });
  return [
    `${host}: released ${printable(owner)}\n`,
    rows(cells),
    ...notes.map((note) => `  ${printable(note)}\n`),
  ].join("");
}

/** Releases for programs. */
export function releasesForPrograms(
  owner: string,
  all: readonly Released[],
): unknown {
  return all.map((one) => {
    const { host } = one;
    if ("error" in one) return { host, error: one.error.problem };
    const outcomes = one.outcomes.map(({ holding, ...how }) => {
      const { owners, ...what } = holding;
      return { ...what, ...how, others: owners.filter((o) => o !== owner) };
    });
    return { host, owner, outcomes, notes: one.notes };
  });
}

function cellsOf(holding: Holding): readonly string[] {
  return [...namesOf(holding), beforeIn(holding)];
}

/** Cells under no headings, further in. */
function rows(cells: readonly (readonly string[])[]): string {
  const width = cells[0]?.length ?? 0;
  return table(Array<string>(width).fill(""), cells).replace(
    /^(?=.)/gmu,
    "    ",
  );
}
