import type { Applied } from "../../providers/host/host";
import {
  createMemoryFleet,
  type MemoryFleet,
} from "../../providers/host/simulated/memoryFleet";
import type { Step } from "../../providers/model/steps";
import { credsspClient } from "../../providers/credsspClient";
import { credsspServer } from "../../providers/credsspServer";
import { delegationPolicy } from "../../providers/delegationPolicy";
import type { Definition, Properties } from "../../providers/pulumi/definition";
import { providersFor } from "../../providers/pulumi/provider";

/** What was done to the hosts of a world, and said to the person who runs Pulumi. */
export interface Record {
  /** Every step that was carried out, in order, as "kind" or "kind: details". */
  steps: string[];
  progress: string[];
  warnings: string[];
}

/** A resource under test: Pulumi's life cycle around one declaration. */
export interface Resource {
  /** The outputs as Pulumi's state would hold them; empty when there is no such resource. */
  outputs: Properties;
  /** check, then create. */
  create(args: Properties): Promise<void>;
  /** check, then diff, and update if that finds a change. */
  up(args: Properties): Promise<"unchanged" | "updated" | "replaced">;
  /** read, as `pulumi refresh` does. */
  refresh(): Promise<void>;
  destroy(): Promise<void>;
}

/** A simulated fleet in memory, and the real providers on it. */
export function makeWorld(...hosts: readonly string[]) {
  const said: Record = { steps: [], progress: [], warnings: [] };
  const fleet = createMemoryFleet(hosts, {
    onApply: (_host, batch, applied: Applied) => {
      if (applied.outcome !== "stale") said.steps.push(...batch.map(asText));
    },
  });
  let ids = 1;
  const make = providersFor({
    connect: fleet.connect,
    clock: fleet.clock,
    random: () => 0.5,
    newId: () => `ledger-${String(ids++)}`,
    log: {
      progress: (_urn, message) => said.progress.push(message),
      warning: (_urn, message) => said.warnings.push(message),
    },
  });
  const providerOf = new Map<Definition, ReturnType<typeof make>>();
  const resource = (definition: Definition, name = "it"): Resource => {
    const provider = providerOf.get(definition) ?? make(definition);
    providerOf.set(definition, provider);
    const inputs = async (args: Properties): Promise<Properties> => {
      const checked = await provider.check(self.outputs, {
        ...args,
        owner: `org/urn:pulumi:dev::p::${definition.kind}::${name}`,
        __provider: "handle",
      });
      if (checked.failures && checked.failures.length > 0) {
        throw new Error(checked.failures.map((f) => f.reason).join("\n"));
      }
      return { ...checked.inputs, __provider: "handle" } as Properties;
    };
    let id = "";
    const self: Resource = {
      outputs: {},
      create: async (args) => {
        const made = await provider.create(await inputs(args));
        id = made.id;
        self.outputs = clean(made.outs);
      },
      up: async (args) => {
        const news = await inputs(args);
        const diff = await provider.diff(id, self.outputs, news);
        if (!diff.changes) return "unchanged";
        if (diff.replaces && diff.replaces.length > 0) {
          await provider.delete(id, self.outputs);
          await self.create(args);
          return "replaced";
        }
        const updated = await provider.update(id, self.outputs, news);
        self.outputs = clean(updated.outs);
        return "updated";
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
  };
  return {
    fleet,
    said,
    server: (name?: string) => resource(credsspServer, name),
    client: (name?: string) => resource(credsspClient, name),
    policy: (name?: string) => resource(delegationPolicy, name),
  };
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
  return /\\AllowFreshCredentials$/iu.test(key)
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
