import type { Role } from "../../model/facts";
import { delegationKey, policyOf, policyOver } from "../../model/policies";
import { listKey, readList } from "./lists";
import { registryPolOf, tools, writeLocalPolicy } from "./localPolicy";
import { schedulePass } from "./policyPass";
import {
  dwordOf,
  removeKey,
  removeValue,
  setValue,
  valuesOf,
} from "./registry";
import type { Registry } from "./registry";
import type { HostState } from "./state";

/** Why a cmdlet stopped: its words and codes, or the death of the process it ran in. */
export type Fault =
  | {
      readonly message: string;
      readonly errorId: string;
      readonly faultCode: number | null;
    }
  | { readonly died: string };

/** What a cmdlet leaves behind, and why it stopped if it did: it may have done half of its work. */
export interface Outcome {
  readonly state: HostState;
  readonly fault?: Fault;
}

/** The cmdlets' part of a FullyQualifiedErrorId. */
export type Cmdlet =
  | "Microsoft.WSMan.Management.EnableWSManCredSSPCommand"
  | "Microsoft.WSMan.Management.DisableWSManCredSSPCommand"
  | "Microsoft.PowerShell.Commands.SetItemCommand";

const enableCmdlet = "Microsoft.WSMan.Management.EnableWSManCredSSPCommand";
const disableCmdlet = "Microsoft.WSMan.Management.DisableWSManCredSSPCommand";

/** The policy both client cmdlets edit; they know no other. */
const policy = "AllowFreshCredentials";
const concatenate = "ConcatenateDefaults_AllowFresh";

/** WinRM's "Allow CredSSP authentication": 0, 1, or null where it is not configured. */
export function winrmPolicyOf(state: HostState, role: Role): number | null {
  const { key, switch: name } = policyOf(policyOver(role));
  return dwordOf(state.hklm, key, name);
}

/**
 * The Put of one role's flag, which every cmdlet begins with and `Set-Item` on the
 * WSMan: drive consists of. It needs elevation (WsManHelper.cs in PowerShell/PowerShell),
 * a running WinRM, and a flag that no policy sets, whichever way it sets it (AutomatedLab#120).
 */
export function putFlag(
  state: HostState,
  role: Role,
  on: boolean,
  cmdlet: Cmdlet,
): Outcome {
  if (state.faults.nonElevated)
    return stopped(state, {
      message:
        "Access is denied. You need to run this cmdlet from an elevated process.",
      errorId: `System.InvalidOperationException,${cmdlet}`,
      faultCode: null,
    });
  if (state.winrm.status !== "Running")
    return stopped(
      state,
      wsmanFault(2150858770, "The client cannot connect to WinRM.", cmdlet),
    );
  if (winrmPolicyOf(state, role) !== null)
    return stopped(
      state,
      wsmanFault(
        2150858890,
        "The config setting CredSSP cannot be changed because it is controlled by policies.",
        cmdlet,
      ),
    );
  const flag = role === "client" ? "clientCredSSP" : "serviceCredSSP";
  return { state: { ...state, winrm: { ...state.winrm, [flag]: on } } };
}

/** Enable-WSManCredSSP -Role Server -Force. */
export const enableServer = (state: HostState): Outcome =>
  putFlag(state, "service", true, enableCmdlet);

/** Disable-WSManCredSSP -Role Server. */
export const disableServer = (state: HostState): Outcome =>
  putFlag(state, "service", false, disableCmdlet);

/**
 * Enable-WSManCredSSP -Role Client -Force, up to the point where it begins to look
 * for its policy in HKLM. Entries get the numbers from count + 1 on: nothing is
 * compared, and a number beyond a gap is overwritten (CredSSP.cs in PowerShell/PowerShell).
 */
export function beginEnableClient(
  state: HostState,
  names: readonly string[],
  now: number,
): Outcome {
  const put = putFlag(state, "client", true, enableCmdlet);
  if (put.fault !== undefined) return put;
  const broken = brokenPolicyObject(state);
  if (broken !== undefined) return stopped(put.state, broken);
  let local = registryPolOf(state);
  const count = Object.keys(valuesOf(local, listKey(policy)) ?? {}).length;
  local = setValue(local, delegationKey, policy, 1);
  local = setValue(local, delegationKey, concatenate, 1);
  for (const [i, name] of names.entries())
    local = setValue(
      local,
      listKey(policy),
      String(count + 1 + i),
      `wsman/${name}`,
    );
  return {
    state: schedulePass(writeLocalPolicy(put.state, local, tools.enable), now),
  };
}

/**
 * What Enable takes for success (WsManHelper.cs in PowerShell/PowerShell): every entry is live, compared
 * to the letter - or HKLM has no delegation key at all, which is why it succeeds too early on a fresh host.
 */
export function enabledAsFarAsTheCmdletSees(
  state: HostState,
  names: readonly string[],
): boolean {
  if (valuesOf(state.hklm, delegationKey) === undefined) return true;
  const live = readList(state.hklm, policy).values.map(({ data }) => data);
  return names.every((name) => live.includes(`wsman/${name}`));
}

/**
 * Disable-WSManCredSSP -Role Client, up to the point where it begins to look at
 * HKLM: every entry that begins with wsman goes, whoever made it, and the others
 * are numbered anew (CredSSP.cs in PowerShell/PowerShell).
 */
export function beginDisableClient(state: HostState, now: number): Outcome {
  const put = putFlag(state, "client", false, disableCmdlet);
  if (put.fault !== undefined) return put;
  const broken = brokenPolicyObject(state);
  if (broken !== undefined) return stopped(put.state, broken);
  const local = withoutWsman(registryPolOf(state));
  return {
    state: schedulePass(writeLocalPolicy(put.state, local, tools.disable), now),
  };
}

/** What Disable takes for success: no live entry begins with wsman. */
export function disabledAsFarAsTheCmdletSees(state: HostState): boolean {
  return !readList(state.hklm, policy).values.some(({ data }) => isWsman(data));
}

/** What the client cmdlets say when HKLM did not become as they wanted within a minute. */
export function neverBecameLive(which: "enabled" | "disabled"): Fault {
  return {
    message: `This command cannot be executed because the setting cannot be ${which}.`,
    errorId: `WsManError,${which === "enabled" ? enableCmdlet : disableCmdlet}`,
    faultCode: null,
  };
}

function withoutWsman(local: Registry): Registry {
  const others = Object.values(valuesOf(local, listKey(policy)) ?? {}).filter(
    (data) => typeof data !== "string" || !isWsman(data),
  );
  const emptied = removeKey(local, listKey(policy));
  if (others.length === 0)
    return removeValue(
      removeValue(emptied, delegationKey, policy),
      delegationKey,
      concatenate,
    );
  return others.reduce<Registry>(
    (next, data, i) => setValue(next, listKey(policy), String(i + 1), data),
    emptied,
  );
}

const isWsman = (data: string): boolean => /^wsman/i.test(data);

/** A session's thread is no place for the policy object to fail: its process dies (PowerShell#4784). */
function brokenPolicyObject(state: HostState): Fault | undefined {
  return state.faults.crashEnableClient || state.faults.damagedRegistryPol
    ? { died: "the session's process ended unexpectedly (0xE0434352)" }
    : undefined;
}

function wsmanFault(code: number, message: string, cmdlet: Cmdlet): Fault {
  return { message, errorId: `WsManError,${cmdlet}`, faultCode: code };
}

function stopped(state: HostState, fault: Fault): Outcome {
  return { state, fault };
}
