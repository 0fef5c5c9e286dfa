import { isWsman, spnKey } from "./delegates";
import type { PolicyState } from "./facts";
import { indexOf } from "./instances";
import { isUnset, stores, type Stores } from "./policyFacts";
import type { StoreChange } from "./steps";

/**
 * The names to give to `Enable-WSManCredSSP -Role Client`, where that does
 * exactly what `change` says; else null.
 *
 * The cmdlet numbers from count + 1 in local policy, so the numbers must have no
 * gap there and be free in HKLM, or it overwrites somebody's entry; it sets both
 * DWORDs to 1 whatever they were; and it adds once more what is there already
 * (PowerShell/PowerShell, `CredSSP.cs`).
 */
export function enableNames(
  state: Stores<PolicyState>,
  change: Stores<StoreChange>,
): readonly string[] | null {
  const { local, live } = change;
  const isSame =
    local.add.length === live.add.length &&
    local.add.every(
      ({ name, data }, i) =>
        isWsman(data) &&
        live.add[i]?.name === name &&
        live.add[i].data === data,
    );
  const isAddingOnly =
    local.add.length > 0 && local.remove.length + live.remove.length === 0;
  const count = state.local.values.length;
  const isGapless = state.local.values.every(
    ({ name }) => /^[1-9]\d*$/u.test(name) && Number(name) <= count,
  );
  const areItsNumbers = local.add.every(
    ({ name }, i) => name === String(count + 1 + i),
  );
  const areSwitchesRight =
    stores.every((s) => state[s].switch === 1 && state[s].concatenate === 1) ||
    stores.every((s) => isUnset(state[s]));
  return isSame &&
    isAddingOnly &&
    isGapless &&
    areItsNumbers &&
    areSwitchesRight
    ? local.add.map(({ data }) => data.slice("wsman/".length))
    : null;
}

/**
 * Whether `Disable-WSManCredSSP -Role Client` does exactly what `change` says:
 * it wipes every `wsman` entry of local policy, whoever made it, and drops both
 * DWORDs only if nothing is left. So nothing at all may be left.
 */
export function canDisable(
  state: Stores<PolicyState>,
  applied: PolicyState,
  change: Stores<StoreChange>,
): boolean {
  const isEmptied = stores.every(
    (store) =>
      change[store].remove.length === state[store].values.length &&
      (["switch", "concatenate"] as const).every(
        (which) =>
          state[store][which] === null || change[store][which] === null,
      ),
  );
  // A pass takes away only what a pass has written: for anything else that is
  // live the cmdlet would wait a minute and fail.
  const known = indexOf(applied);
  const isKnown = state.live.values.every((v) => known.has(spnKey(v.data)));
  return isEmptied && isKnown && state.local.values.length > 0;
}
