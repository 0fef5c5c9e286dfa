import { CredsspError, problem } from "../../model/errors";
import type { Host } from "../host";
import { applyBatch } from "./apply";
import type { Cell } from "./apply";
import type { Clock } from "../clock";
import { factsOf } from "./observe";
import { settle } from "./policyPass";
import type { HostState } from "./state";

/** Where the hosts of a simulated fleet are kept. */
export interface Fleet {
  /** A host as it stands. Throws CREDSSP201 (no such host) or CREDSSP202 (its file cannot be read). */
  read(host: string): Promise<HostState>;
  /**
   * Works on a host under its lock, and keeps what the work leaves in the cell, also when
   * it throws. Throws like `read`, and CREDSSP203 (cannot be written) or CREDSSP214 (locked).
   */
  change<T>(host: string, work: (cell: Cell) => Promise<T>): Promise<T>;
}

/** The port on one host of a simulated fleet. */
export function simulatedHost(fleet: Fleet, host: string, clock: Clock): Host {
  return {
    observe: async () => {
      const state = settle(await fleet.read(host), clock.now());
      answers(state, host, "Looking at CredSSP");
      return factsOf(state);
    },
    apply: (batch, planned) =>
      fleet.change(host, (cell) => {
        answers(cell.state, host, "Changing CredSSP");
        return applyBatch(cell, batch, planned, clock);
      }),
  };
}

function answers(state: HostState, host: string, attempt: string): void {
  if (state.faults.constrainedLanguage) {
    const mode = "ConstrainedLanguage";
    throw new CredsspError(attempt, host, problem("CREDSSP208", { mode }));
  }
  if (!state.faults.unreachable) return;
  throw new CredsspError(
    attempt,
    host,
    problem("CREDSSP206", {
      said: "the host does not answer",
      found: "no answer (the fault unreachable is set on this simulated host)",
      command: `Test-WSMan ${host}`,
    }),
  );
}
