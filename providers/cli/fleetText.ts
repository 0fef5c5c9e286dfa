import { policiesIn } from "../host/simulated/lists";
import { factsOf } from "../host/simulated/observe";
import type { Faults, HostState } from "../host/simulated/state";
import { printable, reasonOf } from "../model/errors";
import type {
  Flag,
  HostFacts,
  PolicyState,
  PolicyStates,
} from "../model/facts";
import { parseLedger, type Ledger } from "../model/ledger";
import { policyNames, type PolicyName } from "../model/policies";
import { beforeIn, holdingsOf, namesOf } from "./ledgerHoldings";
import { table } from "./table";

/** What a policy object of the domain sets, of the policies this package knows. */
interface DomainPolicies {
  readonly object: string;
  readonly policies: Partial<PolicyStates>;
}

/**
 * A host as programs get it: the facts an observation gives, with the name it was
 * declared by, the domain's policy objects that apply to it, and its faults.
 */
export function forPrograms(
  host: string,
  state: HostState,
): {
  host: string;
  domainPolicies: readonly DomainPolicies[];
  faults: Faults;
} & Omit<HostFacts, "fingerprint"> {
  const { fingerprint: _, ...facts } = factsOf(state);
  const domainPolicies = domainIn(state).map(({ object, policies }) => ({
    object,
    policies: Object.fromEntries(configured(policies)),
  }));
  return { host, ...facts, domainPolicies, faults: state.faults };
}

/** Hosts as a table, a line each. */
export function describeList(
  hosts: readonly (readonly [string, HostState])[],
): string {
  const rows = hosts.map(([host, state]) => {
    const facts = factsOf(state);
    return [
      host,
      flag(facts.client),
      flag(facts.service),
      delegates(facts).join(", "),
      faults(state.faults),
    ];
  });
  return table(["host", "client", "server", "may delegate to", "faults"], rows);
}

/** The entries of the lists that CredSSP over WinRM goes by, as far as they are enabled. */
function delegates({ live }: HostFacts): readonly string[] {
  return (
    ["AllowFreshCredentials", "AllowFreshCredentialsWhenNTLMOnly"] as const
  )
    .map((policy) => live[policy])
    .filter((list) => list.switch === 1)
    .flatMap(({ values }) => values.map(({ data }) => data));
}

/** One host in full: a line a fact, then a line for each thing that a policy holds or our ledger records. */
export function describeHost(host: string, state: HostState): string {
  const facts = factsOf(state);
  const { computer, winrm } = facts;
  const facets = [
    ["host", host],
    [
      "computer",
      `${computer.name} in ${computer.domain ?? "a workgroup"}, Windows ${computer.osVersion} ${computer.edition}`,
    ],
    ["WinRM", `${winrm.status}, ${winrm.startType}`],
    ["client", flag(facts.client)],
    ["server", flag(facts.service)],
    ["local policy", localPolicy(facts)],
    ["ledger", ledgerLine(facts)],
    ["policy pass due", state.policyPassDue ?? ""],
    ["faults", faults(state.faults)],
  ].filter(([, value]) => value !== "");
  const stores = [
    ["live", facts.live],
    ["local", facts.local],
    ...domainIn(state).map(
      ({ object, policies }) => [`"${object}"`, policies] as const,
    ),
  ] as const;
  const held = policyNames.flatMap((policy) =>
    stores.flatMap(([store, policies]) =>
      partsOf(policies[policy]).map((part) => [policy, store, ...part]),
    ),
  );
  return [
    table(["", ""], facets),
    section(["policy", "in", "value", "data"], held),
    section(["ours", "what", "before us", "owner"], records(facts)),
  ].join("");
}

/** A table under an empty line, or nothing. */
function section(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return rows.length === 0 ? "" : `\n${table(headings, rows)}`;
}

function domainIn(
  state: HostState,
): readonly { object: string; policies: PolicyStates }[] {
  return state.domain.map(({ name, registryPol }) => ({
    object: name,
    policies: policiesIn(registryPol),
  }));
}

/** The policies that a store has anything of. */
function configured(
  policies: PolicyStates,
): readonly (readonly [PolicyName, PolicyState])[] {
  return policyNames
    .map((policy) => [policy, policies[policy]] as const)
    .filter(([, state]) => partsOf(state).length > 0);
}

/** What a store holds of a policy, a line each. */
function partsOf(state: PolicyState): readonly (readonly [string, string])[] {
  const dword = (name: string, value: number | null) =>
    value === null ? [] : [[name, String(value)] as const];
  return [
    ...dword("enabled", state.switch),
    ...dword("concatenate", state.concatenate),
    ...(state.clearsFirst ? [["clearsFirst", "true"] as const] : []),
    ...state.values.map(({ name, data }) => [name, data] as const),
  ];
}

/** What keeps local policy from HKLM, if anything does. */
function localPolicy({ localPolicyOff, localUnreadable }: HostFacts): string {
  const off = {
    disabledByPolicy: "off: DisableLGPOProcessing is 1",
    homeEdition: "off: Windows Home has none",
    machineHalfDisabled: "off: gpt.ini disables the machine half",
  };
  return [
    ...(localPolicyOff === null ? [] : [off[localPolicyOff]]),
    ...(localUnreadable === null ? [] : [`unreadable: ${localUnreadable}`]),
  ].join("; ");
}

function ledgerLine({ ledger: text, computer }: HostFacts): string {
  const read = parseLedger(text);
  if ("problem" in read) return reasonOf(read.problem);
  if (read.ledger === null) return "none";
  return read.ledger.machineGuid === computer.machineGuid
    ? read.ledger.id
    : `${read.ledger.id}, of another machine: nothing in it counts here`;
}

/** What our ledger records: a line for each owner of each thing. */
function records({ ledger: text }: HostFacts): readonly (readonly string[])[] {
  const read = parseLedger(text);
  const ledger: Ledger | null = "ledger" in read ? read.ledger : null;
  const holdings = ledger === null ? [] : holdingsOf(ledger);
  return holdings.flatMap((holding) => {
    const { owners } = holding;
    const cells = [...namesOf(holding), beforeIn(holding)];
    const all = owners.length > 0 ? owners : ["nobody any more: a debt"];
    return all.map((owner) => [...cells, printable(owner)]);
  });
}

const flag = ({ on, source }: Flag): string =>
  `${on ? "on" : "off"}${source === "policy" ? " (policy)" : ""}`;

const faults = (all: Faults): string =>
  Object.entries(all)
    .filter(([, value]) => value !== false)
    .map(([name, value]) =>
      value === true ? name : `${name}=${String(value)}`,
    )
    .join(", ");
