import type { Connect, Host } from "../../providers/host/host";
import { CredsspError, problem } from "../../providers/model/errors";
import type { Batch } from "../../providers/model/steps";
import type { Crash } from "./actions";

const crashed = (host: string): CredsspError =>
  new CredsspError(
    "Cannot change CredSSP",
    host,
    problem("CREDSSP206", {
      said: "crashed",
      found: "a crash",
      command: `Test-WSMan ${host}`,
    }),
  );

/** What of a batch is carried out before the crash. */
function firstSteps(batch: Batch, { steps, half }: Crash): Batch {
  const next = batch[steps];
  const nothing = { add: [], remove: [] };
  return [
    ...batch.slice(0, steps),
    ...(half && next?.kind === "writePolicy"
      ? [{ ...next, live: nothing }]
      : []),
  ];
}

/** Lies between the providers and their hosts, and breaks what it is told to break. */
export class Sabotage {
  /** How many steps were carried out, ever. */
  written = 0;
  private batches = 0;
  private crash: Crash | null = null;
  private staleAt: number | null = null;
  private hasCrashed = false;
  /** Hosts that answer no more; all of them after a kill. */
  private down: ReadonlySet<string> | "all" = new Set();

  /** @param meddle somebody else changes a host just before a plan is carried out. */
  constructor(
    private readonly inner: Connect,
    private readonly meddle: (host: string) => void,
  ) {}

  /** For the next operation, which may be that of several resources. */
  arm(crash: Crash | null, staleAt: number | null): void {
    this.crash = crash;
    this.staleAt = staleAt;
    this.batches = 0;
    this.hasCrashed = false;
  }

  /** How the operation broke off; null: it did not. */
  disarm(): Crash["how"] | null {
    const how = this.broke;
    this.crash = null;
    this.staleAt = null;
    this.hasCrashed = false;
    this.down = new Set();
    return how;
  }

  /** How the operation has broken off by now. */
  get broke(): Crash["how"] | null {
    return this.hasCrashed ? (this.crash?.how ?? null) : null;
  }

  private isDown(host: string): boolean {
    return this.down === "all" || this.down.has(host);
  }

  readonly connect: Connect = (host, address) => {
    const inner = this.inner(host, address);
    const outer: Host = {
      observe: async () => {
        if (this.isDown(host)) throw crashed(host);
        return inner.observe();
      },
      apply: async (batch, planned) => {
        if (this.isDown(host)) throw crashed(host);
        this.batches++;
        if (this.batches === this.staleAt) this.meddle(host);
        if (this.crash?.at === this.batches) {
          const part = firstSteps(batch, this.crash);
          if (part.length > 0) await inner.apply(part, planned);
          this.hasCrashed = true;
          if (this.crash.how === "killed") this.down = "all";
          if (this.crash.how === "lost") this.down = new Set([host]);
          throw crashed(host);
        }
        const applied = await inner.apply(batch, planned);
        if (applied.outcome !== "stale") this.written += batch.length;
        return applied;
      },
    };
    return outer;
  };
}
