import { lock } from "proper-lockfile";

/** How long a lock may go without a sign of life before it counts as left behind by a dead process. */
const staleAfterMs = 10_000;

/** A lock on a file that is held by this process. */
export interface FileLock {
  /** Whether it still is ours: a process that was stopped for long may have lost it. */
  isOurs(): boolean;
  release(): Promise<void>;
}

/**
 * Takes the lock on a file, across processes: a folder `<file>.lock` beside it. Waits
 * for somebody else to release it, at most so long; then it gives null. A lock whose
 * process died is taken over. Throws the file system's error where no lock can be made.
 */
export async function lockFile(
  file: string,
  waitMs: number,
): Promise<FileLock | null> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const held = await tryLock(file);
    if (held !== null) return held;
    if (Date.now() >= deadline) return null;
    // Not in step with the others who wait.
    await new Promise((resolve) =>
      setTimeout(resolve, 20 + Math.random() * 30),
    );
  }
}

async function tryLock(file: string): Promise<FileLock | null> {
  let ours = true;
  try {
    const release = await lock(file, {
      realpath: false,
      stale: staleAfterMs,
      onCompromised: () => {
        ours = false;
      },
    });
    return {
      isOurs: () => ours,
      // Who lost the lock has nothing to release.
      release: () => (ours ? release() : Promise.resolve()),
    };
  } catch (error) {
    if (codeOf(error) === "ELOCKED") return null;
    throw error;
  }
}

/** The code of a system error, such as ENOENT, or the empty string. */
export function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}
