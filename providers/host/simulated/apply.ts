import type { Applied } from "../host";
import { fingerprintParts } from "../../model/facts";
import type { HostFacts } from "../../model/facts";
import type { Batch, Step } from "../../model/steps";
import type { Clock } from "../clock";
import {
  beginDisableClient,
  beginEnableClient,
  disabledAsFarAsTheCmdletSees,
  disableServer,
  enabledAsFarAsTheCmdletSees,
  enableServer,
  neverBecameLive,
  putFlag,
} from "./cmdlets";
import type { Fault, Outcome } from "./cmdlets";
import { changeList } from "./lists";
import { registryPolOf, tools, writeLocalPolicy } from "./localPolicy";
import { factsOf } from "./observe";
import { settle } from "./policyPass";
import type { HostState } from "./state";

/** A host while its lock is held: its state, which others may read, and a way to let them see it. */
export interface Cell {
  state: HostState;
  /** Makes `state` visible to others. The fleet does it once more when the lock is released. */
  save(): Promise<void>;
}

/**
 * Carries a batch out, if the host still is as it was when the batch was planned.
 * The lock must be held; the cell's state moves on step by step, so that a step that
 * fails leaves what those before it and half of itself did.
 */
export async function applyBatch(
  cell: Cell,
  batch: Batch,
  planned: HostFacts,
  clock: Clock,
): Promise<Applied> {
  const look = (): HostFacts => {
    cell.state = settle(cell.state, clock.now());
    return factsOf(cell.state);
  };
  const facts = look();
  const moved = fingerprintParts.filter(
    (part) => facts.fingerprint[part] !== planned.fingerprint[part],
  );
  if (moved.length > 0) return { outcome: "stale", moved, facts };
  // An empty batch only looks: nothing is carried out that a session could die at.
  const diesAfter = batch.length > 0 ? cell.state.faults.dieAfterSteps : -1;
  for (const [done, step] of batch.entries()) {
    if (done === diesAfter) return sessionDied;
    const fault = await carryOut(step, cell, clock);
    if (fault === undefined) continue;
    if ("died" in fault) return { outcome: "died", message: fault.died };
    return {
      outcome: "failed",
      failure: { step: step.kind, ...fault },
      facts: look(),
    };
  }
  if (batch.length === diesAfter) return sessionDied;
  return { outcome: "done", facts: look() };
}

/** What is left of a session that dies: nobody hears how far it got. */
const sessionDied = {
  outcome: "died",
  message: "the session's process ended unexpectedly (a fault of this host)",
} as const satisfies Applied;

async function carryOut(
  step: Step,
  cell: Cell,
  clock: Clock,
): Promise<Fault | undefined> {
  cell.state = settle(cell.state, clock.now());
  const { state, fault } = start(step, cell.state, clock.now());
  cell.state = state;
  if (fault !== undefined) return fault;
  switch (step.kind) {
    case "enableClient":
      return lookForPolicy(cell, clock, "enabled", (now) =>
        enabledAsFarAsTheCmdletSees(now, step.names),
      );
    case "disableClient":
      return lookForPolicy(
        cell,
        clock,
        "disabled",
        disabledAsFarAsTheCmdletSees,
      );
    default:
      return undefined;
  }
}

/** All of a step that happens at once. */
function start(step: Step, state: HostState, now: number): Outcome {
  switch (step.kind) {
    case "enableServer":
      return enableServer(state);
    case "disableServer":
      return disableServer(state);
    case "enableClient":
      return beginEnableClient(state, step.names, now);
    case "disableClient":
      return beginDisableClient(state, now);
    case "setClientAuth":
      return putFlag(
        state,
        "client",
        step.on,
        "Microsoft.PowerShell.Commands.SetItemCommand",
      );
    case "startService":
      return startService(state);
    case "writeLedger":
      return (
        registryDenied(state) ?? {
          state: { ...state, ledger: step.text === "" ? null : step.text },
        }
      );
    case "writePolicy":
      return registryDenied(state) ?? writePolicy(state, step);
  }
}

/** The client cmdlets look at HKLM once a second, a minute long (WsManHelper.cs in PowerShell/PowerShell). */
async function lookForPolicy(
  cell: Cell,
  clock: Clock,
  which: "enabled" | "disabled",
  isThere: (state: HostState) => boolean,
): Promise<Fault | undefined> {
  const looks = cell.state.faults.validateSeconds ?? 60;
  for (let look = 0; look < looks; look++) {
    cell.state = settle(cell.state, clock.now());
    if (isThere(cell.state)) return undefined;
    await cell.save();
    await clock.wait(1000);
  }
  return neverBecameLive(which);
}

function writePolicy(
  state: HostState,
  step: Extract<Step, { kind: "writePolicy" }>,
): Outcome {
  if (state.faults.damagedRegistryPol)
    return {
      state,
      fault: {
        message: "Registry.pol has no policy file's header at offset 0.",
        errorId: "RegistryPolDamaged",
        faultCode: null,
      },
    };
  const old = registryPolOf(state);
  const local = changeList(old, step.policy, step.local);
  const hklm = changeList(state.hklm, step.policy, step.live);
  if (local === old) return { state: { ...state, hklm } };
  const written = writeLocalPolicy(state, local, tools.enable);
  return state.faults.dieBetweenStores
    ? { state: written, fault: { died: sessionDied.message } }
    : { state: { ...written, hklm } };
}

/** Start-Service, after Set-Service where the service is disabled. The service controller answers administrators only. */
function startService(state: HostState): Outcome {
  if (state.faults.nonElevated)
    return {
      state,
      fault: {
        message:
          "Service 'Windows Remote Management (WS-Management) (WinRM)' cannot be started due to the following error: Cannot open WinRM service on computer '.'.",
        errorId:
          "CouldNotStartService,Microsoft.PowerShell.Commands.StartServiceCommand",
        faultCode: null,
      },
    };
  const { startType } = state.winrm;
  return {
    state: {
      ...state,
      winrm: {
        ...state.winrm,
        status: "Running",
        startType: startType === "Disabled" ? "Automatic" : startType,
      },
    },
  };
}

function registryDenied(state: HostState): Outcome | undefined {
  if (!state.faults.nonElevated) return undefined;
  return {
    state,
    fault: {
      message: "Requested registry access is not allowed.",
      errorId:
        "System.Security.SecurityException,Microsoft.PowerShell.Commands.SetItemPropertyCommand",
      faultCode: null,
    },
  };
}
