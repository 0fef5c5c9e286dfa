import assert from "node:assert/strict";
import {
  createPowerShell,
  type PowerShellHosts,
} from "../../providers/host/powershell/powershell";
import { StandInFleet } from "../host/powershell/standIn";
import { needWindows, tier } from "../support/tiers";
import { command, ledgerWorld, type LedgerWorld } from "./ledgerStack";

tier("pulumi-credssp ledger over WinRM", needWindows(), (tools) => {
  const here = "client01.do.local";
  const app = "app01.do.local";
  let fleet: StandInFleet;
  let powershell: PowerShellHosts;
  let world: LedgerWorld;

  before(async function () {
    this.timeout(60_000);
    fleet = await StandInFleet.make(tools, 1);
    powershell = createPowerShell(fleet.on(here));
    world = ledgerWorld(
      (host, address) => {
        assert.ok(address.transport !== "simulated");
        return powershell.connect(host, address);
      },
      { transport: "winrm" },
    );
  });
  after(async () => {
    await powershell.close();
    fleet.dispose();
  });

  /** The command, on the machine that the fleet's other hosts are reached from. */
  const ledger = (...args: readonly string[]) =>
    command(["ledger", ...args], fleet.on(here).env);

  it("lists and releases what a stack left on a host, and finds nothing on a second time", async () => {
    const { owner } = await world.up("server", "app", { host: app });
    const connection = [
      "--transport",
      "winrm",
      "--authentication",
      "negotiate",
    ];
    const listed = await ledger("list", app, ...connection);
    assert.deepEqual([listed.code, listed.err], [0, ""]);
    assert.ok(
      listed.out.includes(`\n  ${owner}\n    server role  on  off before\n`),
    );
    const released = await ledger("release", "::app", app, ...connection);
    assert.deepEqual(released, {
      code: 0,
      out: `${app}: released ${owner}\n    went  server role  on  now off\n`,
      err: "",
    });
    const again = await ledger("release", "::app", app, ...connection);
    assert.equal(again.code, 1);
    assert.match(again.err, /nothing is recorded.*CREDSSP218/s);
  }).timeout(60_000);

  it("names a host that does not answer and one that is not this machine, and ends its PowerShell", async () => {
    fleet.fault(app, "unreachable", true);
    const silent = await ledger("list", app, "--transport", "winrm");
    assert.match(silent.err, /CREDSSP206/);
    const other = await ledger("list", app, here);
    assert.equal(other.out, `${here}: no ledger, so nothing here is ours\n`);
    assert.match(
      other.err,
      /app01\.do\.local: this machine is another .*CREDSSP216/s,
    );
  }).timeout(60_000);
});
