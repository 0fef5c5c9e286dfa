import { urnIn } from "../model/ownership";

/** The one owner that somebody means, or why there is none. */
export type FoundOwner =
  { readonly owner: string } | { readonly found: string };

/**
 * The owner that is meant: as it stands in the ledger, by its URN, or by a part
 * that only one owner has.
 * @param known all owners there are, each once.
 * @param areAll false: a host did not answer, so that a part may be another's as well.
 */
export function findOwner(
  given: string,
  known: readonly string[],
  areAll: boolean,
): FoundOwner {
  if (known.includes(given)) return { owner: given };
  const byUrn = known.filter((owner) => urnIn(owner) === given);
  const byPart = known.filter((owner) => owner.includes(given));
  const meant = byUrn.length > 0 ? byUrn : byPart;
  const [owner, ...more] = meant;
  if (owner === undefined) return { found: nearest(given, known) };
  if (more.length > 0) {
    return { found: `${meant.length} owners with it: ${list(meant)}` };
  }
  return areAll || byUrn.length > 0
    ? { owner }
    : {
        found: `${owner}, but not every host could be asked whether another has that part, too`,
      };
}

function nearest(given: string, known: readonly string[]): string {
  if (known.length === 0) return "no owner at all: nothing is recorded";
  const byDistance = known
    .map((owner) => ({ owner, edits: editsInto(owner, given) }))
    .sort((a, b) => a.edits - b.edits)
    .map(({ owner }) => owner);
  return `no owner with it; the nearest of ${known.length}: ${list(byDistance)}`;
}

/** Three of many. */
function list(owners: readonly string[]): string {
  const more = owners.length > 3 ? ` and ${owners.length - 3} more` : "";
  return `${owners.slice(0, 3).join(", ")}${more}`;
}

/** How many letters have to be changed, added or removed until a text is part of another, whatever their case. */
function editsInto(whole: string, part: string): number {
  const [text, letters] = [whole.toLowerCase(), part.toLowerCase()];
  // By columns of Levenshtein's table; that it begins and ends anywhere costs nothing (Sellers).
  let row = Array<number>(text.length + 1).fill(0);
  for (let i = 0; i < letters.length; i++) {
    const next = [i + 1];
    for (let j = 1; j <= text.length; j++) {
      const change = letters[i] === text[j - 1] ? 0 : 1;
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + change,
        ),
      );
    }
    row = next;
  }
  return Math.min(...row);
}
