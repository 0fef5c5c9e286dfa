import { accessSync, constants, statSync } from "node:fs";
import { posix, win32 } from "node:path";
import { problem, type Problem } from "../../model/errors";
import { variable, type Environment } from "./environment";

/** No PowerShell on this machine. */
export interface Missing {
  /** What was looked for in vain. */
  readonly lookedFor: string;
  /** Whether a variable names it, and so is wrong. */
  readonly isNamed?: boolean;
}

/** PowerShell on this machine, or what was looked for in vain. */
export type Found = { readonly path: string } | Missing;

/** What is at a path, in the words of a message. */
export type Seen =
  | "a program"
  | "a folder"
  | "a file that may not be executed"
  | "something that may not be looked at"
  | "nothing";

/**
 * Finds PowerShell before it is started, because a missing one only shows as an
 * error long after (node-powershell 5). `CREDSSP_POWERSHELL` names it, by
 * path or by a name on PATH; else it is PowerShell 7, and on Windows the one that
 * is always there. Windows' own comes second because it is 5.1 for ever.
 */
export function findPowerShell(
  env: Environment,
  platform: NodeJS.Platform,
  look: (path: string) => Seen = seenAt,
): Found {
  const windows = platform === "win32";
  const named = variable(env, "CREDSSP_POWERSHELL", windows);
  const names = named
    ? [named]
    : windows
      ? ["pwsh.exe", "powershell.exe"]
      : ["pwsh"];
  const all = names.flatMap((name) => candidates(name, env, windows));
  const path = all.find((one) => look(one) === "a program");
  if (path !== undefined) return { path };
  return named
    ? { lookedFor: whyNot(named, all, look), isNamed: true }
    : { lookedFor: `no ${names.join(" and no ")} on PATH` };
}

/**
 * The problem that there is no PowerShell. Where a host is reached by Windows' own means no PowerShell would help
 * but on Windows, so there that is the problem. One that is there says itself whether it has a Windows around it.
 */
export function missingProblem(
  { lookedFor: found, isNamed }: Missing,
  {
    transport,
    platform,
  }: {
    readonly transport: "local" | "winrm" | "ssh";
    readonly platform: NodeJS.Platform;
  },
): Problem {
  if (transport !== "ssh" && platform !== "win32") {
    return problem("CREDSSP212", { transport, platform });
  }
  const [where, repair] = isNamed
    ? ["where CREDSSP_POWERSHELL says", "correct or unset the variable"]
    : ["on this machine's PATH", "install PowerShell 7"];
  return problem("CREDSSP204", { found, where, repair });
}

/** What is wrong with a variable that names PowerShell: what stands first where it points to. */
function whyNot(
  named: string,
  paths: readonly string[],
  look: (path: string) => Seen,
): string {
  const path = paths.find((one) => look(one) !== "nothing");
  const variable = `CREDSSP_POWERSHELL is ${named}`;
  if (path !== undefined) {
    return `${variable}, and ${path === named ? "that" : path} is ${look(path)}`;
  }
  return isPath(named)
    ? `${variable}, and there is no such file`
    : `${variable}, and there is no such program on PATH`;
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
  if (isPath(name)) return spellings;
  const folders = (variable(env, "PATH", windows) ?? "")
    .split(paths.delimiter)
    .filter((folder) => folder !== "");
  return folders.flatMap((folder) =>
    spellings.map((s) => paths.join(folder, s)),
  );
}

function isPath(name: string): boolean {
  return /[\\/]/.test(name);
}

function seenAt(path: string): Seen {
  try {
    const seen = statSync(path);
    if (seen.isDirectory()) return "a folder";
    if (!seen.isFile()) return "a file that may not be executed";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR"
      ? "nothing"
      : "something that may not be looked at";
  }
  try {
    accessSync(path, constants.X_OK);
    return "a program";
  } catch {
    return "a file that may not be executed";
  }
}
