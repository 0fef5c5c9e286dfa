// Runs a program to its end, without a shell.
import { execFile } from "node:child_process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const start = promisify(execFile);

/**
 * @param {string} command
 * @param {string[]} args
 * @param {object} options
 * @param {NodeJS.ProcessEnv} options.env
 * @param {string} [options.cwd]
 * @param {number} [options.limit] In milliseconds; then it is killed.
 * @param {(line: string) => void} [options.onErrorLine] Told each line of standard error.
 * @returns {Promise<{ stdout: string, failure?: string }>} With one line that says why, if it failed.
 */
export async function execute(
  command,
  args,
  { env, cwd, limit = 0, onErrorLine = () => {} },
) {
  try {
    const running = start(command, args, {
      env,
      cwd,
      timeout: limit,
      killSignal: "SIGKILL",
      maxBuffer: Infinity,
    });
    if (running.child.stderr) {
      createInterface({ input: running.child.stderr }).on("line", onErrorLine);
    }
    return { stdout: (await running).stdout };
  } catch (error) {
    return { stdout: "", failure: reason(command, error) };
  }
}

/**
 * @param {string} command
 * @param {any} error What `execFile` fails with.
 * @returns {string}
 */
function reason(command, { code, signal, stderr, message }) {
  if (code === "ENOENT") return `there is no ${command}`;
  if (signal) return `${command} was ended by ${signal}`;
  return stderr?.trim().split("\n").at(-1) || message.trim();
}
