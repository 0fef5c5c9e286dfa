import { bumpMachineVersion } from "../../providers/model/gptIni";
import type { Deed, Hands } from "./hands";
import { difference, wordsOf, type Snapshot, type Wanted } from "./snapshot";

/** A flag leaves a value that may have to go, a service its own traces: it settles within this many rounds. */
const rounds = 4;

/** Carries deeds out: all or an error, or as many as can be. */
export type CarryOut = (deeds: readonly Deed[]) => Promise<void>;

/**
 * Brings a machine to a state and reads it back.
 * @param pass whether policy processing has to come to know the policy files first.
 * @throws an error that names what would not become as wanted.
 */
export async function bring(
  hands: Pick<Hands, "snapshot" | "carryOut">,
  wanted: Wanted,
  pass: (now: Snapshot) => boolean,
  carryOut: CarryOut = (deeds) => hands.carryOut(deeds),
): Promise<Snapshot> {
  const first = await hands.snapshot();
  if (pass(first)) await carryOut(passDeeds(first, wanted));
  for (let round = 0; ; round++) {
    const now = await hands.snapshot();
    const deeds = difference(now, wanted);
    if (deeds.length === 0) return now;
    if (round === rounds) {
      throw new Error(`wanted in vain: ${deeds.map(wordsOf).join("; ")}`);
    }
    await carryOut(deeds);
  }
}

/** Carries out one deed after the other whatever becomes of it: what cannot be put back must not keep the rest away. */
export function stubbornly(
  hands: Pick<Hands, "carryOut">,
  log: (line: string) => void,
): CarryOut {
  return async (deeds) => {
    for (const deed of deeds) {
      try {
        await hands.carryOut([deed]);
      } catch (error) {
        log(`${wordsOf(deed)}: ${(error as Error).message}`);
      }
    }
  };
}

/** Registry.pol as wanted, under a version that policy processing has not seen, and a pass over it. */
function passDeeds(now: Snapshot, wanted: Wanted): readonly Deed[] {
  const { registryPol: content } = wanted;
  return [
    { kind: "file", file: "registryPol", content },
    ...raisedVersion(now.gptIni ?? wanted.gptIni ?? null),
    { kind: "pass" },
  ];
}

/** gpt.ini with the machine's version raised and the registry's extension named, so that Windows reads Registry.pol. */
export function raisedVersion(gptIni: string | null): readonly Deed[] {
  const bytes = gptIni === null ? null : Buffer.from(gptIni, "base64");
  const content = Buffer.from(bumpMachineVersion(bytes)).toString("base64");
  return [{ kind: "file", file: "gptIni", content }];
}
