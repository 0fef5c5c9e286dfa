import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../providers/cli/run";
import { credsspClient } from "../../providers/credsspClient";
import { credsspServer } from "../../providers/credsspServer";
import { delegationPolicy } from "../../providers/delegationPolicy";
import { realClock } from "../../providers/host/clock";
import type { Connect } from "../../providers/host/host";
import { createFolderFleet } from "../../providers/host/simulated/folderFleet";
import { openHostFolder } from "../../providers/host/simulated/hostFolder";
import {
  freshHost,
  type HostState,
} from "../../providers/host/simulated/state";
import type { Definition, Properties } from "../../providers/pulumi/definition";
import { providersFor } from "../../providers/pulumi/provider";
import { inTemporaryFolder } from "../host/simulated/temporary";

/** What a run of the command gave. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A resource that the real providers made. */
export interface Made {
  readonly owner: string;
  outputs: Properties;
  /** What a refresh finds: the outputs, or null when it is gone. */
  read(): Promise<Properties | null>;
  destroy(): Promise<void>;
}

/** The kinds of resource, by a short name. */
const definitions = {
  client: credsspClient,
  server: credsspServer,
  policy: delegationPolicy,
} as const satisfies Record<string, Definition>;

/** Hosts with resources on them, and the command beside them. */
export interface LedgerWorld {
  readonly warnings: readonly string[];
  /** Creates a resource, as `pulumi up` does. */
  up(
    kind: keyof typeof definitions,
    name: string,
    args: Properties,
  ): Promise<Made>;
}

/** The owner in the ledger of a resource that `up` makes. */
export function ownerOf(kind: keyof typeof definitions, name: string): string {
  return `contoso/urn:pulumi:prod::site::pulumi-nodejs:dynamic/credssp:${definitions[kind].kind}::${name}`;
}

/** Runs the command in this process. */
export async function command(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<Ran> {
  let [out, err] = ["", ""];
  const code = await run(args, {
    environment,
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  return { code, out, err };
}

/** The real providers on hosts of any kind. */
export function ledgerWorld(
  connect: Connect,
  connection: Properties,
): LedgerWorld {
  const warnings: string[] = [];
  let ledgers = 0;
  const make = providersFor({
    connect,
    clock: realClock,
    random: Math.random,
    newId: () => `ledger-${++ledgers}`,
    environment: { CREDSSP_UNREACHABLE: "abandon" },
    log: {
      progress: () => undefined,
      warning: (_urn, message) => warnings.push(message),
    },
  });
  return {
    warnings,
    async up(kind, name, args) {
      const provider = make(definitions[kind]);
      const owner = ownerOf(kind, name);
      const given = { connection, owner, ...args };
      const checked = await provider.check({}, given);
      assert.deepEqual(checked.failures, []);
      const created = await provider.create(checked.inputs as Properties);
      const { id } = created;
      const made: Made = {
        owner,
        outputs: JSON.parse(JSON.stringify(created.outs)) as Properties,
        async read() {
          const found = await provider.read(id, made.outputs);
          return found.id === "" ? null : (found.props as Properties);
        },
        destroy: () => provider.delete(id, made.outputs),
      };
      return made;
    },
  };
}

/** A simulated fleet in a temporary folder, with the real providers and the command on it. */
export interface LedgerFleet extends LedgerWorld {
  readonly folder: string;
  /** Runs `pulumi-credssp ledger` on this fleet. */
  ledger(...args: readonly string[]): Promise<Ran>;
  /** Other people's hands. */
  edit(host: string, change: (state: HostState) => HostState): Promise<void>;
  state(host: string): Promise<HostState>;
  /** A host's file as it is. */
  file(host: string): Promise<string>;
}

/** A host on which local policy lands at once. */
const quick = (name: string): HostState => ({
  ...freshHost(name),
  faults: { policyDelayMs: 0, validateSeconds: 1 },
});

/** Makes a fleet of these hosts, hands it to the work, and removes it. */
export function withFleet(
  names: readonly string[],
  work: (fleet: LedgerFleet) => Promise<void>,
): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const hosts = openHostFolder(folder);
    for (const name of names) await hosts.add(name, quick(name));
    const { connect } = createFolderFleet();
    await work({
      ...ledgerWorld(connect, { transport: "simulated", fleet: folder }),
      folder,
      ledger: (...args) => command(["ledger", ...args, "--fleet", folder]),
      edit: (host, change) =>
        hosts.change(host, (cell) => {
          cell.state = change(cell.state);
          return Promise.resolve();
        }),
      state: (host) => hosts.read(host),
      file: (host) => readFile(join(folder, `${host}.json`), "utf8"),
    });
  });
}
