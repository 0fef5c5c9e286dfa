import { listKey } from "../../providers/host/simulated/lists";
import { registryPolOf } from "../../providers/host/simulated/localPolicy";
import type { Registry } from "../../providers/host/simulated/registry";
import type { HostState } from "../../providers/host/simulated/state";
import { policyNames } from "../../providers/model/policies";
import type { TestFleet } from "./fleet";

/**
 * What "as before" means of a host (semantics, section 11): flags, the multiset of
 * entries with their types, switches, concatenates, every other value, the user half
 * of gpt.ini, and no record of ours. Not: the numbers of entries, gpt.ini's machine
 * version and extensions, empty keys.
 */
export function observable(state: HostState): unknown {
  return {
    winrm: state.winrm,
    live: values(state.hklm),
    local: values(registryPolOf(state)),
    userVersion: state.localPolicy?.userVersion ?? 0,
    machineDisabled: state.localPolicy?.machineDisabled ?? false,
    // An emptied record is kept as an empty text.
    ledger: state.ledger,
  };
}

/** The same of every host of a fleet, by name. */
export async function observables(
  fleet: TestFleet,
): Promise<Readonly<Record<string, unknown>>> {
  const hosts = Object.keys(await fleet.files()).map(
    async (name) => [name, observable(await fleet.host(name))] as const,
  );
  return Object.fromEntries(await Promise.all(hosts));
}

function values(registry: Registry): Readonly<Record<string, unknown>> {
  const lists = policyNames.map((policy) => listKey(policy).toLowerCase());
  return Object.fromEntries(
    Object.entries(registry)
      .filter(([, found]) => Object.keys(found).length > 0)
      .map(([key, found]) => [
        key.toLowerCase(),
        lists.includes(key.toLowerCase())
          ? Object.values(found)
              .map((data) => JSON.stringify(data))
              .sort()
          : found,
      ]),
  );
}
