import type { dynamic } from "@pulumi/pulumi";
import type { Clock } from "../host/clock";
import {
  isByCredssp,
  type Address,
  type Connect,
  type Host,
} from "../host/host";
import {
  asCredsspError,
  CredsspError,
  problem,
  type Problem,
} from "../model/errors";
import type { HostFacts } from "../model/facts";
import { urnIn } from "../model/ownership";
import type { Desired, Options } from "../model/request";
import { checkInputs, hasUnknown } from "./check";
import type { Definition, Properties } from "./definition";
import type { Log } from "./engineLog";
import { poolOf, type Turnstile } from "./hosts";
import {
  addedBy,
  isRecorded,
  isThere,
  ledgerOf,
  outputsOf,
  outputsSchema,
  outputsUnseen,
} from "./outputs";
import { HalfDone, reconcile, type Reconciled } from "./reconcile";
import {
  abandonedWarning,
  keptWarning,
  Unanswered,
  unlessUnreachable,
  type Environment,
  type Operation,
} from "./unreachable";

/** What a provider needs of the world. */
export interface World {
  readonly connect: Connect;
  readonly clock: Clock;
  readonly log: Log;
  /** A fraction from 0 to 1, for jitter: `Math.random`. */
  readonly random: () => number;
  /** The id of a new ledger: `crypto.randomUUID`. */
  readonly newId: () => string;
  /** Looked at by every read and delete. @default the process's own */
  readonly environment?: Environment;
  /**
   * Told the stack's configuration when Pulumi hands it over, once for every kind. In a refresh or
   * a destroy it is the one that was stored with the provider, not today's (pulumi/pulumi #18740).
   */
  readonly configured?: (config: dynamic.Config) => void;
}

/** All of a dynamic provider's methods: none is left to Pulumi's defaults. */
export type Provider = Required<
  Pick<
    dynamic.ResourceProvider,
    "configure" | "check" | "diff" | "create" | "read" | "update" | "delete"
  >
>;

/** Makes the providers of a process. They share one pool of hosts. */
export function providersFor(
  world: World,
): (definition: Definition) => Provider {
  const pool = poolOf(world.connect);
  const warned = new Set<string>();
  return (definition) => new LifeCycle(definition, world, pool, warned);
}

/**
 * Pulumi's life cycle for every kind of resource. The instance is handed to
 * Pulumi's SDK, which calls these methods with plain objects.
 */
class LifeCycle implements Provider {
  constructor(
    private readonly definition: Definition,
    private readonly world: World,
    private readonly pool: (name: string, address: Address) => Turnstile,
    private readonly warned: Set<string>,
  ) {}

  /** Done before it first waits: Pulumi's process lets other calls in meanwhile (cmd/dynamic-provider, `getProvider`). */
  async configure({ config }: dynamic.ConfigureRequest): Promise<void> {
    this.world.configured?.(config);
  }

  async check(
    _olds: Properties,
    news: Properties,
  ): Promise<dynamic.CheckResult> {
    const { inputs, failures } = checkInputs(this.definition, news);
    return { inputs, failures: [...failures] };
  }

  /** Compares the old *outputs* with the new inputs; in a refresh Pulumi asks the other way round. */
  async diff(
    _id: string,
    olds: Properties,
    news: Properties,
  ): Promise<dynamic.DiffResult> {
    const changed = this.declaredNames().filter(
      (name) => !isSame(olds[name], news[name]),
    );
    const taken = [olds["flag"], olds["list"]].includes("blockedByPolicy");
    const replaces = changed.filter(
      (name) => name === "host" || this.definition.replacing.includes(name),
    );
    return {
      changes:
        changed.length > 0 ||
        olds["ledger"] === "" ||
        olds["drifted"] === true ||
        taken,
      replaces,
      deleteBeforeReplace: true,
    };
  }

  async create(inputs: Properties): Promise<dynamic.CreateResult> {
    this.refuseUnknown(inputs);
    const id = this.idOf(inputs);
    const outs = await this.converge(inputs, null, id);
    return { id, outs };
  }

  async update(
    id: string,
    olds: Properties,
    news: Properties,
  ): Promise<dynamic.UpdateResult> {
    this.refuseUnknown(news);
    this.refuseNewer(olds);
    return { outs: await this.converge(news, olds, id) };
  }

  async read(id: string, props?: Properties): Promise<dynamic.ReadResult> {
    const state = props ?? {};
    this.refuseUnknown(state);
    this.refuseNewer(state);
    const declared = this.declared(state);
    const owner = String(declared["owner"]);
    const former = formerOwners(state, owner);
    const visit = async ({ host }: Turnstile): Promise<Properties | null> => {
      const isGone = (facts: HostFacts): boolean =>
        [owner, ...former].every((one) => ledgerOf(facts, one) === null) &&
        !isThere(this.definition, declared, facts);
      const look = async (): Promise<HostFacts> => {
        const facts = await host.observe();
        if (!facts.computer.wow64) return facts;
        throw this.error(String(state["host"]), problem("CREDSSP209"));
      };
      // Gone only in two equal readings: a policy pass may be rewriting the list.
      let facts = await look();
      if (isGone(facts)) facts = await look();
      if (isGone(facts)) return null;
      const warnings = (state["warnings"] ?? []) as readonly string[];
      const { before, ledger } = state;
      const known = { before, ledger };
      const outputs = outputsOf(
        this.definition,
        declared,
        facts,
        warnings,
        known,
      );
      // Until an update has seen it, the ledger may say more than what is declared and there.
      const isDrifted =
        state["drifted"] === true ||
        !isRecorded(this.definition, declared, facts) ||
        Object.keys(declared).some(
          (name) => !isSame(outputs[name], declared[name]),
        );
      return {
        ...outputs,
        ...(isDrifted && { drifted: true }),
        ...unfinished(former),
      };
    };
    const found = await this.talk(
      state,
      this.unlessUnreachable("read", state, visit),
    );
    if (found instanceof Unanswered) {
      this.warn(state, [keptWarning(state, found)]);
      // Without inputs of ours Pulumi keeps those it has, too.
      return { id, props: { ...state } };
    }
    return found
      ? { id, props: { ...found }, inputs: this.declared(found) }
      : { id: "", props: {} };
  }

  async delete(_id: string, props: Properties): Promise<void> {
    this.refuseUnknown(props);
    this.refuseNewer(props);
    const takeBack = (turnstile: Turnstile): Promise<Reconciled> =>
      turnstile.inTurn(() =>
        this.reconcile(turnstile.host, props, props, null),
      );
    const done = await this.talk(
      props,
      this.unlessUnreachable("delete", props, takeBack),
    ).catch((error: unknown) => {
      throw error instanceof HalfDone ? plain(error) : error;
    });
    if (done instanceof Unanswered) {
      this.warn(props, [abandonedWarning(this.definition, props, done)]);
      return;
    }
    const { first, facts, warnings } = done;
    this.warn(props, warnings);
    const known = ledgerOf(first, String(props["owner"])) !== null;
    if (!known && isThere(this.definition, props, facts)) {
      this.warn(props, [
        `${String(props["host"])} has no record of this resource, so what is there counts as somebody else's and was left.`,
      ]);
    }
  }

  /** Create and update: reconcile, and say what came of it even when it was half done. */
  private async converge(
    inputs: Properties,
    olds: Properties | null,
    id: string,
  ): Promise<Properties> {
    const declared = this.declared(inputs);
    try {
      const { facts, plan } = await this.talk(inputs, (turnstile) =>
        turnstile.inTurn(() =>
          this.reconcile(turnstile.host, inputs, olds, this.desired(declared)),
        ),
      );
      this.warn(inputs, plan.warnings);
      return outputsOf(this.definition, declared, facts, plan.warnings);
    } catch (error) {
      if (!(error instanceof HalfDone)) throw error;
      const outputs = error.facts
        ? outputsOf(this.definition, declared, error.facts, [])
        : outputsUnseen(declared);
      // Pulumi keeps such a resource as "initialised with errors", and these
      // properties are all that read and delete will get: the handle included.
      throw Object.assign(plain(error), {
        id,
        properties: {
          ...outputs,
          // A refresh clears Pulumi's "initialised with errors": without this, what was not finished would be forgotten.
          drifted: true,
          ...unfinished(
            olds ? formerOwners(olds, String(inputs["owner"])) : [],
          ),
          __provider: inputs["__provider"],
        },
        reasons: [error.message],
      });
    }
  }

  private reconcile(
    host: Host,
    inputs: Properties,
    olds: Properties | null,
    desired: Desired | null,
  ): Promise<Reconciled> {
    const owner = String(inputs["owner"]);
    return reconcile(
      {
        owner,
        formerOwners: olds ? formerOwners(olds, owner) : [],
        desired,
        added: addedBy(this.definition, olds ?? {}),
        newLedgerId: this.world.newId(),
        options: optionsOf(inputs),
        travelsOnCredssp: isByCredssp(inputs["connection"] as Address),
      },
      {
        host,
        clock: this.world.clock,
        random: this.world.random,
        progress: (message) => this.world.log.progress(urnIn(owner), message),
        policyTimeoutSeconds: Number(inputs["policyTimeoutSeconds"] ?? 90),
        attempt: desired
          ? this.definition.attempt
          : `Taking back: ${this.definition.attempt.toLowerCase()}`,
        name: String(inputs["host"]),
      },
    );
  }

  private desired(declared: Properties): Desired {
    const { role, list } = this.definition;
    return { flag: role, list: list?.desired(declared) ?? null };
  }

  /** Everything that talks to a host: its errors reach Pulumi without a stack or a code of their own. */
  private async talk<T>(
    inputs: Properties,
    work: (turnstile: Turnstile) => Promise<T>,
  ): Promise<T> {
    const host = String(inputs["host"]);
    try {
      return await work(this.pool(host, inputs["connection"] as Address));
    } catch (error) {
      if (error instanceof HalfDone) throw error;
      throw plain(asCredsspError(error, this.definition.attempt, host));
    }
  }

  /** Work of a read or a delete, which CREDSSP_UNREACHABLE may let go on without an answer. */
  private unlessUnreachable<T>(
    operation: Operation,
    state: Properties,
    work: (turnstile: Turnstile) => Promise<T>,
  ): (turnstile: Turnstile) => Promise<T | Unanswered> {
    return unlessUnreachable(
      operation,
      this.world.environment ?? process.env,
      (p) => this.error(String(state["host"]), p),
      // A machine that runs Pulumi is there, however long it takes.
      (state["connection"] as Address | undefined)?.transport !== "local",
      work,
    );
  }

  private error(host: string, p: Problem): CredsspError {
    return new CredsspError(this.definition.attempt, host, p);
  }

  private refuseUnknown(properties: Properties): void {
    const { __provider: _, ...values } = properties;
    const name = Object.keys(values).find((key) => hasUnknown(values[key]));
    if (name === undefined) return;
    const p = problem("CREDSSP110", { value: name });
    throw plain(this.error(String(values["host"]), p));
  }

  private refuseNewer(state: Properties): void {
    const schema = Number(state["schema"] ?? outputsSchema);
    if (schema <= outputsSchema) return;
    const p = problem("CREDSSP902", { schema, known: outputsSchema });
    throw plain(this.error(String(state["host"]), p));
  }

  private declaredNames(): readonly string[] {
    const enabled = this.definition.role ? ["enabled"] : [];
    const own = Object.keys(this.definition.properties);
    return [...new Set(["host", "connection", "owner", ...own, ...enabled])];
  }

  /** What was declared, out of inputs or outputs. */
  private declared(properties: Properties): Properties {
    return Object.fromEntries(
      this.declaredNames()
        .filter((name) => properties[name] !== undefined)
        .map((name) => [name, properties[name]]),
    );
  }

  private idOf(inputs: Properties): string {
    return `${String(inputs["host"])}/${this.definition.id(inputs)}`;
  }

  private warn(inputs: Properties, warnings: readonly string[]): void {
    const urn = urnIn(String(inputs["owner"]));
    for (const warning of warnings) {
      if (this.warned.has(urn + warning)) continue;
      this.warned.add(urn + warning);
      this.world.log.warning(urn, warning);
    }
  }
}

/** What a resource allows. */
function optionsOf(inputs: Properties): Options {
  return {
    adopt: inputs["adopt"] === true,
    acceptVulnerableOracle: inputs["acceptVulnerableOracle"] === true,
    startService: inputs["startService"] === true,
    allowBroadDelegation: inputs["allowBroadDelegation"] === true,
  };
}

/** Under which other names the host's ledger may still know a resource: a rename was not finished. */
function formerOwners(state: Properties, owner: string): readonly string[] {
  const known = (state["formerOwners"] ?? []) as readonly string[];
  const names = [...known, state["owner"]].filter((one) => one !== owner);
  return [...new Set(names)].filter((one) => typeof one === "string");
}

/** The output that remembers an unfinished rename, where there is one. */
function unfinished(owners: readonly string[]): Properties {
  return owners.length > 0 ? { formerOwners: owners } : {};
}

/** Lists are sets of entries; everything else compares as JSON, whatever the order of its keys. */
function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return JSON.stringify(value.map(canonical).sort());
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .map(([key, one]) => [key, canonical(one)]);
    return JSON.stringify(pairs.sort());
  }
  return value === undefined ? "nothing" : JSON.stringify(value);
}

/**
 * An error as Pulumi should print it: the dynamic-provider process adds the
 * stack of some, and takes a numeric `code` for a gRPC status.
 */
function plain(error: Error): Error {
  const shown = new Error(error.message);
  shown.stack = "";
  return shown;
}
