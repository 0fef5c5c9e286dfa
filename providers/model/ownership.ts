import type { Request } from "./request";

/** Whether the resource that asks is among these owners, under its name of today or of before. */
export function isMine(owners: readonly string[], request: Request): boolean {
  return owners.some(
    (owner) => owner === request.owner || owner === request.previousOwner,
  );
}

/** The owners that are other resources. */
export function others(
  owners: readonly string[],
  request: Request,
): readonly string[] {
  return owners.filter(
    (owner) => owner !== request.owner && owner !== request.previousOwner,
  );
}

/** The owners once the resource has joined: it joins under its new name before it leaves the old. */
export function joined(
  owners: readonly string[],
  request: Request,
): readonly string[] {
  return owners.includes(request.owner) &&
    !owners.includes(request.previousOwner ?? "")
    ? owners
    : [...others(owners, request), request.owner];
}
