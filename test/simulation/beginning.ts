import { putList } from "../../providers/host/simulated/hands";
import { policyPass } from "../../providers/host/simulated/policyPass";
import type { HostState } from "../../providers/host/simulated/state";
import { listKeyOf, type PolicyName } from "../../providers/model/policies";
import type { HostStart } from "./arbitraries";
import { policyIn } from "./site";

/** What others have left on a host before we come. */
export function begin(
  state: HostState,
  given: HostStart,
  policies: readonly PolicyName[],
): HostState {
  const lists = policies
    .filter((policy) => listKeyOf(policy) !== null)
    .flatMap((policy, i) => {
      const list = given.lists[i];
      return list ? [[policy, list] as const] : [];
    });
  const edited = lists.reduce(
    (next, [policy, { local }]) => putList(next, "local", policy, local),
    state,
  );
  const passed = given.isPending ? edited : policyPass(edited);
  const both = lists.reduce((next, [policy, { live }]) => {
    const { values } = policyIn(next, "live", policy);
    return putList(next, "live", policy, {
      ...(live.switch !== null && { switch: live.switch }),
      ...(live.concatenate !== null && { concatenate: live.concatenate }),
      values: [...values, ...live.values],
    });
  }, passed);
  const winrm = {
    ...both.winrm,
    clientCredSSP: given.client,
    serviceCredSSP: given.service,
  };
  return { ...both, winrm, faults: given.faults };
}
