import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  openHostFolder,
  type HostFolder,
} from "../../providers/host/simulated/hostFolder";
import { registryPolOf } from "../../providers/host/simulated/localPolicy";
import {
  freshHost,
  type Faults,
  type HostState,
} from "../../providers/host/simulated/state";
import type { Properties } from "../../providers/pulumi/definition";

/** A change by other people's hands. */
export type Change = (state: HostState) => HostState;

/** A temporary folder of simulated hosts, which the provider's process and the test both work on. */
export class TemporaryFleet {
  private constructor(
    readonly folder: string,
    private readonly hosts: HostFolder,
  ) {}

  static async make(): Promise<TemporaryFleet> {
    const folder = await mkdtemp(join(tmpdir(), "credssp-engine-"));
    return new TemporaryFleet(folder, openHostFolder(folder));
  }

  get connection(): Properties {
    return { transport: "simulated", fleet: this.folder };
  }

  /** Adds a fresh host. */
  async add(host: string, change: Change = (state) => state): Promise<string> {
    await this.hosts.add(host, change(freshHost(host)));
    return host;
  }

  state(host: string): Promise<HostState> {
    return this.hosts.read(host);
  }

  edit(host: string, change: Change): Promise<void> {
    return this.hosts.change(host, async (cell) => {
      cell.state = change(cell.state);
    });
  }

  /** What is to be as before after everything was destroyed. */
  async essence(host: string): Promise<Properties> {
    const state = await this.state(host);
    const { winrm, hklm, ledger } = state;
    const values = (registry: object): unknown =>
      Object.fromEntries(
        Object.entries(registry).filter(
          ([, key]) => Object.keys(key as object).length > 0,
        ),
      );
    return {
      winrm,
      hklm: values(hklm),
      local: values(registryPolOf(state)),
      ledger: ledger === "" ? null : ledger,
    };
  }

  /** The locks that stand in the folder. */
  async locks(): Promise<readonly string[]> {
    return (await readdir(this.folder)).filter((name) => /\.lock$/.test(name));
  }

  dispose(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** Gives a host faults, or (`false`) takes them away. */
export function faulty(faults: Faults): Change {
  return (state) => ({ ...state, faults: { ...state.faults, ...faults } });
}
