// Gets Pulumi's own release, with the SDK's own installer.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { cachedRoots, moveInto, openReleased } from "./cache.mjs";

/** Where Pulumi's installer is; asked first, to fail within seconds. */
const INSTALLER_URL = "https://get.pulumi.com/install.sh";
const REACH_LIMIT_MS = 5_000;

/**
 * @param {import("./cache.mjs").Context} context
 * @returns {Promise<import("./inspect.mjs").FoundPulumi | string>} Or why it cannot.
 */
export async function downloadRelease(context) {
  const { cache, pinned, log } = context;
  const label = `the download of Pulumi v${pinned.pulumi}`;
  try {
    await fetch(INSTALLER_URL, {
      method: "HEAD",
      signal: AbortSignal.timeout(REACH_LIMIT_MS),
    });
  } catch (/** @type {any} */ error) {
    // `fetch` says "fetch failed" and keeps the reason in its cause.
    const reason = error.cause?.code ?? error.message;
    return `${label}: get.pulumi.com is not reachable (${reason})`;
  }

  log(`downloading Pulumi v${pinned.pulumi} from get.pulumi.com`);
  fs.mkdirSync(cache, { recursive: true });
  const partial = fs.mkdtempSync(path.join(cache, "download-"));
  try {
    await install(partial, pinned.pulumi);
    await moveInto(partial, cachedRoots(context).released);
  } catch (/** @type {any} */ error) {
    return `${label} failed: ${error.message.trim().split("\n").at(-1)}`;
  } finally {
    fs.rmSync(partial, { recursive: true, force: true });
  }
  return (
    (await openReleased("from Pulumi's release", context)) ??
    `${label} brought one that does not fit`
  );
}

/**
 * @param {string} root
 * @param {string} version
 */
async function install(root, version) {
  // Loaded here, because nothing else in these scripts needs packages.
  const project = createRequire(import.meta.url);
  const sdk = createRequire(project.resolve("@pulumi/pulumi"));
  const { PulumiCommand } = sdk("./automation");
  const { SemVer } = sdk("semver");
  await PulumiCommand.install({ root, version: new SemVer(version) });
}
