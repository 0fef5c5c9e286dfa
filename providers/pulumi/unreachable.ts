import type { Address } from "../host/host";
import { CredsspError, problem, shown, type Problem } from "../model/errors";
import type { Definition, Properties } from "./definition";
import { HalfDone } from "./reconcile";

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable that says what happens when a host does not answer. It is looked up at the time of use: state keeps no copy of it. */
const variable = "CREDSSP_UNREACHABLE";

/** The operations that can do without an answer, the variable's word that lets them, and what an error says of it. */
const ways = {
  read: {
    word: "keep",
    hint: `with ${variable}=keep a refresh keeps the state of such a host as it is`,
  },
  delete: {
    word: "abandon",
    hint: `if the host is gone for ever, ${variable}=abandon lets a destroy forget this resource and says what stays there`,
  },
} as const;

/** An operation that can do without an answer. Create and update cannot. */
export type Operation = keyof typeof ways;

/** In place of a result: the host does not answer, and the operation may go on without it. */
export class Unanswered {
  constructor(readonly problem: Problem) {}
}

/**
 * Work on a host that may end without it, if the variable says so. A value that
 * is neither of its words is an error (CREDSSP217) whether the host answers or
 * not: who misspells it must not find out on the day a host is down.
 * @param fail makes an error of a problem that is not the host's.
 * @param mayBeSilent whether the host can be without an answer at all.
 */
export function unlessUnreachable<Given extends readonly unknown[], Result>(
  operation: Operation,
  environment: Environment,
  fail: (p: Problem) => Error,
  mayBeSilent: boolean,
  work: (...given: Given) => Promise<Result>,
): (...given: Given) => Promise<Result | Unanswered> {
  return async (...given) => {
    const word = wordIn(environment);
    if (typeof word === "object") throw fail(word);
    try {
      return await work(...given);
    } catch (error) {
      const silence = silenceOf(error);
      if (silence === null || !mayBeSilent) throw error;
      const way = ways[operation];
      if (word === way.word) return new Unanswered(silence);
      throw withHint(error, way.hint);
    }
  };
}

/**
 * The variable's word, "fail" without one, or what is wrong with it. Case and
 * spaces around it do not count (`set X=keep & pulumi up` of cmd.exe keeps the
 * space); an empty variable is one that somebody has unset.
 */
function wordIn(
  environment: Environment,
): "keep" | "abandon" | "fail" | Problem {
  const given = environment[variable] ?? "";
  const word = given.trim().toLowerCase();
  if (word === "") return "fail";
  if (word === "keep" || word === "abandon") return word;
  return problem("CREDSSP217", { found: shown(given) });
}

/**
 * Whether a problem means that a host does not answer: no such name (201 is a
 * simulated fleet's word for it), nothing within the deadline (205), nobody who
 * speaks WinRM there (206).
 *
 * Everything else is an answer, or says nothing about the host, and then a
 * resource must not be forgotten: a session that was refused or failed (225 to
 * 227; ssh has no codes, so a host that is silent by it is not told from one that
 * refuses), a PowerShell of this machine that failed (228) or is missing (204, 212,
 * 224), a variable without a meaning (229), a session that is restricted or not elevated (207 to 209), a busy host
 * (211, 214), a script that failed (213, 215), a damaged file or ledger (202, 308).
 */
export function isNoAnswer({ code }: Problem): boolean {
  return ["CREDSSP201", "CREDSSP205", "CREDSSP206"].includes(code);
}

/** Why there was no answer, if that is what an error is about; work that was half done when the host fell silent included. */
function silenceOf(error: unknown): Problem | null {
  const cause = error instanceof HalfDone ? error.cause : error;
  return cause instanceof CredsspError && isNoAnswer(cause.problem)
    ? cause.problem
    : null;
}

/** The same error, and what the variable could do. */
function withHint(error: unknown, hint: string): unknown {
  if (error instanceof HalfDone) {
    const cause = withHint(error.cause, hint);
    return cause instanceof CredsspError
      ? new HalfDone(cause, error.facts)
      : error;
  }
  if (!(error instanceof CredsspError)) return error;
  const remedy = `${error.problem.remedy}; ${hint}`;
  return new CredsspError(error.attempt, error.host, {
    ...error.problem,
    remedy,
  });
}

/** What the resource's row says when a refresh kept the state of a host that does not answer. */
export function keptWarning(
  state: Properties,
  { problem }: Unanswered,
): string {
  return (
    `${String(state["host"])} does not answer, so the state of this resource was kept as it was, ` +
    `as ${variable}=keep says: ${problem.why} (${problem.code}).`
  );
}

/** What the resource's row says when a destroy forgot a resource whose host does not answer: what stays there, and how to release it. */
export function abandonedWarning(
  definition: Definition,
  state: Properties,
  { problem }: Unanswered,
): string {
  const host = String(state["host"]);
  const names = [state["owner"], ...asArray(state["formerOwners"])].map(String);
  const commands = [...new Set(names)].map((owner) =>
    releaseCommand(owner, host, state["connection"]),
  );
  return [
    `${host} does not answer, so this resource was forgotten, as ${variable}=abandon says: ${problem.why} (${problem.code}).`,
    `By its state there stay on the host: ${leftovers(definition, state).join("; ")}.`,
    `When the host answers again, this takes them back: ${commands.join(" and ")}`,
  ].join("\n");
}

/** What a resource leaves on a host that cannot be changed, as far as its state tells. */
function leftovers(
  { role, list }: Definition,
  state: Properties,
): readonly string[] {
  const { flag, entries, dwords } = asObject(state["before"]);
  const desired = list?.desired(state);
  const policy = desired?.policy ?? "";
  // Without a word on what was before us (a create that lost its host) it may be ours.
  const isOurs = (was: unknown): boolean =>
    was === undefined || was === "off" || was === "absent";
  const mark = (what: string, was: unknown): string =>
    was === undefined ? `${what} (if it came to that)` : what;
  const roleIsOn = role !== null && state["enabled"] !== false;
  const ours = asArray(state[list?.property ?? ""])
    .map((entry) => String(entry))
    .filter((entry) => isOurs(asObject(entries)[entry]))
    .map((entry) => mark(list?.spn(entry) ?? entry, asObject(entries)[entry]));
  const isSet =
    typeof state["enabled"] === "boolean" &&
    (role === null || asObject(dwords)["switch"] !== undefined);
  return [
    ...(roleIsOn && isOurs(flag)
      ? [mark(`the ${role === "service" ? "server" : "client"} role, on`, flag)]
      : []),
    ...(desired && isSet
      ? [`${policy}, ${desired.enabled ? "enabled" : "disabled"}`]
      : []),
    ...(desired && asObject(dwords)["concatenate"] !== undefined
      ? [`"concatenate OS defaults" of ${policy}, as this resource set it`]
      : []),
    ...(ours.length > 0 ? [`in ${policy} ${ours.join(", ")}`] : []),
    ...(desired?.exclusive
      ? [`${policy} without the entries that exclusive took away`]
      : []),
    "its record in the host's ledger",
  ];
}

/** The command line that releases an owner, so that it can be copied into a POSIX shell or PowerShell. */
function releaseCommand(
  owner: string,
  host: string,
  connection: unknown,
): string {
  // A backslash means something to a POSIX shell: DO\admin needs quotes.
  const options = commandOptions(connection as Address).map((word) =>
    /^[\w./:-]+$/u.test(word) ? word : quoted(word),
  );
  return [
    "npx pulumi-credssp ledger release",
    quoted(owner),
    host,
    ...options,
  ].join(" ");
}

/** The names of a connection's properties, whatever its transport. */
type PropertyName = Address extends infer One
  ? One extends Address
    ? keyof One
    : never
  : never;

/** A connection's properties, and what they are called as options of the command. */
export const optionNames = {
  transport: "transport",
  port: "port",
  useSSL: "use-ssl",
  authentication: "authentication",
  configurationName: "configuration-name",
  credential: "credential",
  userName: "user-name",
  keyFilePath: "key-file-path",
  subsystem: "subsystem",
  options: "option",
  openTimeoutSeconds: "open-timeout-seconds",
  operationTimeoutSeconds: "operation-timeout-seconds",
  fleet: "fleet",
} as const satisfies Record<PropertyName, string>;

/** What a connection is without a word: `--fleet` says by itself which transport it is. */
const unsaid: Properties = {
  transport: "simulated",
  useSSL: false,
  authentication: "Default",
};

/** How a host is reached, as the command's words. */
export function commandOptions(address: Address): readonly string[] {
  const given: Properties = { ...address };
  return Object.entries(optionNames).flatMap(([property, option]) => {
    const value = given[property];
    if (value === undefined || value === unsaid[property]) return [];
    // The checked connection has texts, numbers, truth values and ssh's options only.
    if (value === true) return [`--${option}`];
    return valuesOf(value).flatMap((text) =>
      // Behind a space it would be an option itself.
      text.startsWith("-") ? [`--${option}=${text}`] : [`--${option}`, text],
    );
  });
}

/** A property as words: one, or one each of ssh's options. */
function valuesOf(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [plain(value)];
  return Object.entries(value).map(([name, text]) => `${name}=${plain(text)}`);
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : shown(value);
}

/**
 * A text as one word. Between single quotes it is the same to both shells unless it holds one itself
 * (to PowerShell a typographic one is one, too); then double quotes do, where nothing in it means
 * something between them. What is left is quoted for a POSIX shell alone.
 */
function quoted(text: string): string {
  return /['\u2018-\u201b]/u.test(text) &&
    !/[$`"!\u201c-\u201e]|\\\\|\\$/u.test(text)
    ? `"${text}"`
    : `'${text.replaceAll("'", "'\\''")}'`;
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asObject(value: unknown): Properties {
  return typeof value === "object" && value !== null
    ? (value as Properties)
    : {};
}
