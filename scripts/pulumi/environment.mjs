// The environment of a Pulumi run.
import fs from "node:fs";
import path from "node:path";
import { pathName } from "./searchPath.mjs";

/**
 * The environment in which Pulumi needs no network, no account and nothing of
 * the user's own Pulumi. It replaces the environment of the `pulumi` process;
 * for the automation API, which only adds to it, pass it as `envVars`.
 *
 * @param {Pick<import("./inspect.mjs").FoundPulumi, "folder">} found
 * @param {object} options
 * @param {string} options.stateDir Where stacks and Pulumi's home go; made if need be.
 * @param {string} options.passphrase What the stacks' secrets are encrypted with.
 * @param {NodeJS.ProcessEnv} [options.base]
 * @returns {Record<string, string>}
 */
export function pulumiEnvironment(
  found,
  { stateDir, passphrase, base = process.env },
) {
  const stacks = path.resolve(stateDir, "stacks");
  // Pulumi makes its home, but not the folder of a file backend.
  fs.mkdirSync(stacks, { recursive: true });

  /** @type {Record<string, string>} */
  const env = {};
  for (const [name, value] of Object.entries(base)) {
    // A token, a backend or a debug setting of the user's would change what
    // runs. The options of the Node SDK stay: they are about speed.
    const foreign = /^PULUMI_(?!NODEJS_)/.test(name);
    if (value !== undefined && !foreign) {
      env[name] = value;
    }
  }
  const name = pathName(base);
  return {
    ...env,
    // Pulumi's helpers start `node`: let it be this one.
    [name]: [found.folder, path.dirname(process.execPath), base[name]]
      .filter(Boolean)
      .join(path.delimiter),
    PULUMI_HOME: path.resolve(stateDir, "home"),
    // Not a URL by pathToFileURL: Pulumi takes what follows `file://` as a path
    // and decodes nothing, and before Windows paths were mended (issue 16414)
    // it wanted the drive letter right there.
    PULUMI_BACKEND_URL: `file://${stacks.replaceAll("\\", "/")}`,
    PULUMI_CONFIG_PASSPHRASE: passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Right here, where dynamic resources are all there is and their provider
    // stands in the folder. A program with other providers must unset it.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}
