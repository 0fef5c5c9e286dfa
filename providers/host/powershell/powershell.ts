import type { Problem } from "../../model/errors";
import type { Host } from "../host";
import { here, openChannel, type Channel, type Surroundings } from "./channel";
import { resolveCredential } from "./credentials";
import { findPowerShell, missingProblem } from "./executable";
import { powershellHost, type PowerShellAddress } from "./powershellHost";

/** Hosts reached through PowerShell on this machine. */
export interface PowerShellHosts {
  /** Makes a host of its declared name and its address. Starts nothing: the first call does. */
  connect(host: string, address: PowerShellAddress): Host;
  /** Ends PowerShell, also when it is busy. Calls under way and later ones fail. */
  close(): Promise<void>;
}

/**
 * The PowerShell adapter of the port. One PowerShell serves this machine, one thing after the other;
 * one serves all hosts elsewhere, side by side; and one more each credential, because its secret is
 * handed to that child in its environment, where the system shows it for as long as the child lives. Each is started when it is first
 * needed, and again after it ended.
 *
 * From the environment, at the time of use: `CREDSSP_POWERSHELL` (which PowerShell),
 * `CREDSSP_DEADLINE_SECONDS` (how long a request may take, 180), and credentials.
 * @param credentials what the stack's configuration says of credentials, or undefined; none: there is no stack.
 */
export function createPowerShell(
  surroundings: Surroundings = here,
  credentials?: () => string | undefined,
): PowerShellHosts {
  const { env, platform } = surroundings;
  const open = new Set<Channel>();
  const start = (options: Parameters<typeof openChannel>[1]): Channel => {
    const channel = openChannel(surroundings, options);
    open.add(channel);
    return channel;
  };
  const local = start({ serves: "this machine" });
  const remote = start({ serves: "hosts elsewhere" });
  const named = new Map<string, { secret: string; channel: Channel }>();
  /** What ssh printed of a host is still there when its own request is long answered, so none is taken out. */
  const overSsh = new Set<string>();

  /** The channel that acts as a credential says now: a changed secret has a PowerShell of its own. */
  function channelAs(name: string): Channel | Problem {
    // Where there is none, a credential is of no use to anybody.
    const shell = findPowerShell(env, platform);
    if ("lookedFor" in shell) {
      return missingProblem(shell, { transport: "winrm", platform });
    }
    const found = resolveCredential(
      name,
      env,
      platform,
      undefined,
      credentials,
    );
    if ("code" in found) return found;
    const secret = JSON.stringify(found);
    const known = named.get(name);
    if (known?.secret === secret) return known.channel;
    known?.channel.retire();
    const channel = start({
      serves: "hosts elsewhere",
      secret: {
        CREDSSP_USERNAME: found.userName,
        CREDSSP_PASSWORD: found.password,
      },
    });
    named.set(name, { secret, channel });
    return channel;
  }

  function channelFor(address: PowerShellAddress): Channel | Problem {
    if (address.transport === "local") return local;
    const as = address.transport === "winrm" ? address.credential : undefined;
    return as === undefined ? remote : channelAs(as);
  }

  return {
    connect(host, address) {
      const isOther = (name: string): boolean =>
        name.toLowerCase() !== host.toLowerCase();
      if (address.transport === "ssh") overSsh.add(host);
      return powershellHost(
        host,
        address,
        () => channelFor(address),
        surroundings,
        () => [...overSsh].filter(isOther),
      );
    },
    async close() {
      await Promise.all([...open].map((channel) => channel.close()));
    },
  };
}
