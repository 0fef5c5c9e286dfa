import type { Applied, Host, StepFailure } from "../host/host";
import {
  asCredsspError,
  CredsspError,
  problem,
  type Details,
  type Problem,
} from "../model/errors";
import type { HostFacts } from "../model/facts";
import { hostLedger, knows } from "../model/ledger";
import { plan, type Plan } from "../model/plan";
import { spnKey } from "../model/delegates";
import type { CmdletUse, Desired, Request } from "../model/request";
import type { Clock } from "../host/clock";

/** What a reconcile is about: the request without what the run itself finds out. */
export type Task = Omit<Request, "cmdlet">;

/** What a reconcile works with. */
export interface Tools {
  readonly host: Host;
  readonly clock: Clock;
  readonly random: () => number;
  /** Says something on the resource's row that is gone when the run is over. */
  readonly progress: (message: string) => void;
  /** How long policy processing may take to bring entries to HKLM. */
  readonly policyTimeoutSeconds: number;
  /** What is being attempted, for errors: "Delegating credentials". */
  readonly attempt: string;
  /** The host's declared name. */
  readonly name: string;
}

/** A finished reconcile: the host as it was last seen, and the empty plan that says so. */
export interface Reconciled {
  /** The host before anything was changed. */
  readonly first: HostFacts;
  readonly facts: HostFacts;
  readonly plan: Plan;
  /** Everything that was worth knowing on the way. */
  readonly warnings: readonly string[];
}

/** A reconcile that failed after it had changed something. */
export class HalfDone extends Error {
  /** The host as it was last seen, or null when it gives no answer any more. */
  readonly facts: HostFacts | null;

  constructor(cause: CredsspError, facts: HostFacts | null) {
    super(cause.message, { cause });
    this.facts = facts;
  }
}

/** How often another writer may get between a look and a change. */
const maxStale = 5;
/** After so long it is worth a word. */
const slowMs = 10_000;
/** A plan has at most four batches; what goes wrong may double that. */
const maxRounds = 12;

/**
 * Observes, plans, carries out the first batch and begins again, until nothing
 * is left to do. Create, update and delete are this one function.
 * @throws {CredsspError} before anything was changed.
 * @throws {HalfDone} after something was.
 */
export async function reconcile(task: Task, tools: Tools): Promise<Reconciled> {
  const run = new Run(task, tools);
  try {
    return await run.toTheEnd(task.desired);
  } catch (error) {
    if (!run.changed) throw error;
    const cause = asCredsspError(error, tools.attempt, tools.name);
    throw new HalfDone(cause, await run.lastLook());
  }
}

class Run {
  changed = false;
  private readonly warnings = new Set<string>();
  private cmdlet: CmdletUse = "allowed";
  private said: StepFailure | null = null;
  private facts: HostFacts | null = null;
  private first: HostFacts | null = null;

  constructor(
    private readonly task: Task,
    private readonly tools: Tools,
  ) {}

  async toTheEnd(desired: Desired | null): Promise<Reconciled> {
    let stale = 0;
    let facts = await this.observe();
    const first = (this.first ??= facts);
    for (let round = 0; round < maxRounds;) {
      const next = plan(facts, { ...this.task, desired, cmdlet: this.cmdlet });
      for (const warning of next.warnings) this.warnings.add(warning);
      if (next.waiting.length > 0) {
        facts = await this.waitForPolicy(next.waiting, desired);
        continue;
      }
      const batch = next.batches[0];
      if (batch === undefined) {
        const refusal = next.refusals[0];
        if (refusal) throw this.error(refusal);
        return { first, facts, plan: next, warnings: [...this.warnings] };
      }
      const applied = await this.apply(batch, facts);
      if (applied.outcome === "stale") {
        if (++stale > maxStale) {
          const moved = applied.moved.join(", ");
          throw this.fail("CREDSSP211", { moved, times: stale });
        }
        this.tools.progress(
          `${applied.moved.join(", ")} of ${this.tools.name} changed in this moment; planning anew`,
        );
        await this.tools.clock.wait(50 * stale * (1 + this.tools.random()));
        facts = applied.facts;
        continue;
      }
      round += 1;
      facts = await this.after(batch, applied);
    }
    throw this.fail("CREDSSP901", {
      found: "the same step again and again",
      rounds: maxRounds,
    });
  }

  /** The host as it is now, for a state that can be read and deleted; null when it does not answer. */
  async lastLook(): Promise<HostFacts | null> {
    try {
      return await this.tools.host.observe();
    } catch {
      return this.facts;
    }
  }

  private async observe(): Promise<HostFacts> {
    return (this.facts = await this.patiently(this.tools.host.observe()));
  }

  /** Says so on the resource's row when a host takes its time. */
  private async patiently<T>(answer: Promise<T>): Promise<T> {
    const { clock, name, progress } = this.tools;
    const cancel = clock.after(slowMs, () => progress(`waiting for ${name}`));
    try {
      return await answer;
    } finally {
      cancel();
    }
  }

  private async apply(
    batch: Plan["batches"][number],
    facts: HostFacts,
  ): Promise<Applied> {
    // Before the call: if it throws, nothing is known of what was changed.
    const before = this.changed;
    this.changed = true;
    const applied = await this.patiently(
      this.tools.host.apply(batch, facts),
    ).catch((error: unknown) => {
      if (isRefusal(error)) this.changed = before;
      throw error;
    });
    if (applied.outcome === "stale") this.changed = before;
    return applied;
  }

  /** What a batch led to: the facts to go on with, or the host's word as an error. */
  private async after(
    batch: Plan["batches"][number],
    applied: Exclude<Applied, { outcome: "stale" }>,
  ): Promise<HostFacts> {
    const editsPolicy = batch.some(
      ({ kind }) => kind === "enableClient" || kind === "disableClient",
    );
    if (applied.outcome === "done") {
      if (editsPolicy) this.cmdlet = "ran";
      return (this.facts = applied.facts);
    }
    if (applied.outcome === "died") {
      if (!editsPolicy) {
        throw this.fail("CREDSSP306", {
          said: applied.message,
          step: batch.map(({ kind }) => kind).join(", "),
          id: "",
        });
      }
      // The cmdlet took its process down (PowerShell#4784): our writer does the rest.
      this.tools.progress(
        `${batch[0]?.kind} ended its session on ${this.tools.name}; continuing without the cmdlet`,
      );
      this.cmdlet = "avoided";
      return this.observe();
    }
    const { failure } = applied;
    this.said = failure;
    this.facts = applied.facts;
    if (!editsPolicy) throw this.failedStep(failure);
    // It says so too late, after it saved local policy, and also when the saved
    // policy is merely slow: what stands there decides.
    this.cmdlet = "ran";
    return applied.facts;
  }

  private async waitForPolicy(
    waiting: readonly string[],
    desired: Desired | null,
  ): Promise<HostFacts> {
    const { clock, policyTimeoutSeconds } = this.tools;
    // Waiting is done once: what is missing after it is taken back, without the cmdlet.
    this.cmdlet = "avoided";
    const deadline = clock.now() + policyTimeoutSeconds * 1000;
    this.tools.progress(
      `waiting for policy processing on ${this.tools.name}: ${waiting.join(", ")}`,
    );
    for (
      let pause = 100;
      clock.now() < deadline;
      pause = Math.min(pause * 2, 2000)
    ) {
      await clock.wait(Math.min(pause, deadline - clock.now()));
      const facts = await this.observe();
      const again = plan(facts, { ...this.task, desired, cmdlet: "ran" });
      if (again.waiting.length === 0) return facts;
      // The pass that was waited for may have brought a policy of the domain.
      const [refusal] = again.refusals;
      if (refusal) return this.takeBack(this.error(refusal));
    }
    return this.takeBack(
      this.fail("CREDSSP302", {
        seconds: policyTimeoutSeconds,
        missing: waiting.join(", "),
        said: this.said ? `; the cmdlet said: ${this.said.message}` : "",
      }),
    );
  }

  /** Nothing of this run may stay behind that was never effective. */
  private async takeBack(error: CredsspError): Promise<never> {
    await this.toTheEnd(this.first && heldBefore(this.first, this.task));
    throw error;
  }

  private failedStep(failure: StepFailure): CredsspError {
    const codes = [
      failure.errorId,
      failure.faultCode === null ? "" : `code ${failure.faultCode}`,
    ].filter((text) => text !== "");
    return this.fail("CREDSSP306", {
      said: failure.message,
      step: failure.step,
      id: codes.length > 0 ? ` (${codes.join(", ")})` : "",
    });
  }

  private fail(code: Problem["code"], details: Details): CredsspError {
    return this.error(problem(code, { host: this.tools.name, ...details }));
  }

  private error(p: Problem): CredsspError {
    return new CredsspError(this.tools.attempt, this.tools.name, p);
  }
}

/** Errors with which an adapter turns a batch away before it touches the host. */
const refusals: ReadonlySet<string> = new Set<Problem["code"]>([
  "CREDSSP201",
  "CREDSSP202",
  "CREDSSP203",
  "CREDSSP204",
  "CREDSSP208",
  "CREDSSP212",
  "CREDSSP214",
  "CREDSSP220",
  "CREDSSP221",
  "CREDSSP222",
  "CREDSSP223",
  "CREDSSP224",
]);

function isRefusal(error: unknown): boolean {
  return error instanceof CredsspError && refusals.has(error.problem.code);
}

/** What of the desired the owner held before this run: all that remains when its additions are taken back. */
function heldBefore(facts: HostFacts, task: Task): Desired | null {
  const ledger = hostLedger(facts);
  const owners = [task.owner, ...task.formerOwners];
  if (!task.desired || !ledger || !owners.some((o) => knows(ledger, o))) {
    return null;
  }
  const { flag, list } = task.desired;
  const entries = list ? (ledger.lists[list.policy]?.entries ?? {}) : {};
  return {
    flag,
    list: list && {
      ...list,
      entries: list.entries.filter((spn) =>
        entries[spnKey(spn)]?.owners.some((o) => owners.includes(o)),
      ),
    },
  };
}
