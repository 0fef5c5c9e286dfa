import { readdirSync, readFileSync } from "node:fs";

/** The state and the parent of a process, or null when there is none. */
function stat(
  pid: number,
): { readonly state: string; readonly parent: number } | null {
  try {
    // The name, in parentheses, may hold anything.
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state = "", parent = ""] = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ");
    return { state, parent: Number(parent) };
  } catch {
    return null;
  }
}

/** Whether a process runs. One that ended and that nobody has waited for yet, a zombie, does not. */
export function isRunning(pid: number): boolean {
  const found = stat(pid);
  return found !== null && !/[ZX]/.test(found.state);
}

/** The running children of a process. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((one) => one > 0 && stat(one)?.parent === pid && isRunning(one));
}
