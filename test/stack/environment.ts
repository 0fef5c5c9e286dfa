import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { FoundPulumi } from "../support/tiers";

/** The root of this repository. */
export const repository = resolve(__dirname, "..", "..");

/** What `scripts/pulumiCommand.mjs` gives; TypeScript does not look into it. */
interface Scripts {
  pulumiEnvironment(
    found: FoundPulumi,
    options: {
      stateDir: string;
      passphrase: string;
      base: NodeJS.ProcessEnv;
    },
  ): Record<string, string>;
}

/** The variables of a run, made of some others: nothing of the caller's own Pulumi, and nothing that would move our provider. */
export async function environment(
  found: FoundPulumi,
  folder: string,
  typeCheck: boolean,
  base: NodeJS.ProcessEnv,
): Promise<Record<string, string>> {
  const script = join(repository, "scripts", "pulumiCommand.mjs");
  const scripts = (await import(pathToFileURL(script).href)) as Scripts;
  const foreign = Object.keys({ ...process.env, ...base }).filter((name) =>
    /^(PULUMI|CREDSSP)_/.test(name),
  );
  // The automation API adds these to our own environment. Node takes a variable
  // that is undefined for one that is not there, which is how those go away.
  const gone = Object.fromEntries(foreign.map((name) => [name, undefined]));
  return {
    ...gone,
    ...scripts.pulumiEnvironment(found, {
      stateDir: join(folder, ".state"),
      passphrase: "credssp-test",
      base: { ...base, ...gone },
    }),
    ...(!typeCheck && { PULUMI_NODEJS_TRANSPILE_ONLY: "true" }),
  };
}
