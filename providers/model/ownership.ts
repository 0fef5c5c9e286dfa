import type { Request } from "./request";

/** The names under which the resource that asks may stand in the ledger. */
type Names = Pick<Request, "owner" | "formerOwners">;

/** The URN in an owner, after the label of the project; the whole where there is none. */
export function urnIn(owner: string): string {
  return owner.slice(Math.max(0, owner.indexOf("urn:pulumi:")));
}

/** Whether the resource that asks is among these owners, under its name of today or of before. */
export function isMine(owners: readonly string[], request: Names): boolean {
  return others(owners, request).length < owners.length;
}

/** The owners that are other resources. */
export function others(
  owners: readonly string[],
  { owner, formerOwners }: Names,
): readonly string[] {
  return owners.filter((one) => one !== owner && !formerOwners.includes(one));
}

/** The owners once the resource has joined: it joins under its new name as it leaves the old. */
export function joined(
  owners: readonly string[],
  request: Names,
): readonly string[] {
  const alone = { owner: request.owner, formerOwners: [] };
  const isJoined =
    isMine(owners, alone) &&
    others(owners, request).length === owners.length - 1;
  return isJoined ? owners : [...others(owners, request), request.owner];
}
