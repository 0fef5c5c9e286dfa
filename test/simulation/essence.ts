import type { HostState } from "../../providers/host/simulated/state";
import { listKeyOf, policyNames } from "../../providers/model/policies";

const listKeys = new Set(
  policyNames.flatMap((name) => listKeyOf(name)?.toLowerCase() ?? []),
);

/**
 * What of a host has to be as before once everything is destroyed (semantics: what "as before"
 * means). SPNs compare without case, so which of two spellings stays is all the same.
 */
export function essence(state: HostState): unknown {
  const registry = (keys: object): object =>
    Object.fromEntries(
      Object.entries(keys)
        .filter(([, values]) => Object.keys(values as object).length > 0)
        .map(([key, values]) => [
          key.toLowerCase(),
          listKeys.has(key.toLowerCase())
            ? Object.values(values as object)
                .map((data) => JSON.stringify(data).toLowerCase())
                .sort()
            : inOrder(values as object),
        ])
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    ) as object;
  return {
    winrm: state.winrm,
    hklm: registry(state.hklm),
    local: registry(state.localPolicy?.registryPol ?? {}),
    userVersion: state.localPolicy?.userVersion ?? 0,
  };
}

/** Values by name, in one order and one spelling. */
function inOrder(values: object): object {
  return Object.fromEntries(
    Object.entries(values)
      .map(([name, data]) => [name.toLowerCase(), data as unknown] as const)
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  );
}
