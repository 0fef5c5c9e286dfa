import assert from "node:assert/strict";

/**
 * Waits until a condition holds, instead of sleeping for a guessed time.
 * @param what what is waited for, as the end of "still waiting for".
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  deadlineMs = 5000,
): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await holds())) {
    if (Date.now() > deadline) assert.fail(`still waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
