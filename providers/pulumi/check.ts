import { checkConnection, isLine, nameOf, type Failure } from "../connection";
import {
  checkHost,
  spnKey,
  unknownValue,
  type Checked,
} from "../model/delegates";
import {
  described,
  isWord,
  problem,
  reasonOf,
  shownIfWord,
  type Problem,
} from "../model/errors";
import type {
  CheckedProperty,
  Definition,
  Properties,
  ReadProperty,
} from "./definition";

/** The properties of every resource. */
const common = ["host", "connection", "owner"] as const;

/** Pulumi's own, which travel with the inputs. */
const pulumis = ["__provider"];

/** The failures of one property that are told one by one. */
const mostFailures = 10;

/** A URN of Pulumi has no limit of its own; the ledger has. */
const longestOwner = 4095;

/** Inputs in their normal form; with failures they are what was given. */
export interface CheckedInputs {
  readonly inputs: Properties;
  readonly failures: readonly Failure[];
}

/**
 * Normalises and refuses. Pure: it reads no file, no environment, no host. A
 * value that Pulumi does not know yet passes untouched, and no rule looks at it.
 */
export function checkInputs(
  definition: Definition,
  given: Properties,
): CheckedInputs {
  const own = Object.keys(definition.properties);
  const known: readonly string[] = [...common, ...own];
  const strange = Object.keys(given)
    .filter((name) => ![...known, ...pulumis].includes(name))
    .filter((name) => !isOwnEnabled(definition, name, given))
    .filter((name) => given[name] !== undefined)
    .map((name) =>
      failure(
        nameOf(name),
        problem("CREDSSP108", {
          property: nameOf(name),
          of: definition.kind,
          known: known.filter((one) => one !== "owner").join(", "),
        }),
      ),
    );

  const host = asProperty(checkHost(given["host"]));
  const owner = checkOwner(given["owner"]);
  const connection = checkConnection(given["connection"]);
  const read = Object.entries({
    host,
    owner,
    ...Object.fromEntries(
      Object.entries(definition.properties).map(([name, reader]) => [
        name,
        given[name] === unknownValue
          ? { value: unknownValue }
          : reader(given[name], given),
      ]),
    ),
  } as Record<string, CheckedProperty>);

  const failures = [
    strange,
    "failures" in connection ? connection.failures : [],
    ...read.map(([name, checked]) =>
      "problems" in checked
        ? checked.problems.map((one) => failure(name, one))
        : [],
    ),
  ].flatMap(few);
  if (failures.length > 0 || "failures" in connection) {
    return { inputs: given, failures: failures.map(unseenIn(given, known)) };
  }
  const values = read.flatMap(([name, checked]) =>
    "value" in checked && checked.value !== undefined
      ? [[name, checked.value] as const]
      : [],
  );
  return {
    inputs: {
      ...Object.fromEntries(values),
      // So that a role found off in a refresh differs from what is declared.
      ...(definition.role && { enabled: true }),
      connection: connection.address,
    },
    failures: [],
  };
}

/** What check itself puts into a role's inputs comes back with `ignoreChanges`. */
function isOwnEnabled(
  { role }: Definition,
  name: string,
  given: Properties,
): boolean {
  return role !== null && name === "enabled" && given[name] === true;
}

/** Whether Pulumi's unknown text stands anywhere in a value. */
export function hasUnknown(value: unknown): boolean {
  if (value === unknownValue) return true;
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).some(hasUnknown)
  );
}

/** Reads a truth value. */
export function flag(fallback: boolean): ReadProperty {
  return (given) =>
    given === undefined || typeof given === "boolean"
      ? { value: given ?? fallback }
      : wrong(given, "true or false");
}

/** Reads a permission. Absent and `false` are one: a state from before there was such a permission differs in nothing. */
export const permission: ReadProperty = (given) =>
  given === undefined || typeof given === "boolean"
    ? { value: given === true ? true : undefined }
    : wrong(given, "true or false");

/** Reads an opinion: `true`, `false`, or none at all. */
export const opinion: ReadProperty = (given) =>
  given === undefined || typeof given === "boolean"
    ? { value: given }
    : wrong(given, "true or false, or nothing");

/** Reads a whole number of seconds. */
export function seconds(fallback: number): ReadProperty {
  return (given) =>
    given === undefined ||
    (Number.isInteger(given) && Number(given) >= 1 && Number(given) <= 3600)
      ? { value: given ?? fallback }
      : wrong(given, "a whole number of seconds from 1 to 3600");
}

/** Reads one of a few words. */
export function oneOf(words: readonly string[]): ReadProperty {
  return (given) =>
    words.some((word) => word === given)
      ? { value: given }
      : wrong(given, `one of ${words.join(", ")}`);
}

/**
 * Reads a list of entries, each only once whatever its case.
 * @param mayBeEmpty whether the rest of the declaration makes sense without any entry.
 * @param mayBeBroad whether an entry may be broad without `allowBroadDelegation`.
 */
export function entries(
  read: (given: unknown, allowBroad: boolean) => Checked,
  mayBeEmpty: (all: Properties) => boolean = () => false,
  mayBeBroad: (all: Properties) => boolean = () => false,
): ReadProperty {
  return (given, all) => {
    const list = given === undefined && mayBeEmpty(all) ? [] : given;
    if (!Array.isArray(list))
      return wrong(given, 'a list, such as ["*.do.local"]');
    if (list.length === 0 && !mayBeEmpty(all)) {
      return { problems: [problem("CREDSSP105")] };
    }
    // Not known yet whether it will be allowed: create looks at the known value.
    const allowed = all["allowBroadDelegation"];
    const allowBroad =
      allowed === true || allowed === unknownValue || mayBeBroad(all);
    const checked = list.map((one) => read(one, allowBroad));
    const problems = checked.flatMap((one) =>
      "problem" in one ? [one.problem] : [],
    );
    if (problems.length > 0) return { problems };
    const values = checked.flatMap((one) =>
      "value" in one ? [one.value] : [],
    );
    const once = new Map(values.map((value) => [spnKey(value), value]));
    return { value: [...once.values()] };
  };
}

function wrong(given: unknown, needed: string): CheckedProperty {
  const found = shownIfWord(given);
  return { problems: [problem("CREDSSP109", { found, needed })] };
}

/** The project's label and the resource's URN, as the ledger will hold and list them. */
function checkOwner(given: unknown): CheckedProperty {
  if (given === undefined || isLine(given, longestOwner))
    return { value: given };
  const found = described(given);
  const needed = `one line of ${longestOwner} characters at most, without control characters: a label and the resource's URN`;
  return { problems: [problem("CREDSSP109", { found, needed })] };
}

/** The first failures of many: who has thousands of one kind reads no further. */
function few(all: readonly Failure[]): readonly Failure[] {
  const [first] = all;
  const more = all.length - mostFailures;
  if (first === undefined || more <= 0) return all;
  const found = `${more.toLocaleString("en")} more of these`;
  const rest = problem("CREDSSP109", { found, needed: "none" });
  return [...all.slice(0, mostFailures), failure(first.property, rest)];
}

/**
 * Beside the reason Pulumi prints the whole value of the property that is named, whatever it holds
 * and however long it is (`issueCheckFailures`). Without a property it prints the reason alone.
 */
function unseenIn(
  given: Properties,
  known: readonly string[],
): (failure: Failure) => Failure {
  // What no property is meant for may be anything, also a password.
  const isShown = (property: string): boolean =>
    known.includes(property)
      ? isHarmless(property, given[property])
      : ["number", "boolean"].includes(typeof given[property]);
  return ({ property, reason }) =>
    isShown(property)
      ? { property, reason }
      : { property: "", reason: `${property}: ${reason}` };
}

/** Whether a value is short, and hardly a secret: words, for names with what stands between them. */
function isHarmless(property: string, value: unknown): boolean {
  if (typeof value === "string") {
    return (
      isWord(value) ||
      (property !== "connection" &&
        /^(?:[\w .,/*-]|:(?=\/\/|\d)){0,40}$/u.test(value))
    );
  }
  if (typeof value !== "object" || value === null) return true;
  return Array.isArray(value)
    ? value.length <= mostFailures &&
        value.every((one) => isHarmless(property, one))
    : Object.keys(value).length === 0;
}

function asProperty(checked: Checked): CheckedProperty {
  return "problem" in checked ? { problems: [checked.problem] } : checked;
}

function failure(property: string, p: Problem): Failure {
  return { property, reason: reasonOf(p) };
}
