import { execFile } from "node:child_process";
import { existsSync, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { run } from "../../providers/cli/run";
import {
  openHostFolder,
  type HostFolder,
} from "../../providers/host/simulated/hostFolder";
import { factsOf } from "../../providers/host/simulated/observe";
import { settle } from "../../providers/host/simulated/policyPass";
import type { HostState } from "../../providers/host/simulated/state";
import { until } from "../support/until";
import { repository } from "./environment";

const execute = promisify(execFile);

/** What the ledger of a host says, as the command prints it for programs. */
export interface Records {
  readonly owners: readonly string[];
  /** What is owned: of which kind, by whom, and what was there before. */
  readonly records: readonly (Readonly<Record<string, unknown>> & {
    readonly owners: readonly string[];
  })[];
}

/** The roles that a host plays, and the delegates of `AllowFreshCredentials` in lower case, sorted. */
export interface Standing {
  readonly client: boolean;
  readonly service: boolean;
  readonly delegates: readonly string[];
}

/** The simulated fleet of a stack: how tests make hosts, look at them and change them behind Pulumi's back. */
export class TestFleet {
  private readonly hosts: HostFolder;

  constructor(readonly folder: string) {
    this.hosts = openHostFolder(folder);
  }

  /** Runs `pulumi-credssp fleet`. */
  async run(...args: readonly string[]): Promise<void> {
    const said: string[] = [];
    const code = await run(["fleet", ...args], {
      environment: { CREDSSP_FLEET: this.folder },
      out: () => undefined,
      err: (text) => said.push(text),
    });
    if (code !== 0) {
      throw new Error(`fleet ${args.join(" ")}: ${said.join("")}`);
    }
  }

  /** Runs the built `pulumi-credssp ledger` in a process of its own; gives what it prints. */
  async ledger(...args: readonly string[]): Promise<string> {
    const bin = join(repository, "providers", "pulumi-credssp.cjs");
    const where = ["--transport", "simulated", "--fleet", this.folder];
    const all = [bin, "ledger", ...args, ...where];
    return (await execute(process.execPath, all)).stdout;
  }

  /** What `pulumi-credssp ledger list` knows of a host; owners are sorted, because Pulumi makes resources in any order. */
  async records(name: string): Promise<Records> {
    const listed = await this.ledger("list", name, "--json");
    const [{ owners = [], records = [] } = {}] = JSON.parse(
      listed,
    ) as Partial<Records>[];
    const inOrder = (all: readonly string[]): readonly string[] =>
      [...all].sort();
    return {
      owners: inOrder(owners),
      records: records.map((one) => ({ ...one, owners: inOrder(one.owners) })),
    };
  }

  /** How a host stands by what Windows acts on. */
  async standing(name: string): Promise<Standing> {
    const { client, service, live } = factsOf(await this.host(name));
    const delegates = live.AllowFreshCredentials.values.map(({ data }) =>
      data.toLowerCase(),
    );
    return {
      client: client.on,
      service: service.on,
      delegates: delegates.sort(),
    };
  }

  /** A host to the last detail, but for our own record. */
  async withoutLedger(name: string): Promise<Omit<HostState, "ledger">> {
    const { ledger: _, ...rest } = await this.hosts.read(name);
    return rest;
  }

  /** A host, with whatever policy is on its way landed. */
  async host(name: string): Promise<HostState> {
    return settle(await this.hosts.read(name), Infinity);
  }

  /** The text of every host's file. */
  async files(): Promise<Readonly<Record<string, string>>> {
    const texts = (await this.hosts.names()).map(async (name) => {
      const file = join(this.folder, `${name}.json`);
      return [name, await readFile(file, "utf8")] as const;
    });
    return Object.fromEntries(await Promise.all(texts));
  }

  /** Waits until a host's file, as it is written, shows something. */
  until(name: string, shows: (state: HostState) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        this.hosts
          .read(name)
          .then((state) => {
            if (!shows(state)) return;
            watcher.close();
            resolve();
          })
          .catch(reject);
      };
      const watcher = watch(this.folder, { persistent: false }, look);
      look();
    });
  }

  /** Whether somebody holds a host's lock, or was killed while holding it. */
  isLocked(name: string): boolean {
    return existsSync(join(this.folder, `${name}.json.lock`));
  }

  /** Waits until nobody holds a host's lock. */
  untilFree(name: string): Promise<void> {
    return until(`${name} to be free`, () => !this.isLocked(name));
  }
}
