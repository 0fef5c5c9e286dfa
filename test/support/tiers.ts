import { existsSync } from "node:fs";
import { resolve } from "node:path";

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

/**
 * The folder of a stand-in for Windows, for the PowerShell tier. A real Windows
 * does not do: the tests would change the settings of the machine they run on.
 */
export function needWindows(): Need<string> {
  const standIn = process.env["CREDSSP_TEST_WINDOWS"];
  if (standIn === undefined || standIn === "") {
    return { lack: "CREDSSP_TEST_WINDOWS names no stand-in for Windows" };
  }
  return existsSync(standIn)
    ? { have: resolve(standIn) }
    : { lack: `CREDSSP_TEST_WINDOWS names ${standIn}, which is not there` };
}

/** Two needs at once. */
export function both<A, B>(a: Need<A>, b: Need<B>): Need<[A, B]> {
  if ("lack" in a) return a;
  return "lack" in b ? b : { have: [a.have, b.have] };
}

/**
 * A tier of tests that needs something of the machine. Without it the tier is
 * one skipped test that names the reason, never a passed one.
 */
export function tier<T>(
  title: string,
  need: Need<T>,
  tests: (have: T, suite: Mocha.Suite) => void,
): void {
  if ("have" in need) {
    describe(title, function () {
      tests(need.have, this);
    });
  } else {
    it.skip(`${title} (skipped: ${need.lack})`);
  }
}
