import { parseArgs } from "node:util";
import { defaultFleet } from "../connection";
import { openHostFolder } from "../host/simulated/hostFolder";
import { CredsspError } from "../model/errors";
import { fleetCommands } from "./fleetCommands";
import type { Invocation } from "./fleetCommands";
import { usage, UsageError } from "./usage";

/** What the command line works on; tests give their own. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * Runs `pulumi-credssp` with its arguments and gives the exit code: 0 done, 1 it could
 * not be done, 2 the command line cannot be understood.
 */
export async function run(
  args: readonly string[],
  { environment, out, err }: Surroundings,
): Promise<number> {
  try {
    const invocation = parse(args, environment);
    if (invocation === "help") {
      out(usage);
      return 0;
    }
    const [command, given] = invocation;
    const { text, failures = [] } = await command(given);
    out(text);
    for (const failure of failures) err(`${failure}\n`);
    return failures.length > 0 ? 1 : 0;
  } catch (error) {
    if (error instanceof UsageError) {
      err(`${error.message} (pulumi-credssp --help)\n`);
      return 2;
    }
    if (!(error instanceof CredsspError)) throw error;
    err(`${error.message}\n`);
    return 1;
  }
}

type Parsed = readonly [
  (typeof fleetCommands)[keyof typeof fleetCommands],
  Invocation,
];

function parse(
  args: readonly string[],
  environment: Surroundings["environment"],
): Parsed | "help" {
  const { values, positionals } = understand(args);
  const [topic, name, ...rest] = positionals;
  if (values.help || topic === undefined || topic === "help") return "help";
  if (topic !== "fleet") throw new UsageError(`${topic} is no command`);
  if (name === undefined)
    throw new UsageError(`fleet: which of ${names.join(", ")}?`);
  if (!isCommand(name))
    throw new UsageError(`fleet ${name} is not one of ${names.join(", ")}`);
  // An empty variable is one that somebody has unset.
  const folder = values.fleet ?? (environment["CREDSSP_FLEET"] || defaultFleet);
  return [
    fleetCommands[name],
    {
      fleet: openHostFolder(folder),
      folder,
      json: values.json === true,
      args: rest,
    },
  ];
}

function understand(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        fleet: { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    // parseArgs explains the rest of a long story in further sentences.
    const [first = ""] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(first);
  }
}

const names = Object.keys(fleetCommands);

function isCommand(name: string): name is keyof typeof fleetCommands {
  return Object.hasOwn(fleetCommands, name);
}
