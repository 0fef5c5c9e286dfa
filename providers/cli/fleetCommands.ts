import { realClock } from "../host/clock";
import { allow, imageOf, revoke } from "../host/simulated/hands";
import { fileNameOf } from "../host/simulated/hostFolder";
import type { HostFolder } from "../host/simulated/hostFolder";
import { factsOf } from "../host/simulated/observe";
import { policyPass, settle } from "../host/simulated/policyPass";
import { freshHost } from "../host/simulated/state";
import type { HostState } from "../host/simulated/state";
import { CredsspError } from "../model/errors";
import { describeHost, describeList, forPrograms } from "./fleetText";
import {
  checkSpn,
  domainSetting,
  faultsOf,
  listNamed,
  policyNamed,
  settingsOf,
  withoutObject,
} from "./settings";
import type { Change } from "./settings";
import { UsageError } from "./usage";

/** A command with everything it needs. */
export interface Invocation {
  readonly fleet: HostFolder;
  /** The fleet's folder as it was given, for messages. */
  readonly folder: string;
  readonly json: boolean;
  /** The list that allow and revoke are about, where one was named. */
  readonly policy?: string | undefined;
  readonly args: readonly string[];
}

/** What a command prints, and what it could not do. */
export interface Answer {
  readonly text: string;
  readonly failures?: readonly string[];
}

/** The list that allow and revoke are about, unless another is named: the one CredSSP over WinRM needs. */
const usualPolicy = "AllowFreshCredentials";

/** `fleet list`: hosts whose file cannot be read are named, the others are shown all the same. */
async function list({ fleet, folder, json, args }: Invocation) {
  if (args.length > 0) throw new UsageError("fleet list takes no host");
  if (!(await fleet.exists()))
    return {
      text: json ? toJson([]) : "",
      failures: [
        `There is no fleet in ${folder}. Try: pulumi-credssp fleet new HOST --fleet ${folder}`,
      ],
    };
  const hosts: [string, HostState][] = [];
  const failures: string[] = [];
  for (const host of await fleet.names())
    try {
      hosts.push([host, await look(fleet, host)]);
    } catch (error) {
      if (!(error instanceof CredsspError)) throw error;
      failures.push(error.message);
    }
  if (json)
    return {
      text: toJson(hosts.map(([host, state]) => forPrograms(host, state))),
      failures,
    };
  const none =
    failures.length === 0
      ? `No host in ${folder}. Try: pulumi-credssp fleet new HOST.\n`
      : "";
  return { text: hosts.length === 0 ? none : describeList(hosts), failures };
}

async function show(invocation: Invocation): Promise<Answer> {
  const [host] = hostAnd(invocation, "show", 0);
  return answer(invocation, host, describeHost);
}

async function add({ fleet, json, args }: Invocation): Promise<Answer> {
  if (args.length === 0) throw new UsageError("fleet new: which host?");
  const bad = args.flatMap(problemOf);
  if (bad.length > 0) return { text: json ? toJson([]) : "", failures: bad };
  const added: string[] = [];
  const failures: string[] = [];
  for (const host of args)
    if (await fleet.add(host, freshHost(host))) added.push(host.toLowerCase());
    else failures.push(isThere(host));
  return { text: json ? toJson(added) : lines(added, "is there"), failures };
}

/** What is wrong with a host's name, if anything. */
function problemOf(host: string): readonly string[] {
  try {
    fileNameOf(host);
    return [];
  } catch (error) {
    if (!(error instanceof CredsspError)) throw error;
    return [error.message];
  }
}

/** Other machines made from an image of one. */
async function image({ fleet, json, args }: Invocation): Promise<Answer> {
  const [host, ...copies] = args;
  if (host === undefined) throw new UsageError("fleet image: which host?");
  if (copies.length === 0)
    throw new UsageError(`fleet image ${host}: which new host?`);
  const bad = copies.flatMap(problemOf);
  if (bad.length > 0) return { text: json ? toJson([]) : "", failures: bad };
  const original = await look(fleet, host);
  const added: string[] = [];
  const failures: string[] = [];
  for (const copy of copies) {
    const { machineGuid, name, domain } = freshHost(copy).computer;
    const state = imageOf(original, machineGuid, { name, domain });
    if (await fleet.add(copy, state)) added.push(copy.toLowerCase());
    else failures.push(isThere(copy));
  }
  return { text: json ? toJson(added) : lines(added, "is there"), failures };
}

async function set(invocation: Invocation): Promise<Answer> {
  const [host, pairs] = hostAnd(invocation, "set", 1, "NAME=VALUE");
  return change(invocation, host, settingsOf(pairs));
}

async function fault(invocation: Invocation): Promise<Answer> {
  const [host, pairs] = hostAnd(invocation, "fault", 1, "NAME=VALUE");
  return change(invocation, host, faultsOf(pairs));
}

async function allowSpns(invocation: Invocation): Promise<Answer> {
  const [host, spns] = hostAnd(invocation, "allow", 1, "SPN");
  const policy = listNamed(invocation.policy ?? usualPolicy);
  for (const spn of spns) checkSpn(spn);
  return change(invocation, host, (state) => allow(state, policy, spns));
}

async function revokeSpns(invocation: Invocation): Promise<Answer> {
  const [host, spns] = hostAnd(invocation, "revoke", 1, "SPN");
  const policy = listNamed(invocation.policy ?? usualPolicy);
  const facts = factsOf(await look(invocation.fleet, host));
  const there = [...facts.live[policy].values, ...facts.local[policy].values];
  const failures = spns
    .filter((spn) => !there.some(({ data }) => sameSpn(data, spn)))
    .map((spn) => `${spn} is not among the entries of ${policy} on ${host}.`);
  const done = await change(invocation, host, (state) =>
    revoke(state, policy, spns),
  );
  return { ...done, failures };
}

/** What a policy object of the domain sets; the host's next policy pass comes at once, as after gpupdate. */
async function domain(invocation: Invocation): Promise<Answer> {
  const [host, [object, policy, ...words]] = hostAnd(
    invocation,
    "domain",
    1,
    "policy object of the domain",
  );
  if (!object?.trim())
    throw new UsageError(`fleet domain ${host}: the policy object has no name`);
  const begun = `fleet domain ${host} ${quoted(object)}`;
  if (policy === undefined) throw new UsageError(`${begun}: which policy?`);
  if (policy !== "none" && words.length === 0)
    throw new UsageError(`${begun} ${policy}: which SETTING?`);
  if (policy === "none" && words.length > 0)
    throw new UsageError(
      "none stands alone: the object leaves every policy alone",
    );
  const make =
    policy === "none"
      ? withoutObject(object)
      : domainSetting(object, policyNamed(policy), words);
  const { computer } = await look(invocation.fleet, host);
  if (computer.domain === null)
    return {
      text: "",
      failures: [
        `${host} is in a workgroup: no domain's policy reaches it. Try: pulumi-credssp fleet new ${host}.do.local`,
      ],
    };
  return change(invocation, host, (state) => policyPass(make(state)));
}

async function gpupdate(invocation: Invocation): Promise<Answer> {
  const [host] = hostAnd(invocation, "gpupdate", 0);
  return change(invocation, host, policyPass);
}

/** The commands of `pulumi-credssp fleet`. */
export const fleetCommands = {
  list,
  show,
  new: add,
  image,
  set,
  allow: allowSpns,
  revoke: revokeSpns,
  domain,
  gpupdate,
  fault,
} as const satisfies Record<string, (given: Invocation) => Promise<Answer>>;

/** The host and what follows it; at least so much of it, and nothing where nothing is wanted. */
function hostAnd(
  { args: [host, ...rest] }: Invocation,
  command: string,
  least: 0 | 1,
  what = "",
): [host: string, rest: readonly string[]] {
  if (host === undefined) throw new UsageError(`fleet ${command}: which host?`);
  if (rest.length < least)
    throw new UsageError(`fleet ${command} ${host}: which ${what}?`);
  if (least === 0 && rest.length > 0)
    throw new UsageError(`fleet ${command} takes one host`);
  return [host, rest];
}

async function change(
  invocation: Invocation,
  host: string,
  make: Change,
): Promise<Answer> {
  await invocation.fleet.change(host, (cell) => {
    cell.state = make(settle(cell.state, realClock.now()));
    return Promise.resolve();
  });
  return answer(invocation, host, (name, state) =>
    describeList([[name, state]]),
  );
}

async function answer(
  { fleet, json }: Invocation,
  host: string,
  describe: (host: string, state: HostState) => string,
): Promise<Answer> {
  const state = await look(fleet, host);
  const name = host.toLowerCase();
  return {
    text: json ? toJson(forPrograms(name, state)) : describe(name, state),
  };
}

async function look(fleet: HostFolder, host: string): Promise<HostState> {
  return settle(await fleet.read(host), realClock.now());
}

const sameSpn = (a: string, b: string): boolean =>
  a.toLowerCase() === b.toLowerCase();

const isThere = (host: string): string =>
  `${host} is there already; its file was left alone.`;

/** A name as it is typed on a command line. */
const quoted = (name: string): string => (/\s/.test(name) ? `"${name}"` : name);

const toJson = (value: unknown): string =>
  `${JSON.stringify(value, null, 2)}\n`;

const lines = (hosts: readonly string[], what: string): string =>
  hosts.map((host) => `${host} ${what}.\n`).join("");
