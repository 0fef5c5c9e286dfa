import assert from "node:assert/strict";
import type { Applied, Connect } from "../../providers/host/host";
import {
  createMemoryFleet,
  type MemoryFleet,
} from "../../providers/host/simulated/memoryFleet";
import type { Step } from "../../providers/model/steps";
import { credsspClient } from "../../providers/credsspClient";
import { credsspServer } from "../../providers/credsspServer";
import { delegationPolicy } from "../../providers/delegationPolicy";
import type { Definition, Properties } from "../../providers/pulumi/definition";
import { providersFor, type Provider } from "../../providers/pulumi/provider";
import { factsOf } from "../../providers/host/simulated/observe";

/** What was done to the hosts of a world, and said to the person who runs Pulumi. */
export interface Record {
  /** Every step that was carried out, in order, as "kind" or "kind: details". */
  steps: string[];
  progress: string[];
  warnings: string[];
  /** How often a host was looked at or changed. */
  visits: number;
}

/** What Pulumi has to do to a resource. */
type Change = "created" | "unchanged" | "updated" | "replaced";

/** A resource under test: Pulumi's life cycle around one declaration. */
export interface Resource {
  /**
   * The outputs as Pulumi's state would hold them, also those of an operation that
   * failed half-way; empty when there is no such resource.
   */
  outputs: Properties;
  /** check, then create. */
  create(args: Properties): Promise<void>;
  /** check, then diff: what `pulumi preview` does. */
  preview(args: Properties): Promise<Change>;
  /** The same, and then whatever that finds to do. */
  up(args: Properties): Promise<Change>;
  /** read, as `pulumi refresh` does. */
  refresh(): Promise<void>;
  destroy(): Promise<void>;
}

/** Makes resources: by their names, and those of the stacks they are in. */
type Make = (name?: string, stack?: string) => Resource;

/** A simulated fleet in memory, and the real providers on it. */
export function makeWorld(...hosts: readonly string[]) {
  const said: Record = { steps: [], progress: [], warnings: [], visits: 0 };
  const fleet = createMemoryFleet(hosts, {
    onApply: (_host, batch, applied: Applied) => {
      if (applied.outcome !== "stale") said.steps.push(...batch.map(asText));
    },
  });
  /** Other people's hands between a look at a host and the next change of it, once. */
  const between: { hands: (() => void) | null } = { hands: null };
  const connect: Connect = (name, address) => {
    const host = fleet.connect(name, address);
    return {
      observe: () => {
        said.visits += 1;
        return host.observe();
      },
      apply: (batch, planned) => {
        said.visits += 1;
        const { hands } = between;
        between.hands = null;
        hands?.();
        return host.apply(batch, planned);
      },
    };
  };
  let ids = 1;
  /** The providers of one process. */
  const processOf = (): { server: Make; client: Make; policy: Make } => {
    const make = providersFor({
      connect,
      clock: fleet.clock,
      random: () => 0.5,
      newId: () => `ledger-${String(ids++)}`,
      log: {
        progress: (_urn, message) => said.progress.push(message),
        warning: (_urn, message) => said.warnings.push(message),
      },
    });
    const makerOf = (definition: Definition): Make => {
      const provider = make(definition);
      return (name = "it", stack = "dev") =>
        resource(
          definition,
          provider,
          `${stack}::p::${definition.kind}::${name}`,
        );
    };
    return {
      server: makerOf(credsspServer),
      client: makerOf(credsspClient),
      policy: makerOf(delegationPolicy),
    };
  };
  return {
    fleet,
    said,
    between,
    ...processOf(),
    anotherProcess: processOf,
    /** What an observation of a host shows now. */
    facts: (host: string) => factsOf(fleet.state(host)),
  };
}

function resource(
  definition: Definition,
  provider: Provider,
  urn: string,
): Resource {
  const inputs = async (args: Properties): Promise<Properties> => {
    const checked = await provider.check(self.outputs, {
      ...args,
      owner: `org/urn:pulumi:${urn}`,
      __provider: "handle",
    });
    if (checked.failures && checked.failures.length > 0) {
      // As Pulumi prints it.
      const all = checked.failures.map(({ property, reason }) =>
        property === "" ? reason : `${property}: ${reason}`,
      );
      throw new Error(all.join("\n"));
    }
    return { ...checked.inputs, __provider: "handle" } as Properties;
  };
  let id = "";
  /** What Pulumi has as "initialised with errors": the next up updates it, whatever diff says. */
  let halfDone: Properties | null = null;
  const kept = (error: unknown): never => {
    const half = error as { id?: string; properties?: Properties };
    if (half.properties) {
      const { __provider: _, ...outs } = half.properties;
      self.outputs = clean(outs);
      halfDone = self.outputs;
    }
    id = half.id ?? id;
    throw error;
  };
  const self: Resource = {
    outputs: {},
    create: async (args) => {
      const made = await provider.create(await inputs(args)).catch(kept);
      id = made.id;
      self.outputs = clean(made.outs);
    },
    preview: async (args) => {
      const news = await inputs(args);
      if (Object.keys(self.outputs).length === 0) return "created";
      const diff = await provider.diff(id, self.outputs, news);
      if (!diff.changes) {
        return self.outputs === halfDone ? "updated" : "unchanged";
      }
      return diff.replaces && diff.replaces.length > 0 ? "replaced" : "updated";
    },
    up: async (args) => {
      const change = await self.preview(args);
      if (change === "replaced") await self.destroy();
      if (change === "replaced" || change === "created") {
        await self.create(args);
      }
      if (change === "updated") {
        const news = await inputs(args);
        const done = await provider.update(id, self.outputs, news).catch(kept);
        self.outputs = clean(done.outs);
      }
      return change;
    },
    refresh: async () => {
      const read = await provider.read(id, self.outputs);
      self.outputs = read.id === "" ? {} : clean(read.props);
    },
    destroy: async () => {
      await provider.delete(id, self.outputs);
      self.outputs = {};
    },
  };
  return self;
}

/** Asserts that a resource is as declared: whatever is done again finds nothing to do, and the host stays as it is. */
export async function assertSettled(
  { fleet, said }: ReturnType<typeof makeWorld>,
  it: Resource,
  args: Properties & { readonly host: string },
): Promise<void> {
  const { outputs } = it;
  const [state, steps] = [fleet.state(args.host), said.steps.length];
  assert.equal(await it.up(args), "unchanged");
  await it.refresh();
  assert.equal(await it.up(args), "unchanged");
  await it.create(args);
  assert.deepEqual(it.outputs, outputs);
  assert.deepEqual(said.steps.slice(steps), []);
  assert.deepEqual(fleet.state(args.host), state);
}

/** Destroys a resource, and once more from the same state: the second finds nothing to do. */
export async function destroyTwice(
  { fleet, said }: ReturnType<typeof makeWorld>,
  it: Resource,
): Promise<void> {
  const { outputs } = it;
  await it.destroy();
  const host = String(outputs["host"]);
  const [state, steps] = [fleet.state(host), said.steps.length];
  it.outputs = outputs;
  await it.destroy();
  assert.deepEqual(said.steps.slice(steps), []);
  assert.deepEqual(fleet.state(host), state);
}

/** What of a host has to be as before once everything is destroyed (semantics: what "as before" means). */
export function essence(fleet: MemoryFleet, host: string): unknown {
  const state = fleet.state(host);
  const withoutEmptyKeys = (keys: object): unknown =>
    Object.fromEntries(
      Object.entries(keys)
        .filter(([, values]) => Object.keys(values as object).length > 0)
        .map(([key, values]) => [key, listOf(key, values as object)]),
    );
  return {
    winrm: state.winrm,
    hklm: withoutEmptyKeys(state.hklm),
    local: withoutEmptyKeys(state.localPolicy?.registryPol ?? {}),
    userVersion: state.localPolicy?.userVersion ?? 0,
    ledger: state.ledger ?? null,
  };
}

/** The numbers of list entries may change: they are compared as a multiset. */
function listOf(key: string, values: object): unknown {
  return /\\CredentialsDelegation\\\w+$/iu.test(key)
    ? Object.values(values).map(String).sort()
    : values;
}

/** As Pulumi's state keeps it: plain JSON. */
function clean(outs: unknown): Properties {
  return JSON.parse(JSON.stringify(outs)) as Properties;
}

function asText(step: Step): string {
  switch (step.kind) {
    case "enableClient":
      return `enableClient: ${step.names.join(", ")}`;
    case "setClientAuth":
      return `setClientAuth: ${step.on ? "on" : "off"}`;
    case "writeLedger":
      return step.text === "" ? "writeLedger: nothing" : "writeLedger";
    default:
      return step.kind;
  }
}
