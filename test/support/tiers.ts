import { existsSync } from "node:fs";

/** The Pulumi command, as `scripts/pulumiCommand.mjs` found it. */
export interface FoundPulumi {
  readonly command: string;
  readonly folder: string;
  readonly root?: string;
  readonly version: string;
}

/** What a tier needs of the machine: the thing itself, or why it is not there. */
export type Need<T> = { readonly have: T } | { readonly lack: string };

/** The Pulumi command, for the stack tier. */
export function needPulumi(): Need<FoundPulumi> {
  const text = process.env["CREDSSP_TEST_PULUMI"];
  if (text === undefined) {
    return {
      lack: "mocha was started by hand; npm test finds the Pulumi command",
    };
  }
  const found = JSON.parse(text) as FoundPulumi | { tried: string[] };
  return "command" in found && found.command
    ? { have: found }
    : {
        lack: `no Pulumi command: ${(found as { tried: string[] }).tried.join("; ")}`,
      };
}

/** A Windows, or the folder of a stand-in for one, for the PowerShell tier. */
export function needWindows(): Need<{ readonly standIn: string | null }> {
  const standIn = process.env["CREDSSP_TEST_WINDOWS"];
  if (standIn !== undefined && standIn !== "") {
    return existsSync(standIn)
      ? { have: { standIn } }
      : { lack: `CREDSSP_TEST_WINDOWS names ${standIn}, which is not there` };
  }
  return { lack: "not on Windows, and CREDSSP_TEST_WINDOWS names no stand-in" };
}

/**
 * A tier of tests that needs something of the machine. Without it the tier is
 * one skipped test that names the reason, never a passed one.
 */
export function tier<T>(
  title: string,
  need: Need<T>,
  tests: (have: T) => void,
): void {
  describe(title, () => {
    if ("have" in need) tests(need.have);
    else it.skip(`skipped: ${need.lack}`);
  });
}
