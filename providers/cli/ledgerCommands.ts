import { randomUUID } from "node:crypto";
import { realClock } from "../host/clock";
import {
  isByCredssp,
  type Address,
  type Connect,
  type Host,
} from "../host/host";
import { asCredsspError, CredsspError, problem } from "../model/errors";
import type { HostFacts } from "../model/facts";
import { knows, parseLedger, type Ledger } from "../model/ledger";
import { nothingAdded, type Options } from "../model/request";
import { HalfDone, reconcile } from "../pulumi/reconcile";
import type { Answer } from "./fleetCommands";
import { holdingsOf, ownersIn } from "./ledgerHoldings";
import { outcomesOf } from "./ledgerOutcome";
import { findOwner } from "./ledgerOwner";
import {
  describeLedgers,
  describeReleases,
  isOthers,
  ledgersForPrograms,
  releasesForPrograms,
  type Looked,
  type Released,
} from "./ledgerText";

/** A ledger command with everything it needs. */
export interface LedgerInvocation {
  /** In their normal form, each once. */
  readonly hosts: readonly string[];
  readonly address: Address;
  readonly connect: Connect;
  readonly json: boolean;
  /** Whom to release: as it was typed. */
  readonly owner: string;
  readonly options: Options;
}

/** `ledger list`: hosts that cannot be looked at are named, the others are shown all the same. */
async function list({
  json,
  ...invocation
}: LedgerInvocation): Promise<Answer> {
  const all = await lookAtAll(invocation, "Looking at the ledger");
  return {
    text: json ? toJson(ledgersForPrograms(all)) : describeLedgers(all),
    failures: all.flatMap((one) => ("error" in one ? [one.error.message] : [])),
  };
}

/** `ledger release`: who is meant is settled on all hosts before anything is changed on one. */
async function release(invocation: LedgerInvocation): Promise<Answer> {
  const { owner: given, json } = invocation;
  const attempt = `Releasing ${given}`;
  const looked = (await lookAtAll(invocation, attempt)).map((one) =>
    refuseOthers(one, attempt),
  );
  const seen = looked.filter((one) => "facts" in one);
  const found = findOwner(
    given,
    ownersIn(seen.flatMap(({ ledger }) => (ledger ? holdingsOf(ledger) : []))),
    seen.length === looked.length,
  );
  const failed = looked.flatMap((one) => ("error" in one ? [one] : []));
  if ("found" in found) {
    // Of hosts that cannot be asked it is not said that they have no such owner.
    const p = problem("CREDSSP218", { given, found: found.found });
    const unclear = (host: string) => new CredsspError(attempt, host, p);
    const hosts = seen.map(({ host }) => host);
    const errors = [
      ...failed,
      ...hosts.map((host) => ({ host, error: unclear(host) })),
    ];
    return {
      text: json ? toJson(releasesForPrograms(given, errors)) : "",
      failures: [
        ...failed.map(({ error }) => error.message),
        ...(hosts.length > 0 ? [unclear(hosts.join(", ")).message] : []),
      ],
    };
  }
  const { owner } = found;
  const all = await Promise.all(
    looked.map(async (one) =>
      "error" in one ? one : releaseOn(one, owner, invocation),
    ),
  );
  return {
    text: json
      ? toJson(releasesForPrograms(owner, all))
      : describeReleases(owner, all),
    failures: all.flatMap((one) => ("error" in one ? [one.error.message] : [])),
  };
}

/** The commands of `pulumi-credssp ledger`. */
export const ledgerCommands = { list, release } as const satisfies Record<
  string,
  (given: LedgerInvocation) => Promise<Answer>
>;

function lookAtAll(
  { hosts, connect, address }: Omit<LedgerInvocation, "json">,
  attempt: string,
): Promise<readonly Looked[]> {
  return Promise.all(
    hosts.map((host) => look(host, connect(host, address), attempt)),
  );
}

async function look(
  host: string,
  port: Host,
  attempt: string,
): Promise<Looked> {
  try {
    const facts = await port.observe();
    // It sees another registry, where there is no ledger of ours.
    if (facts.computer.wow64) {
      throw new CredsspError(attempt, host, problem("CREDSSP209"));
    }
    const read = parseLedger(facts.ledger);
    if ("problem" in read) throw new CredsspError(attempt, host, read.problem);
    return { host, facts, ledger: read.ledger };
  } catch (error) {
    return { host, error: asCredsspError(error, attempt, host) };
  }
}

/** To release what another machine's ledger says would change what nobody of ours has made here. */
function refuseOthers(looked: Looked, attempt: string): Looked {
  if ("error" in looked || looked.ledger === null) return looked;
  const { host, facts, ledger } = looked;
  if (!isOthers(ledger, facts)) return looked;
  const p = problem("CREDSSP219", {
    theirs: ledger.machineGuid,
    ours: facts.computer.machineGuid,
  });
  return { host, error: new CredsspError(attempt, host, p) };
}

/** What a destroy of the owner's resource does: the same reconcile, with nothing desired any more. */
async function releaseOn(
  { host, ledger }: { host: string; facts: HostFacts; ledger: Ledger | null },
  owner: string,
  { connect, address, options }: LedgerInvocation,
): Promise<Released> {
  if (ledger === null || !knows(ledger, owner)) {
    return { host, outcomes: [], notes: [] };
  }
  const attempt = `Releasing ${owner}`;
  const notes: string[] = [];
  try {
    const { first, facts, warnings } = await reconcile(
      {
        owner,
        formerOwners: [],
        desired: null,
        added: nothingAdded,
        newLedgerId: randomUUID(),
        options,
        travelsOnCredssp: isByCredssp(address),
      },
      {
        host: connect(host, address),
        clock: realClock,
        random: Math.random,
        progress: (message) => notes.push(message),
        // Nothing that is desired: nothing to wait for.
        policyTimeoutSeconds: 0,
        attempt,
        name: host,
      },
    );
    return {
      host,
      outcomes: outcomesOf(owner, first, facts),
      notes: [...notes, ...warnings],
    };
  } catch (error) {
    const cause = error instanceof HalfDone ? error.cause : error;
    const said = asCredsspError(cause, attempt, host);
    if (cause === error) return { host, error: said };
    const remedy = `${said.problem.remedy}; part of it was done, and the same command again does the rest`;
    const p = { ...said.problem, remedy };
    return { host, error: new CredsspError(said.attempt, host, p) };
  }
}

const toJson = (value: unknown): string =>
  `${JSON.stringify(value, null, 2)}\n`;
