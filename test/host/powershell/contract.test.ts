import {
  createPowerShell,
  type PowerShellHosts,
} from "../../../providers/host/powershell/powershell";
import type { PowerShellAddress } from "../../../providers/host/powershell/powershellHost";
import { contract, type Lacking } from "../contract";
import { needWindows, tier } from "../../support/tiers";
import { StandInFleet } from "./standIn";

const client = "client01.do.local";

/** Holds one transport to the contract; the machine we sit on is the client. */
function overTransport(
  title: string,
  host: string,
  address: PowerShellAddress,
  lacking: Lacking = {},
): void {
  tier(title, needWindows(), (tools) => {
    let fleet: StandInFleet;
    // Two PowerShells, so that two connections really work at one time. They serve every case.
    let shells: readonly [PowerShellHosts, PowerShellHosts];
    before(async function () {
      this.timeout(60_000);
      fleet = await StandInFleet.make(tools, 1);
      const make = () => createPowerShell(fleet.on(client));
      shells = [make(), make()];
    });
    after(async () => {
      await Promise.all(shells.map((shell) => shell.close()));
      fleet.dispose();
    });
    contract(
      title,
      () => {
        fleet.reset(host);
        // The stand-in leaves open whether writing the value that policy sets already is refused; the contract does not.
        fleet.fault(host, "strictSiblingPut", true);
        let connections = 0;
        return Promise.resolve({
          connect: () =>
            shells[connections++ % 2 === 0 ? 0 : 1].connect(host, address),
          edit: (...edits) => fleet.edit(host, ...edits),
          localEntries: () => Promise.resolve(fleet.localEntries(host)),
          pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
          dispose: () => Promise.resolve(),
        });
      },
      {
        twoObjects: "the stand-in knows one policy object of the domain",
        ...lacking,
      },
    );
  });
}

overTransport("PowerShell on the machine itself (local)", client, {
  transport: "local",
});
overTransport(
  "PowerShell on another host (winrm)",
  "app01.do.local",
  {
    transport: "winrm",
    useSSL: false,
    authentication: "Default",
  },
  { service: "a host whose WinRM is stopped is not reached by WinRM" },
);
overTransport(
  "PowerShell on another host (ssh)",
  "app01.do.local",
  {
    transport: "ssh",
  },
  { minutes: "the same script as over WinRM" },
);
