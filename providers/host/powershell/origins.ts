import type { Origin, Origins, PolicyStates } from "../../model/facts";
import { listKeyOf, policyNames, policyOf } from "../../model/policies";
import type { PolicyName } from "../../model/policies";
import { emptiesKey } from "../../model/registryPol";
import type { Shape } from "./observation";

/**
 * What RSoP ("resultant set of policy") logged of the last pass of policy processing, for our
 * policies: RSOP_RegistryPolicySetting and RSOP_GPO as Get-PolicyOrigin read them.
 */
export interface PolicyLog {
  readonly settings: readonly LoggedSetting[];
  /** The display names of the policy objects, by their ids in lower case. */
  readonly objects: ReadonlyMap<string, string>;
}

/** One value of one policy object, or one of its instructions. */
export interface LoggedSetting {
  /** The key, below HKLM. */
  readonly key: string;
  /** The value's name; an instruction that is about no single value stands here by its own. */
  readonly name: string;
  /** The policy object: its path in the directory, or `LocalGPO`. */
  readonly object: string;
  /** 1 is what was applied; what is above it lost. */
  readonly precedence: number;
  /** The value was deleted, not set. */
  readonly deleted: boolean;
  /** The instruction, for example `**delvals.`; empty for a plain value. */
  readonly command: string;
  /** What an instruction to delete keys names; empty for all else. */
  readonly data: string;
}

/** What the last pass of policy processing did to our policies. */
export interface Processed {
  readonly applied: PolicyStates;
  readonly origins: Origins | null;
}

/**
 * Reads what Get-PolicyOrigin gave.
 * @throws {ShapeError} when something is missing or of another type.
 */
export function readPolicyLog(log: Shape): PolicyLog {
  return {
    settings: log.objects("settings").map((setting) => ({
      key: setting.text("key"),
      name: setting.text("name"),
      object: setting.text("object"),
      precedence: setting.number("precedence"),
      deleted: setting.flag("deleted"),
      command: setting.text("command"),
      data: setting.text("data"),
    })),
    objects: new Map(
      log
        .objects("objects")
        .map((object) => [
          object.text("id").toLowerCase(),
          object.text("name"),
        ]),
    ),
  };
}

/**
 * Puts the archive of policy processing and RSoP's log of it together. The archive says what was
 * applied; the log adds by whom, and which lists were emptied first: the archive may not keep that.
 *
 * `log` is null where RSoP gave no answer. A log that cannot be of the pass that wrote the archive
 * (logging was switched off since), or that names objects we do not understand, is no answer either.
 */
export function processed(
  archive: PolicyStates,
  log: PolicyLog | null,
): Processed {
  if (log === null || !explains(log, archive)) {
    return { applied: archive, origins: null };
  }
  const applied = policyNames.map((policy) => {
    const isEmptied = log.settings.some((one) => empties(one, policy));
    const state = archive[policy];
    return [policy, isEmptied ? { ...state, clearsFirst: true } : state];
  });
  return {
    applied: Object.fromEntries(applied) as PolicyStates,
    origins: originsOf(log),
  };
}

/** Whether the log knows who set each value that the archive holds. */
function explains({ settings }: PolicyLog, archive: PolicyStates): boolean {
  const isLogged = (key: string | null, name: string | null): boolean =>
    settings.some((setting) => sets(setting, key, name));
  return (
    settings.every((setting) => isLocal(setting) || isOfDomain(setting)) &&
    policyNames.every((policy) => {
      const { key, switch: enabled, concatenate } = policyOf(policy);
      const state = archive[policy];
      return (
        (state.switch === null || isLogged(key, enabled)) &&
        (state.concatenate === null || isLogged(key, concatenate)) &&
        state.values.every(({ name }) => isLogged(listKeyOf(policy), name))
      );
    })
  );
}

/** The say of the domain's policy objects in each policy, by their display names. */
function originsOf({ settings, objects }: PolicyLog): Origins {
  const theirs = settings.filter(isOfDomain);
  const nameOf = ({ object }: LoggedSetting): string =>
    objects.get(object.toLowerCase()) ?? object;

  const originOf = (policy: PolicyName): Origin | null => {
    const { key, switch: enabled, concatenate } = policyOf(policy);
    const [one, two] = [enabled, concatenate].map((name) =>
      theirs.find((setting) => sets(setting, key, name)),
    );
    const values = theirs.filter((setting) =>
      sets(setting, listKeyOf(policy), setting.name),
    );
    // The last of several comes first in precedence.
    const [emptying] = theirs
      .filter((setting) => empties(setting, policy))
      .sort((a, b) => a.precedence - b.precedence);
    if (!one && !two && !emptying && values.length === 0) return null;
    return {
      ...(one && { switch: nameOf(one) }),
      ...(two && { concatenate: nameOf(two) }),
      ...(emptying && { clearsFirst: nameOf(emptying) }),
      values: Object.fromEntries(
        values.map((value) => [value.name.toLowerCase(), nameOf(value)]),
      ),
    };
  };
  const origins = policyNames.flatMap((policy) => {
    const origin = originOf(policy);
    return origin === null ? [] : [[policy, origin]];
  });
  return Object.fromEntries(origins) as Origins;
}

function isLocal({ object }: LoggedSetting): boolean {
  return isSame(object, "LocalGPO");
}

/** A policy object of the domain is named by its path in the directory. */
function isOfDomain({ object }: LoggedSetting): boolean {
  return /^(LDAP:\/\/)?(CN=Machine,)?CN=\{/i.test(object);
}

/** Whether a setting is what a value was set to: not one that lost, and no instruction. */
function sets(
  setting: LoggedSetting,
  key: string | null,
  name: string | null,
): boolean {
  return (
    key !== null &&
    name !== null &&
    setting.precedence === 1 &&
    !setting.deleted &&
    setting.command === "" &&
    !setting.name.startsWith("**") &&
    isSame(setting.key, key) &&
    isSame(setting.name, name)
  );
}

/**
 * Whether a setting is an instruction that empties a policy's list. Its precedence does not matter:
 * an object whose instruction lost against the same of another has emptied the list all the same.
 */
function empties(setting: LoggedSetting, policy: PolicyName): boolean {
  const { key, name, deleted, command, data } = setting;
  const list = listKeyOf(policy);
  if (list === null) return false;
  // The key itself was deleted: neither a value nor an instruction is named.
  if (deleted && name === "" && command === "") return isSame(key, list);
  const instruction = command === "" ? name : command;
  return emptiesKey({ key, value: instruction, text: data }, list);
}

/** The registry compares names without case. */
function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
