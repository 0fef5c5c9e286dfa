import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { repository } from "./environment";

const execute = promisify(execFile);

/** Fetched when it is needed, at this version. */
const pnpm = "pnpm@10.34.9";

/** No registry answers, so that pnpm or what it is to install cannot be had. */
export class NoRegistry extends Error {}

/** What npm and pnpm say of that, as codes. */
const noRegistry =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT|ERR_PNPM_META_FETCH_FAIL|ERR_PNPM_NO_OFFLINE_\w+)\b/;

/**
 * Installs a package of a pnpm workspace by pnpm: ours as the tarball that `npm pack` makes,
 * and beside it what this repository's own stack depends on.
 * @throws {NoRegistry} where nothing can be fetched.
 */
export async function installByPnpm(
  workspace: string,
  member: string,
): Promise<void> {
  const tarball = await packInto(workspace);
  const file = join(workspace, member, "package.json");
  const dependencies = {
    ...(await readPackage(join(repository, "package.json"))).dependencies,
    "pulumi-credssp": `file:../${tarball}`,
  };
  const theirs = { ...(await readPackage(file)), dependencies };
  await writeFile(file, JSON.stringify(theirs, null, 2));
  const cache = join(await cacheFolder(), "pnpm");
  await npm(workspace, "npx", [
    "--yes",
    "--prefer-offline",
    pnpm,
    "install",
    "--ignore-scripts",
    "--prefer-offline",
    `--store-dir=${join(cache, "store")}`,
    `--config.cache-dir=${join(cache, "cache")}`,
    `--config.state-dir=${join(cache, "state")}`,
  ]);
}

/** Packs the package as it was built; gives the tarball's name. */
async function packInto(folder: string): Promise<string> {
  const packed = await npm(join(repository, "providers"), "npm", [
    "pack",
    "--json",
    "--ignore-scripts",
    `--pack-destination=${folder}`,
  ]);
  const [made] = JSON.parse(packed) as { filename: string }[];
  if (made === undefined) throw new Error(`npm pack made nothing: ${packed}`);
  return made.filename;
}

/** Runs npm or npx, a .cmd file on Windows, which only a shell starts; gives what it printed. */
async function npm(
  cwd: string,
  command: "npm" | "npx",
  args: readonly string[],
): Promise<string> {
  const env = { ...process.env, npm_config_fetch_retries: "0" };
  const shell = process.platform === "win32";
  try {
    return (await execute(command, args, { cwd, env, shell })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    const said = `${stdout}${stderr}`.trim();
    const code = noRegistry.exec(said)?.[0];
    throw code === undefined
      ? new Error(`${command} ${args.join(" ")}:\n${said}`)
      : new NoRegistry(`${command}: no registry answers (${code})`);
  }
}

interface Package {
  readonly dependencies?: Readonly<Record<string, string>>;
}

async function readPackage(file: string): Promise<Package> {
  return JSON.parse(await readFile(file, "utf8")) as Package;
}

/** Where this repository keeps what it downloads. */
async function cacheFolder(): Promise<string> {
  const script = join(repository, "scripts", "pulumi", "cache.mjs");
  const cache = (await import(pathToFileURL(script).href)) as {
    cacheFolder(env: NodeJS.ProcessEnv): string;
  };
  return cache.cacheFolder(process.env);
}
