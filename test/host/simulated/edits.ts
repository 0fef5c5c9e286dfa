import {
  createDelegationKey,
  domainSets,
  putList,
  ruleFlag,
  setDisableLGPOProcessing,
  setService,
  switchFlag,
} from "../../../providers/host/simulated/hands";
import {
  registryPolOf,
  replaceRegistryPol,
} from "../../../providers/host/simulated/localPolicy";
import { policyPass } from "../../../providers/host/simulated/policyPass";
import {
  fromBytes,
  setValue,
  toBytes,
} from "../../../providers/host/simulated/registry";
import type {
  Faults,
  HostState,
} from "../../../providers/host/simulated/state";
import type { Edit, PolicyEntry } from "../contract";

/** A simulated host after one of the contract's edits. */
export function edited(state: HostState, edit: Edit): HostState {
  switch (edit.kind) {
    case "flag":
      return switchFlag(state, edit.role, edit.on);
    case "winrmPolicy":
      return ruleFlag(state, edit.role, edit.value);
    case "list":
      return putList(state, edit.store, edit.policy, edit.list);
    case "domain":
      return domainSets(state, edit.object, edit.policy, edit.sets);
    case "localPolicyProcessing":
      return setDisableLGPOProcessing(state, !edit.on);
    case "service": {
      const { status, startType } = edit;
      return setService(state, { status, startType });
    }
    case "delegationKey":
      return createDelegationKey(state);
    case "foreignPolicy":
      return replaceRegistryPol(
        state,
        edit.entries.reduce(
          (pol, { key, name, type, data }) =>
            setValue(pol, key, name, fromBytes(type, data)),
          registryPolOf(state),
        ),
      );
    case "policyPass":
      return policyPass(state);
    case "ledger":
      return { ...state, ledger: edit.text };
    case "elevated":
      return faulty(state, { nonElevated: !edit.on });
    case "policyDelay":
      return faulty(state, { policyDelayMs: edit.ms });
    case "policyNeverApplies":
      return faulty(state, { policyNeverApplies: edit.on });
    case "crashEnableClient":
      return faulty(state, { crashEnableClient: edit.on });
    case "damagedRegistryPol":
      return faulty(state, { damagedRegistryPol: true });
  }
}

/** A simulated host's Registry.pol, as the contract's undecoded entries. */
export function entriesOf(state: HostState): readonly PolicyEntry[] {
  return Object.entries(registryPolOf(state)).flatMap(([key, values]) =>
    Object.entries(values).map(([name, data]) => {
      const { type, hex } = toBytes(data);
      return { key, name, type, data: hex };
    }),
  );
}

const faulty = (state: HostState, faults: Faults): HostState => ({
  ...state,
  faults: { ...state.faults, ...faults },
});
