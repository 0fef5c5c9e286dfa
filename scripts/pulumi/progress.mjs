// Shows how far something is that takes minutes.

/** How often progress is told where it cannot be shown in place. */
const INTERVAL_MS = 15_000;

/**
 * Shows progress in place on a terminal, and now and then as a line elsewhere.
 *
 * @param {(line: string) => void} log
 * @param {Pick<NodeJS.WriteStream, "isTTY" | "write">} [stream]
 * @param {() => number} [now]
 * @returns {(text: string) => void} Takes "" at the end.
 */
export function showProgress(log, stream = process.stderr, now = Date.now) {
  let last = now();
  return (text) => {
    if (stream.isTTY) {
      stream.write(`\r\u001B[2K${text}`);
    } else if (text && now() - last >= INTERVAL_MS) {
      last = now();
      log(text);
    }
  };
}
