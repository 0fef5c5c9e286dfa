import { factsOf } from "../host/simulated/observe";
import type { Faults, HostState } from "../host/simulated/state";
import type { Flag, HostFacts, ListState } from "../model/facts";
import { policyNames } from "../model/policies";
import { table } from "./table";

/** A host as programs get it: the facts an observation gives, with the name it was declared by and its faults. */
export function forPrograms(
  host: string,
  state: HostState,
): { host: string; faults: Faults } & Omit<HostFacts, "fingerprint"> {
  const { fingerprint: _, ...facts } = factsOf(state);
  return { host, ...facts, faults: state.faults };
}

/** Hosts as a table, a line each. */
export function describeList(
  hosts: readonly (readonly [string, HostState])[],
): string {
  const rows = hosts.map(([host, state]) => {
    const facts = factsOf(state);
    const entries = policyNames.flatMap((policy) =>
      facts.live[policy].values.map(({ data }) => data),
    );
    return [
      host,
      flag(facts.client),
      flag(facts.service),
      entries.join(", "),
      faults(state.faults),
    ];
  });
  return table(["host", "client", "server", "may delegate to", "faults"], rows);
}

/** One host in full: a line a fact, then every entry with the stores that hold it. */
export function describeHost(host: string, state: HostState): string {
  const facts = factsOf(state);
  const { computer, winrm, ledger } = facts;
  const facets = [
    ["host", host],
    [
      "computer",
      `${computer.name} in ${computer.domain ?? "a workgroup"}, Windows ${computer.osVersion} ${computer.edition}`,
    ],
    ["WinRM", `${winrm.status}, ${winrm.startType}`],
    ["client", flag(facts.client)],
    ["server", flag(facts.service)],
    ...policyNames.map((policy) => [
      policy,
      `live ${heads(facts.live[policy])}; local ${heads(facts.local[policy])}`,
    ]),
    ["ledger", ledger === null ? "none" : `${ledger.length} characters`],
    ["policy pass due", state.policyPassDue ?? ""],
    ["faults", faults(state.faults)],
  ].filter(([, value]) => value !== "");
  const entries = policyNames.flatMap((policy) =>
    (["live", "local"] as const).flatMap((store) =>
      facts[store][policy].values.map(({ name, data }) => [
        policy,
        store,
        name,
        data,
      ]),
    ),
  );
  return (
    table(["", ""], facets) +
    (entries.length === 0
      ? ""
      : `\n${table(["policy", "store", "number", "entry"], entries)}`)
  );
}

const flag = ({ on, source }: Flag): string =>
  `${on ? "on" : "off"}${source === "policy" ? " (policy)" : ""}`;

function heads(list: ListState): string {
  const state = (value: number | null): string => String(value ?? "absent");
  return `switch ${state(list.switch)}, concatenate ${state(list.concatenate)}`;
}

const faults = (all: Faults): string =>
  Object.entries(all)
    .filter(([, value]) => value !== false)
    .map(([name, value]) =>
      value === true ? name : `${name}=${String(value)}`,
    )
    .join(", ");
