import type { Connect } from "../host/host";
import { here } from "../host/powershell/channel";
import { createPowerShell } from "../host/powershell/powershell";
import { createFolderFleet } from "../host/simulated/folderFleet";

/** The hosts of one run of the command, over every transport. */
export interface Hosts {
  readonly connect: Connect;
  /** Ends the PowerShell that was started, if one was. */
  close(): Promise<void>;
}

/** Opens nothing and starts nothing: the first look at a host does. */
export function openHosts(
  environment: Readonly<Record<string, string | undefined>>,
): Hosts {
  const fleet = createFolderFleet();
  const powershell = createPowerShell({ ...here, env: environment });
  return {
    connect: (host, address) =>
      address.transport === "simulated"
        ? fleet.connect(host, address)
        : powershell.connect(host, address),
    close: () => powershell.close(),
  };
}
