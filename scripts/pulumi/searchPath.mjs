// Finds executables as a shell would, on Windows too.
import fs from "node:fs";
import path from "node:path";

const windows = process.platform === "win32";

/** What Windows calls an executable of this name, and all others the name. */
export const executable = (/** @type {string} */ name) =>
  windows ? `${name}.exe` : name;

/** The same for what may be a script as well. */
export const executables = (/** @type {string} */ name) =>
  windows ? [`${name}.exe`, `${name}.cmd`] : [name];

/**
 * The name under which an environment keeps PATH: Windows writes it `Path`, and
 * a copy of its environment is an ordinary object that minds the difference.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function pathName(env) {
  return Object.keys(env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
}

/**
 * The folders on PATH.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function pathFolders(env) {
  return (env[pathName(env)] ?? "").split(path.delimiter).filter(Boolean);
}

/**
 * The first executable of some names in some folders.
 *
 * @param {string[]} names
 * @param {string[]} folders
 * @returns {string | undefined} As an absolute path.
 */
export function findExecutable(names, folders) {
  return folders
    .flatMap((folder) => names.map((name) => path.resolve(folder, name)))
    .find(isExecutable);
}

/** @param {string} file */
function isExecutable(file) {
  try {
    // On Windows X_OK asks no more than whether it is there.
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
