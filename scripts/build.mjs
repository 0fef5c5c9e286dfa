// Compiles the package `pulumi-credssp` into providers/bin and puts the scripts that run on the
// hosts beside it, so that `join(__dirname, "..", "scripts")` finds them from source and from bin.
import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const compiled = spawnSync(process.execPath, [tsc, "-p", "providers"], {
  cwd: root,
  stdio: ["ignore", "inherit", "inherit"],
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

rmSync(`${root}providers/bin/host/scripts`, { recursive: true, force: true });
cpSync(`${root}providers/host/scripts`, `${root}providers/bin/host/scripts`, {
  recursive: true,
});
