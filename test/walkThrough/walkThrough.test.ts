import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { own, TestStack } from "../stack/stack";
import { StandInFleet } from "../host/powershell/standIn";
import {
  both,
  needPulumi,
  needWindows,
  tier,
  type FoundPulumi,
} from "../support/tiers";

const run = promisify(execFile);
const a = "client01.do.local";
const b = "app01.do.local";
const c = "app02.do.local";
const policyTarget = "WSMAN/*.do.local";

/** What a stack on the simulated fleet declares as well; only the transport is another. */
const declared = (transport: string) => ({
  connection: { transport },
  servers: [b, c],
  clients: [{ host: a, delegateComputers: ["*.do.local"] }],
  policies: [
    { host: a, policy: "AllowFreshCredentials", targets: [policyTarget] },
  ],
});

/** A second hop from A by B to C: who C saw, or the id of the error. */
async function secondHop(
  fleet: StandInFleet,
  authentication: string,
): Promise<string> {
  const args = Object.entries({
    B: b,
    C: c,
    Authentication: authentication,
    // The accounts of the stand-in's fleets, and their password, are in its README.
    UserName: "DO\\Administrator",
  }).flatMap(([name, value]) => [`-${name}`, value]);
  const script = join(__dirname, "Open-SecondHop.ps1");
  const { env } = fleet.on(a, { SECOND_HOP_PASSWORD: "P@ssw0rd!" });
  const said = await run("pwsh", ["-NoProfile", "-File", script, ...args], {
    env,
  }).catch((error: unknown) => error as { stdout: string });
  return said.stdout.trim();
}

for (const transport of ["winrm", "ssh"])
  tier(
    `the whole way over ${transport}, by the stack of this repository`,
    both(needPulumi(), needWindows()),
    ([pulumi, windows]: [FoundPulumi, string]) => {
      let fleet: StandInFleet;
      let stack: TestStack;

      before(async function () {
        this.timeout(60_000);
        fleet = await StandInFleet.make(windows, 2);
        stack = await TestStack.open(pulumi, own, fleet.on(a).env);
        await stack.configure(declared(transport));
      });

      after(async () => {
        await stack.close();
        fleet.dispose();
      });

      it("reaches C only while the stack is up and CredSSP is used", async function () {
        this.timeout(300_000);
        assert.match(
          await secondHop(fleet, "Credssp"),
          /PSSessionOpenFailed|PSSessionStateBroken/u,
        );

        assert.equal((await stack.up()).error, null);
        assert.equal(
          await secondHop(fleet, "Credssp"),
          "APP02 as do\\administrator",
        );
        // B holds no credentials of a Kerberos logon: 0x8009030e.
        assert.match(await secondHop(fleet, "Kerberos"), /-2144108\d{3}|1312/u);

        const again = await stack.up({ refresh: true, expectNoChanges: true });
        assert.equal(again.error, null);

        assert.equal((await stack.destroy()).error, null);
        assert.match(
          await secondHop(fleet, "Credssp"),
          /PSSessionOpenFailed|PSSessionStateBroken/u,
        );
        // Disable-WSManCredSSP leaves the bare key, an entry without a name.
        const left = fleet.localEntries(a).filter(({ name }) => name !== "");
        assert.deepEqual(left, []);
      });
    },
  );
