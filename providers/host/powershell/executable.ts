import { accessSync, constants, statSync } from "node:fs";
import { posix, win32 } from "node:path";
import { variable, type Environment } from "./environment";

/** PowerShell on this machine, or what was looked for in vain. */
export type Found = { readonly path: string } | { readonly lookedFor: string };

/**
 * Finds PowerShell before it is started, because a missing one only shows as an
 * error long after (node-powershell 5). `CREDSSP_POWERSHELL` names it, by
 * path or by a name on PATH; else it is PowerShell 7, and on Windows the one that
 * is always there. Windows' own comes second because it is 5.1 for ever.
 */
export function findPowerShell(
  env: Environment,
  platform: NodeJS.Platform,
  isProgram: (path: string) => boolean = isExecutableFile,
): Found {
  const windows = platform === "win32";
  const named = variable(env, "CREDSSP_POWERSHELL", windows);
  const names = named
    ? [named]
    : windows
      ? ["pwsh.exe", "powershell.exe"]
      : ["pwsh"];
  for (const name of names) {
    const path = candidates(name, env, windows).find(isProgram);
    if (path !== undefined) return { path };
  }
  return {
    lookedFor: named
      ? `no ${named}, which CREDSSP_POWERSHELL names`
      : `no ${names.join(" and no ")} on PATH`,
  };
}

/** The paths a program's name may stand for. */
function candidates(
  name: string,
  env: Environment,
  windows: boolean,
): readonly string[] {
  const paths = windows ? win32 : posix;
  const spellings =
    windows && !/\.exe$/i.test(name) ? [`${name}.exe`, name] : [name];
  if (/[\\/]/.test(name)) return spellings;
  const folders = (variable(env, "PATH", windows) ?? "")
    .split(paths.delimiter)
    .filter((folder) => folder !== "");
  return folders.flatMap((folder) =>
    spellings.map((s) => paths.join(folder, s)),
  );
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
