import { checkConnection, defaultFleet } from "../connection";
import { authentications, type Address } from "../host/host";
import { checkHost } from "../model/delegates";
import { problem, reasonOf, shown } from "../model/errors";
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
  credential: { type: "string" },
  "user-name": { type: "string" },
  "key-file-path": { type: "string" },
  subsystem: { type: "string" },
  option: { type: "string", multiple: true },
  "open-timeout-seconds": { type: "string" },
  "operation-timeout-seconds": { type: "string" },
  json: { type: "boolean" },
} as const;

/** Those that only `ledger release` has. */
export const releaseOptions = {
  "allow-broad-delegation": { type: "boolean" },
  "start-service": { type: "boolean" },
} as const;

/** Options as `parseArgs` gives them. */
export type Given = Readonly<
  Record<string, string | boolean | readonly string[] | undefined>
>;

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
  // connection.<property>, and behind it the name of an option of ssh.
  const [, property = "", ...more] = failure?.property.split(".") ?? [];
  const option = Object.entries(optionNames).find(([one]) => one === property);
  const name = [option?.[1] ?? property, ...more].join(" ");
  throw new UsageError(`--${name}: ${failure?.reason}`);
}

/** A word as the property has it: a number where it is one, Microsoft's spelling whatever the case. */
function valueOf(property: string, given: Given[string]): unknown {
  if (typeof given === "object") return sshOptions(given);
  if (typeof given !== "string") return given;
  switch (property) {
    case "port":
    case "openTimeoutSeconds":
    case "operationTimeoutSeconds":
      return /^\d+(?:\.\d+)?(?:e-\d+)?$/iu.test(given) ? Number(given) : given;
    case "authentication":
      return (
        authentications.find(
          (one) => one.toLowerCase() === given.toLowerCase(),
        ) ?? given
      );
    default:
      return given;
  }
}

/** NAME=VALUE words as the property `options`. A name that stands there twice would lose one of its values. */
function sshOptions(
  words: readonly string[],
): Readonly<Record<string, string>> {
  const pairs = words.map((word) => {
    const [, name, value] = /^([^=]+)=(.*)$/su.exec(word) ?? [];
    return name === undefined || value === undefined
      ? refuseOption(word, "NAME=VALUE, such as StrictHostKeyChecking=yes")
      : ([name, value] as const);
  });
  const names = pairs.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  return twice === undefined
    ? Object.fromEntries(pairs)
    : refuseOption(twice, "each option of ssh once");
}

function refuseOption(word: string, needed: string): never {
  const p = problem("CREDSSP109", { found: shown(word), needed });
  throw new UsageError(`--option: ${reasonOf(p)}`);
}
