import type { Host } from "../host";
import { here, openChannel, type Surroundings } from "./channel";
import { powershellHost, type PowerShellAddress } from "./powershellHost";

/** Hosts reached through one PowerShell on this machine. */
export interface PowerShellHosts {
  /** Makes a host of its declared name and its address. Starts nothing: the first call does. */
  connect(host: string, address: PowerShellAddress): Host;
  /** Ends PowerShell, also when it is busy. Calls under way and later ones fail. */
  close(): Promise<void>;
}

/**
 * The PowerShell adapter of the port. One PowerShell serves all hosts, one request after the
 * other; it is started when first needed and again after it ended.
 *
 * From the environment, at the time of use: `CREDSSP_POWERSHELL` (which PowerShell) and
 * `CREDSSP_DEADLINE_SECONDS` (how long a request may take, 180).
 */
export function createPowerShell(
  surroundings: Surroundings = here,
): PowerShellHosts {
  const channel = openChannel(surroundings);
  return {
    connect: (host, address) =>
      powershellHost(host, address, channel, surroundings.platform),
    close: () => channel.close(),
  };
}
