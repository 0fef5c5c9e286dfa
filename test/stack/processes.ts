import { readdir, readFile, readlink } from "node:fs/promises";

/** A running process. */
export interface Process {
  readonly pid: number;
  readonly command: string;
}

/**
 * The processes that work in a folder, as Linux shows them: `pulumi` with that
 * project, and all it started. Those that have ended and wait to be collected
 * are no longer in any folder.
 */
export async function processesIn(folder: string): Promise<readonly Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        if ((await readlink(`/proc/${pid}/cwd`)) !== folder) return [];
        const command = await readFile(`/proc/${pid}/cmdline`, "utf8");
        return [
          { pid: Number(pid), command: command.replaceAll("\0", " ").trim() },
        ];
      } catch {
        // It has ended, or it is not ours to look at.
        return [];
      }
    }),
  );
  return found.flat();
}

/**
 * Kills processes that work in a folder as `kill -9` does: for each of the words those whose command
 * has it, and there must be one. All are looked for before the first is killed.
 */
export async function killIn(
  folder: string,
  ...words: readonly string[]
): Promise<void> {
  const all = await processesIn(folder);
  const victims = words.map((word) => {
    const found = all.filter(({ command }) => command.includes(word));
    if (found.length > 0) return found;
    const commands = all.map(({ command }) => command).join("\n");
    throw new Error(`no process with ${word} among\n${commands}`);
  });
  for (const { pid } of victims.flat()) process.kill(pid, "SIGKILL");
}

/**
 * Waits until no process works in a folder.
 * @throws an error that names those that stay for longer than Pulumi gives its plugins to end.
 */
export async function untilNoneIn(folder: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const left = await processesIn(folder);
    if (left.length === 0) return;
    if (Date.now() > deadline) {
      throw new Error(left.map(({ command }) => command).join("\n"));
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
