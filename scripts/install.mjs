// What every script here begins with: the packages of the lock file are there, and the package
// `pulumi-credssp` is compiled as it stands.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const repository = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  "..",
);

/**
 * Installs, unless npm did so since the lock file last changed, and compiles.
 *
 * @param {(line: string) => void} log Told what takes long.
 */
export function install(log) {
  const wanted = path.join(repository, "package-lock.json");
  // npm's own note of what it put there.
  const installed = path.join(repository, "node_modules", ".package-lock.json");
  if (!existsSync(installed) || changed(installed) < changed(wanted)) {
    log("Installing the packages of package-lock.json with npm ci");
    npm(["ci"]);
  }
  const built = spawnSync(process.execPath, ["scripts/build.mjs"], {
    cwd: repository,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (built.status !== 0) process.exit(built.status ?? 1);
}

/** @param {string} file */
function changed(file) {
  return statSync(file).mtimeMs;
}

/** @param {string[]} args */
function npm(args) {
  // Under `npm run`, npm says where it is; started by hand, it is looked up. On
  // Windows it is a .cmd file, which only a shell can start: the arguments are ours.
  const script = process.env["npm_execpath"];
  const options = {
    cwd: repository,
    stdio: /** @type {const} */ (["ignore", "inherit", "inherit"]),
    shell: false,
  };
  const ended = script?.endsWith(".js")
    ? spawnSync(process.execPath, [script, ...args], options)
    : spawnSync("npm", args, {
        ...options,
        shell: process.platform === "win32",
      });
  if (ended.status === 0) return;
  console.error(
    `npm ${args.join(" ")} failed. Try: see what it says above, then run this again.`,
  );
  process.exit(ended.status ?? 1);
}
