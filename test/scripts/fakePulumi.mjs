// A pulumi that only knows its version, and folders that go away again. It is a
// shell script: the tests that start it are skipped on Windows.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

export const onPosix = process.platform === "win32" ? it.skip : it;

/** Calls a test with a new folder, and removes the folder. */
export const inFolder =
  (/** @type {(folder: string) => unknown} */ test) => async () => {
    const folder = fs.realpathSync(
      fs.mkdtempSync(path.join(os.tmpdir(), "credssp-pulumi-")),
    );
    try {
      await test(folder);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  };

/**
 * @param {string} folder
 * @param {string} name
 * @param {string} [script]
 * @returns {string} The file.
 */
export function writeProgram(folder, name, script = "") {
  const file = path.join(folder, name);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

/**
 * @param {string} folder
 * @param {string} [version]
 * @returns {string} The command.
 */
export function fakePulumi(folder, version = "3.300.0") {
  writeProgram(folder, "pulumi-language-nodejs");
  return writeProgram(folder, "pulumi", `echo v${version}`);
}
