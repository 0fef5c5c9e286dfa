import { checkConnection, defaultFleet } from "../connection";
import { authentications, type Address } from "../host/host";
import { checkHost } from "../model/delegates";
import { reasonOf } from "../model/errors";
import { noOptions } from "../model/request";
import { optionNames } from "../pulumi/unreachable";
import type { LedgerInvocation } from "./ledgerCommands";
import { UsageError } from "./usage";

/** The options of `pulumi-credssp ledger`, for `parseArgs`. */
export const ledgerOptions = {
  transport: { type: "string" },
  fleet: { type: "string" },
  port: { type: "string" },
  "use-ssl": { type: "boolean" },
  authentication: { type: "string" },
  "configuration-name": { type: "string" },
  json: { type: "boolean" },
} as const;

/** Those that only `ledger release` has. */
export const releaseOptions = {
  "allow-broad-delegation": { type: "boolean" },
  "start-service": { type: "boolean" },
} as const;

/** Options as `parseArgs` gives them. */
export type Given = Readonly<Record<string, string | boolean | undefined>>;

/** What a ledger command is about, out of its words: everything is understood before a host is asked. */
export function understandLedger(
  name: "list" | "release",
  words: readonly string[],
  given: Given,
  environment: Readonly<Record<string, string | undefined>>,
): Omit<LedgerInvocation, "connect"> {
  const [owner = "", hosts] =
    name === "release" ? [words[0], words.slice(1)] : ["", words];
  if (name === "release" && owner.trim() === "") {
    throw new UsageError("ledger release: which OWNER?");
  }
  if (hosts.length === 0) throw new UsageError(`ledger ${name}: which host?`);
  return {
    owner: owner.trim(),
    hosts: [...new Set(hosts.map(hostOf))],
    address: addressOf(given, environment),
    json: given["json"] === true,
    options: {
      ...noOptions,
      allowBroadDelegation: given["allow-broad-delegation"] === true,
      startService: given["start-service"] === true,
    },
  };
}

function hostOf(word: string): string {
  const checked = checkHost(word);
  if ("problem" in checked) throw new UsageError(reasonOf(checked.problem));
  return checked.value;
}

/** The options as the property `connection` they stand for, with its own checks. */
function addressOf(
  given: Given,
  environment: Readonly<Record<string, string | undefined>>,
): Address {
  const said = Object.fromEntries(
    Object.entries(optionNames)
      .map(([property, option]) => [property, given[option]] as const)
      .filter(([, value]) => value !== undefined)
      .map(([property, value]) => [property, valueOf(property, value)]),
  );
  const connection = {
    transport: said["fleet"] === undefined ? "local" : "simulated",
    ...said,
  };
  const checked = checkConnection(
    connection.transport === "simulated"
      ? // An empty variable is one that somebody has unset.
        { fleet: environment["CREDSSP_FLEET"] || defaultFleet, ...connection }
      : connection,
  );
  if ("address" in checked) return checked.address;
  const [failure] = checked.failures;
  const property = failure?.property.split(".").at(-1) ?? "";
  const option = Object.entries(optionNames).find(([one]) => one === property);
  throw new UsageError(`--${option?.[1] ?? property}: ${failure?.reason}`);
}

/** A word as the property has it: a number for a port, Microsoft's spelling whatever the case. */
function valueOf(property: string, word: unknown): unknown {
  if (typeof word !== "string") return word;
  if (property === "port") return /^\d+$/u.test(word) ? Number(word) : word;
  if (property !== "authentication") return word;
  return (
    authentications.find((one) => one.toLowerCase() === word.toLowerCase()) ??
    word
  );
}
