/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a PowerShell we start may see of our environment: all but Pulumi's own
 * variables (access tokens, passphrases, the engine's addresses) and ours
 * (credentials). Names compare without case, as Windows has it.
 *
 * Windows PowerShell gets no `PSModulePath` either: the one that PowerShell 7
 * exports to its children makes it load modules of the wrong edition.
 */
export function childEnvironment(
  env: Environment,
  executable: string,
): Record<string, string> {
  const windowsPowerShell = /(^|[\\/])powershell(\.exe)?$/i.test(executable);
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      !/^(PULUMI|CREDSSP)_/i.test(entry[0]) &&
      !(windowsPowerShell && /^PSModulePath$/i.test(entry[0])),
  );
  return Object.fromEntries(kept);
}

/** The value of a variable, whatever the case of its name on Windows. */
export function variable(
  env: Environment,
  name: string,
  windows: boolean,
): string | undefined {
  if (!windows || env[name] !== undefined) return env[name];
  const spelled = Object.keys(env).find(
    (key) => key.toUpperCase() === name.toUpperCase(),
  );
  return spelled === undefined ? undefined : env[spelled];
}
