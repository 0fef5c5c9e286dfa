// Puts beside a built Pulumi what its releases have there: the helper for Node
// programs (ours, tools/pulumi/languageHost.cjs) and the provider of dynamic
// resources (the SDK's).
import fs from "node:fs";
import path from "node:path";
import { repository } from "../install.mjs";
import { toolsFolder } from "./versions.mjs";

/**
 * Done at each start, because both may have changed since the build.
 *
 * @param {string} folder
 */
export function addHelperPrograms(folder) {
  const host = "languageHost.cjs";
  const windows = process.platform === "win32";
  write(path.join(folder, host), fs.readFileSync(path.join(toolsFolder, host)));
  write(
    path.join(folder, `pulumi-language-nodejs${windows ? ".cmd" : ""}`),
    windows
      ? `@node "%~dp0${host}" %*\r\n`
      : // `exec`, so that Pulumi's signals reach Node and no shell is left over.
        `#!/bin/sh\nexec node "$(dirname "$0")/${host}" "$@"\n`,
  );
  const provider = `pulumi-resource-pulumi-nodejs${windows ? ".cmd" : ""}`;
  const sdk = path.join(repository, "node_modules", "@pulumi", "pulumi");
  // Absent before `npm ci`; then there is nothing to run either.
  if (fs.existsSync(sdk)) {
    write(
      path.join(folder, provider),
      fs.readFileSync(path.join(sdk, provider)),
    );
  }
}

/**
 * Writes an executable file unless it is there already. It appears at once and
 * whole: another run may be starting it.
 *
 * @param {string} file
 * @param {string | Buffer} content
 */
function write(file, content) {
  if (
    fs.existsSync(file) &&
    fs.readFileSync(file).equals(Buffer.from(content))
  ) {
    return;
  }
  const partial = `${file}.${process.pid}`;
  fs.writeFileSync(partial, content, { mode: 0o755 });
  fs.renameSync(partial, file);
}
