// What follows `npm run bench --`: read and refused before anything is installed, built or measured.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

export const usage = `Usage: npm run bench -- [nochange] [--pairs N] [--hosts N]
       npm run bench -- fanout [--pairs N] [--sizes N,N,...] [--list FILE]

  nochange      a pulumi up that has nothing to do (when nothing is named)
    --hosts N   simulated hosts, three resources on each (100)
  fanout        many hosts looked at at one time
    --sizes N,N,...   how many of them (1,8,16,32)
    --list FILE       real hosts, a name a line; else the stand-in that
                      CREDSSP_TEST_WINDOWS names
  --pairs N     turns, the one to warm up left out (7)

What is measured against what: bench/README.md
`;

/**
 * @typedef {{ bench: "nochange", pairs: number, hosts: number }} NoChange
 * @typedef {{ bench: "fanout", pairs: number, sizes: readonly number[], list: readonly string[] | undefined }} FanOut
 */

/**
 * @param {readonly string[]} args
 * @param {(file: string) => string} [read]
 * @returns {NoChange | FanOut | { bench: "help" } | { bench: "wrong", why: string }}
 */
export function readArguments(
  args,
  read = (file) => readFileSync(file, "utf8"),
) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        pairs: { type: "string", default: "7" },
        hosts: { type: "string" },
        sizes: { type: "string" },
        list: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return { bench: "help" };
    const [bench = "nochange", ...more] = positionals;
    if (more.length > 0) throw new Error(`${more.join(" ")} is too much`);
    const pairs = count("pairs", values.pairs);
    const { hosts, sizes, list } = values;
    switch (bench) {
      case "nochange":
        refuse(bench, { sizes, list });
        return { bench, pairs, hosts: count("hosts", hosts ?? "100") };
      case "fanout": {
        refuse(bench, { hosts });
        const counts = (sizes ?? "1,8,16,32")
          .split(",")
          .map((size) => count("sizes", size));
        return { bench, pairs, sizes: counts, list: named(list, counts, read) };
      }
      default:
        throw new Error(`there is no bench ${bench}`);
    }
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : error;
    return { bench: "wrong", why: String(why) };
  }
}

/**
 * @param {string} option
 * @param {string} given
 */
function count(option, given) {
  if (/^[1-9]\d{0,5}$/.test(given)) return Number(given);
  throw new Error(`--${option} takes whole numbers from 1, not "${given}"`);
}

/**
 * @param {string} bench
 * @param {Record<string, string | undefined>} given Options of the other bench.
 */
function refuse(bench, given) {
  const one = Object.keys(given).find((name) => given[name] !== undefined);
  if (one !== undefined) throw new Error(`--${one} is no option of ${bench}`);
}

/**
 * The hosts of a list, which are enough for every size.
 *
 * @param {string | undefined} file
 * @param {readonly number[]} sizes
 * @param {(file: string) => string} read
 */
function named(file, sizes, read) {
  if (file === undefined) return undefined;
  const hosts = read(file).split(/\r?\n/).filter(Boolean);
  if (hosts.length >= Math.max(...sizes)) return hosts;
  throw new Error(
    `${file} has ${hosts.length} hosts, and --sizes asks for ${Math.max(...sizes)}`,
  );
}
