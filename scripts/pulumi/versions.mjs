// Which Pulumi this project takes from PATH, and which one it gets itself.
import fs from "node:fs";
import path from "node:path";
import { repository } from "../install.mjs";

/** The Go module that pins the Pulumi we get. */
export const toolsFolder = path.join(repository, "tools", "pulumi");

/**
 * The oldest Pulumi that is used. Pulumi does not tie its command to the
 * version of an SDK, so this is a choice: 3.216.0 is the release in which the
 * inputs that a dynamic provider's `read` returns came to count, which refresh
 * relies on here, and nothing older is ever tested with this project.
 */
const MINIMUM = { major: 3, minor: 216 };

/**
 * Says why a version of Pulumi does not fit, or nothing if it does.
 *
 * @param {string} version Such as "3.274.1" or "3.275.0-alpha.1".
 * @returns {string | undefined}
 */
export function whyUnfit(version) {
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(version) ?? [];
  if (major === undefined) {
    return `its version is not readable ("${version}")`;
  }
  // Another major version has another SDK.
  return Number(major) === MINIMUM.major && Number(minor) >= MINIMUM.minor
    ? undefined
    : `it is v${version}, needed is v${MINIMUM.major}.${MINIMUM.minor}.0 or a later v${MINIMUM.major}`;
}

/**
 * Reads from go.mod what we get, so that it is written in one place.
 *
 * @returns {{ go: string, pulumi: string }} Versions, without a v.
 */
export function pinnedVersions() {
  const text = fs.readFileSync(path.join(toolsFolder, "go.mod"), "utf8");
  const go = /^go (\S+)/m.exec(text)?.[1];
  const pulumi = /github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)/.exec(text)?.[1];
  if (!go || !pulumi) {
    throw new Error("tools/pulumi/go.mod pins no version of Go or of Pulumi");
  }
  return { go, pulumi };
}
