import { readFileSync, statSync } from "node:fs";
import { problem, type Problem } from "../../model/errors";
import { credentialsKey } from "../host";
import { variable, type Environment } from "./environment";

/** Who a session acts as. It is handed to the child that opens the session, and kept nowhere else. */
export interface Credential {
  /** As Microsoft's `-Credential` takes it: `user`, `DOMAIN\user` or `user@domain`. */
  readonly userName: string;
  readonly password: string;
}

/** The variable that names the file of credentials. */
const fileVariable = "CREDSSP_CREDENTIALS";

/** The longest file that is read, in bytes: what is longer is another file, or has no end. */
const longestFile = 1024 * 1024;

/** What the places are called in messages. The file's path is not shown: somebody may have put the JSON itself there. */
const fileSource = `the file that ${fileVariable} names`;
const configSource = `${credentialsKey} of the stack's configuration`;

/**
 * Looks a credential up by its name. Whoever needs it asks each time: what was found is for that
 * session only, so that a changed password counts at once.
 *
 * The first place that has the name counts:
 * 1. the variables `CREDSSP_<NAME>_USERNAME` and `CREDSSP_<NAME>_PASSWORD`, the name in capitals;
 *    one without the other is an error, and an empty one is as good as none;
 * 2. the JSON file that `CREDSSP_CREDENTIALS` names,
 *    `{"<name>": {"username": "...", "password": "..."}}`, the name spelled as it was declared;
 * 3. the same JSON in the stack's configuration. It comes last because refresh and destroy get
 *    the configuration that was stored with the provider, not today's (pulumi/pulumi #18740).
 *
 * A place that cannot be read or understood is an error, whatever comes after it. No message
 * holds a piece of what was read: neither a value, nor another name, nor what the parser says.
 *
 * @param readFile reads a text file; what it throws counts by its `code` only (`ENOENT`), but {@link Unfit}
 * @param config gives `credssp:credentials`, or undefined without one; called last. Where there is
 *   no stack, there is no config, and the message does not name that place
 */
export function resolveCredential(
  name: string,
  env: Environment,
  platform: NodeJS.Platform,
  readFile: (path: string) => string = readText,
  config?: () => string | undefined,
): Credential | Problem {
  return (
    fromVariables(name, env, platform) ??
    fromFile(name, valueOf(env, fileVariable, platform), readFile) ??
    fromJson(name, config?.(), configSource) ??
    nowhere(
      name,
      valueOf(env, fileVariable, platform) !== undefined,
      config !== undefined,
    )
  );
}

function fromVariables(
  name: string,
  env: Environment,
  platform: NodeJS.Platform,
): Credential | Problem | null {
  const names = variablesOf(name);
  const userName = valueOf(env, names.userName, platform);
  const password = valueOf(env, names.password, platform);
  if (userName !== undefined && password !== undefined) {
    return { userName, password };
  }
  if (userName === undefined && password === undefined) return null;
  const [given, missing] =
    userName === undefined
      ? [names.password, names.userName]
      : [names.userName, names.password];
  return problem("CREDSSP221", { name, given, missing });
}

function fromFile(
  name: string,
  path: string | undefined,
  readFile: (path: string) => string,
): Credential | Problem | null {
  if (path === undefined) return null;
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    return problem("CREDSSP222", {
      found: error instanceof Unfit ? error.message : codeOf(error),
    });
  }
  return fromJson(name, text, fileSource);
}

/** What is no file of credentials, before anything of it is read. */
class Unfit extends Error {}

/**
 * The text of a file as an editor or Windows PowerShell writes it: UTF-8, or UTF-16 (by `>`), which a byte
 * order mark tells; the decoder drops it. To read a FIFO would wait for its writer, for ever.
 */
function readText(path: string): string {
  const about = statSync(path);
  if (!about.isFile()) throw new Unfit("no regular file");
  if (about.size > longestFile) {
    throw new Unfit(`a file of ${about.size} bytes`);
  }
  const bytes = readFileSync(path);
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  try {
    const decoder = new TextDecoder(isUtf16 ? "utf-16le" : "utf-8", {
      fatal: true,
    });
    return decoder.decode(bytes);
  } catch {
    // A password with a replacement character in it would be a wrong one, and may lock its account.
    throw new Unfit("neither UTF-8 nor UTF-16 with a byte order mark");
  }
}

/** The credential in a JSON text, what is wrong with the text, or null: the name is not there. */
function fromJson(
  name: string,
  text: string | undefined,
  source: string,
): Credential | Problem | null {
  if (text === undefined) return null;
  const wrong = (found: string): Problem =>
    problem("CREDSSP223", { found, source });
  let all: unknown;
  try {
    all = JSON.parse(text);
  } catch {
    // The parser's own words quote what it read.
    return wrong("no JSON");
  }
  if (!isObject(all)) return wrong(`${kindOf(all)}, not an object,`);
  if (!Object.hasOwn(all, name)) return null;
  const one = all[name];
  if (!isObject(one)) {
    return wrong(`${kindOf(one)}, not an object, under ${name}`);
  }
  const [userName, password] = [one["username"], one["password"]];
  return isUsable(userName) && isUsable(password)
    ? { userName, password }
    : wrong(
        isUsable(userName)
          ? `no usable password under ${name}`
          : `no usable username under ${name}`,
      );
}

function nowhere(name: string, hasFile: boolean, hasStack: boolean): Problem {
  const { userName, password } = variablesOf(name);
  const file = hasFile
    ? `no ${name} in ${fileSource}`
    : `no variable ${fileVariable}`;
  return problem("CREDSSP220", {
    name,
    userName,
    password,
    found: [
      `neither ${userName} nor ${password}`,
      file,
      ...(hasStack ? [`no ${name} in ${configSource}`] : []),
    ].join(", "),
  });
}

function variablesOf(name: string) {
  const prefix = `CREDSSP_${name.toUpperCase()}`;
  return { userName: `${prefix}_USERNAME`, password: `${prefix}_PASSWORD` };
}

/** A variable's value; an empty variable is one that somebody has unset. */
function valueOf(
  env: Environment,
  name: string,
  platform: NodeJS.Platform,
): string | undefined {
  return variable(env, name, platform === "win32") || undefined;
}

/** A NUL would end the value on its way to the child, and Node's refusal of it quotes the value. */
function isUsable(value: unknown): value is string {
  return typeof value === "string" && value !== "" && !value.includes("\0");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

function codeOf(error: unknown): string {
  const code: unknown =
    error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[A-Z_]+$/u.test(code)
    ? code
    : "an error";
}
