import { parseArgs } from "node:util";
import { defaultFleet } from "../connection";
import { openHostFolder } from "../host/simulated/hostFolder";
import { CredsspError } from "../model/errors";
import { fleetCommands } from "./fleetCommands";
import type { Answer } from "./fleetCommands";
import {
  ledgerOptions,
  releaseOptions,
  understandLedger,
  type Given,
} from "./ledgerArguments";
import { ledgerCommands } from "./ledgerCommands";
import { openTransports } from "../host/transports";
import { usage, UsageError } from "./usage";
import { packageVersion } from "./version";

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
    const command = parse(args, environment);
    if (typeof command === "string") {
      out(command);
      return 0;
    }
    const { text, failures = [] } = await command();
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

/** A command that is understood, ready to run. */
type Command = () => Promise<Answer>;

/** The command, or what is to be printed in its place. */
function parse(
  args: readonly string[],
  environment: Surroundings["environment"],
): Command | string {
  const { values, positionals } = understand(args);
  const [topic, name, ...rest] = positionals;
  if (values.version) return `pulumi-credssp ${packageVersion()}\n`;
  if (values.help || topic === undefined || topic === "help") return usage;
  switch (topic) {
    case "fleet":
      return parseFleet(name, rest, values, environment);
    case "ledger":
      return parseLedger(name, rest, values, environment);
    default:
      throw new UsageError(`${topic} is no command`);
  }
}

function parseFleet(
  name: string | undefined,
  args: readonly string[],
  values: ReturnType<typeof understand>["values"],
  environment: Surroundings["environment"],
): Command {
  const known = nameIn(fleetCommands, "fleet", name);
  const more = known === "allow" || known === "revoke" ? listOptions : {};
  refuseOthers(`fleet ${known}`, values, { ...fleetOptions, ...more });
  // An empty variable is one that somebody has unset.
  const folder = values.fleet ?? (environment["CREDSSP_FLEET"] || defaultFleet);
  const fleet = openHostFolder(folder);
  const { json = false, policy } = values;
  return () => fleetCommands[known]({ fleet, folder, json, policy, args });
}

function parseLedger(
  name: string | undefined,
  args: readonly string[],
  values: Given,
  environment: Surroundings["environment"],
): Command {
  const known = nameIn(ledgerCommands, "ledger", name);
  const more = known === "release" ? releaseOptions : {};
  refuseOthers(`ledger ${known}`, values, { ...ledgerOptions, ...more });
  const invocation = understandLedger(known, args, values, environment);
  return async () => {
    const hosts = openTransports(environment);
    try {
      const { connect } = hosts;
      return await ledgerCommands[known]({ ...invocation, connect });
    } finally {
      await hosts.close();
    }
  };
}

const fleetOptions = {
  fleet: { type: "string" },
  json: { type: "boolean" },
} as const;

/** The options of the fleet's commands that are about one list. */
const listOptions = { policy: { type: "string" } } as const;

function understand(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...fleetOptions,
        ...listOptions,
        ...ledgerOptions,
        ...releaseOptions,
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
    });
  } catch (error) {
    // parseArgs explains the rest of a long story in further sentences.
    const [first = ""] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(first);
  }
}

/** The command of a topic that a word names. */
function nameIn<Name extends string>(
  commands: Readonly<Record<Name, unknown>>,
  topic: string,
  name: string | undefined,
): Name {
  const names = Object.keys(commands) as Name[];
  if (name === undefined)
    throw new UsageError(`${topic}: which of ${names.join(", ")}?`);
  const known = names.find((one) => one === name);
  if (known === undefined)
    throw new UsageError(`${topic} ${name} is not one of ${names.join(", ")}`);
  return known;
}

/** An option that means nothing to a command is a mistake, not to be passed over. */
function refuseOthers(command: string, values: Given, known: object): void {
  const strange = Object.keys(values).find((name) => !(name in known));
  if (strange !== undefined)
    throw new UsageError(`--${strange} is no option of ${command}`);
}
