import { watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../providers/cli/run";
import {
  openHostFolder,
  type HostFolder,
} from "../../providers/host/simulated/hostFolder";
import { settle } from "../../providers/host/simulated/policyPass";
import type { HostState } from "../../providers/host/simulated/state";

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
}
