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
  for (const step of batch) {
    const fault = await carryOut(step, cell, clock);
    if (fault === undefined) continue;
    if ("died" in fault) return { outcome: "died", message: fault.died };
    return {
      outcome: "failed",
      failure: { step: step.kind, ...fault },
      facts: look(),
    };
  }
  return { outcome: "done", facts: look() };
}

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
    case "writeLedger":
      return (
        registryDenied(state) ?? {
          state: { ...state, ledger: step.text === "" ? null : step.text },
        }
      );
    case "writeList":
      return registryDenied(state) ?? writeList(state, step);
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

function writeList(
  state: HostState,
  step: Extract<Step, { kind: "writeList" }>,
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
  const written =
    local === old ? state : writeLocalPolicy(state, local, tools.enable);
  return { state: { ...written, hklm } };
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
