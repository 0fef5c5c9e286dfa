/** What has to be closed before the process may end. */
export type Close = () => Promise<void>;

/**
 * Ends the process when Pulumi wants it to, and leaves no child behind. Pulumi
 * sends SIGINT (Windows: CTRL_BREAK) to the process group and kills after five
 * seconds; a handler means that exiting is ours. When Pulumi itself is killed,
 * only the end of standard input tells (pulumi/pulumi,
 * `sdk/go/common/resource/plugin/plugin.go`).
 */
export function endWithPulumi(close: Close, process: NodeJS.Process): void {
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    void close().finally(() => process.exit(0));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP"] as const) {
    process.on(signal, end);
  }
  process.stdin.on("end", end);
  process.stdin.on("error", end);
  process.stdin.resume();
}
