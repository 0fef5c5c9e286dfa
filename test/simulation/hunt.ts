import fc from "fast-check";
import { counted, property } from "./property";

/**
 * A worker of `npm run simulate`: hunts from one seed to the next until it is told to stop, and
 * says after each how many steps it has done. It ends with what it found.
 */
interface Order {
  readonly seed: number;
  readonly stride: number;
  /** So many fleets a seed. */
  readonly runs: number;
}

/** What a worker says: steps done, or a broken promise with the words that run it again. */
export type Said =
  | { readonly steps: number; readonly runs: number }
  | {
      readonly seed: number;
      readonly path: string;
      readonly report: string;
    };

async function hunt({ seed, stride, runs }: Order): Promise<void> {
  for (let next = seed; ; next += stride) {
    const details = await fc.check(property, { seed: next, numRuns: runs });
    const said: Said = details.failed
      ? {
          seed: next,
          path: details.counterexamplePath ?? "",
          report: `${fc.defaultReportMessage(details) ?? ""}\n${String(details.errorInstance)}`,
        }
      : { ...counted };
    process.send?.(said);
    if (details.failed) return;
  }
}

process.once("message", (order) => void hunt(order as Order));
