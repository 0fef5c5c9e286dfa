import { resolve } from "node:path";
import { realClock } from "../clock";
import type { Clock } from "../clock";
import type { Connect } from "../host";
import { simulatedHost } from "./host";
import { openHostFolder } from "./hostFolder";
import type { HostFolder, HostFolderOptions } from "./hostFolder";

/** The simulated fleets in folders: an adapter of the port. */
export interface FolderFleet {
  /** Connects to a host of the fleet whose folder the address names. */
  readonly connect: Connect;
}

/** What the adapter can be told. */
export interface FolderFleetOptions extends HostFolderOptions {
  /** @default the clock on the wall */
  readonly clock?: Clock;
  /** What a relative folder is relative to. @default the process's own folder: Pulumi starts it in the project's */
  readonly base?: string;
}

/** Makes the adapter. Nothing is opened before a host is looked at. */
export function createFolderFleet(
  options: FolderFleetOptions = {},
): FolderFleet {
  const { clock = realClock } = options;
  const folders = new Map<string, HostFolder>();
  const folderOf = (path: string): HostFolder => {
    const folder = folders.get(path) ?? openHostFolder(path, options);
    folders.set(path, folder);
    return folder;
  };
  return {
    connect: (host, address) => {
      if (address.transport !== "simulated")
        throw new TypeError(`${address.transport} is not a simulated host`);
      const path = resolve(options.base ?? process.cwd(), address.fleet);
      return simulatedHost(folderOf(path), host, clock);
    },
  };
}
