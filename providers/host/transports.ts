import type { Connect } from "./host";
import { here, type Surroundings } from "./powershell/channel";
import { createPowerShell } from "./powershell/powershell";
import { createFolderFleet } from "./simulated/folderFleet";

/** The hosts that can be reached from here, over every transport. */
export interface Transports {
  readonly connect: Connect;
  /** Ends every PowerShell that was started. */
  close(): Promise<void>;
}

/**
 * Puts the adapters of the port together. Opens nothing and starts nothing: the first look at a host does.
 * @param environment looked at each time something of it is needed.
 * @param credentials what the stack's configuration says of credentials, or undefined; none: there is no stack.
 */
export function openTransports(
  environment: Surroundings["env"],
  credentials?: () => string | undefined,
): Transports {
  const fleet = createFolderFleet();
  const surroundings = { ...here, env: environment };
  const powershell = createPowerShell(surroundings, credentials);
  return {
    connect: (host, address) =>
      address.transport === "simulated"
        ? fleet.connect(host, address)
        : powershell.connect(host, address),
    close: () => powershell.close(),
  };
}
