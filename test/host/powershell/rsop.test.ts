import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../../../providers/host/host";
import {
  createPowerShell,
  type PowerShellHosts,
} from "../../../providers/host/powershell/powershell";
import {
  fingerprintParts,
  type HostFacts,
} from "../../../providers/model/facts";
import type { PolicyName } from "../../../providers/model/policies";
import { needWindows, tier } from "../../support/tiers";
import type { Edit } from "../contract";
import { StandInFleet } from "./standIn";

const client = "client01.do.local";
const policy = "AllowFreshCredentials";
const values = [{ name: "1", data: "WSMAN/*.corp.example" }];
/** A log at which the stand-in's Get-CimInstance fails. */
const damaged = { settings: ["nothing to be made of this"] };
const pass: Edit = { kind: "policyPass" };

const domain = (
  sets: (Edit & { kind: "domain" })["sets"],
  object = "Server baseline",
  of: PolicyName = policy,
): Edit => ({ kind: "domain", object, policy: of, sets });

/** RSoP beside the archive; what is concluded of its rows is tested without a Windows. */
tier("RSoP, asked by PowerShell", needWindows(), (tools) => {
  let fleet: StandInFleet;
  let shell: PowerShellHosts;
  let host: Host;
  before(async function () {
    this.timeout(60_000);
    fleet = await StandInFleet.make(tools, 1);
    shell = createPowerShell(fleet.on(client));
    host = shell.connect(client, { transport: "local" });
  });
  beforeEach(() => fleet.reset(client));
  after(async () => {
    await shell.close();
    fleet.dispose();
  });

  const archive = (): string => {
    const path = join(fleet.folder, `${client}.fs`, "ProgramData/ntuser.pol");
    return existsSync(path) ? readFileSync(path, "hex") : "";
  };

  /** The host before and after some edits, and which parts of it moved. */
  async function around(...edits: readonly Edit[]) {
    const was = { facts: await host.observe(), archive: archive() };
    await fleet.edit(client, ...edits);
    const facts = await host.observe();
    const moved = fingerprintParts.filter(
      (part) => was.facts.fingerprint[part] !== facts.fingerprint[part],
    );
    return { was, facts, archive: archive(), moved };
  }

  it("moves the live part when another policy object sets the very same", async () => {
    await fleet.edit(client, domain({ switch: 1, values }), pass);
    const { was, facts, moved, ...now } = await around(
      domain(null),
      domain({ switch: 1, values }, "Jump hosts"),
      pass,
    );
    assert.equal(now.archive, was.archive);
    assert.deepEqual(moved, ["live"]);
    assert.deepEqual(facts.live, was.facts.live);
    assert.equal(facts.origins?.[policy]?.switch, "Jump hosts");
  });

  it("moves the live part when a policy object comes to empty a list, which this archive does not keep", async () => {
    await fleet.edit(client, domain({ switch: 1, values }), pass);
    const { was, facts, moved, ...now } = await around(
      domain({ switch: 1, values, clearsFirst: true }),
      pass,
    );
    assert.equal(now.archive, was.archive);
    assert.deepEqual(moved, ["live"]);
    assert.equal(facts.applied[policy].clearsFirst, true);
  });

  it("moves nothing by a pass that does the same again", async () => {
    await fleet.edit(
      client,
      domain({ switch: 1, values, clearsFirst: true }),
      domain({ switch: 0 }, "Server baseline", "WinRMServiceAllowCredSSP"),
      pass,
    );
    const { was, facts } = await around(pass, pass);
    assert.deepEqual(facts, was.facts);
  });

  const silent: readonly (readonly [string, unknown])[] = [
    ["is switched off", null],
    ["fails", damaged],
  ];
  for (const [what, log] of silent)
    it(`gives no answer where it ${what}, and the rest is seen all the same`, async () => {
      await fleet.edit(client, domain({ switch: 1, values }), pass);
      const before = await host.observe();
      fleet.putRsop(client, log);
      const facts = await host.observe();
      assert.equal(facts.origins, null);
      assert.deepEqual(without(facts), without(before));
    });

  it("is not asked where policy processing applied nothing of ours", async () => {
    await fleet.edit(
      client,
      {
        kind: "foreignPolicy",
        entries: [
          { key: "Software\\Other", name: "x", type: 4, data: "01000000" },
        ],
      },
      pass,
    );
    fleet.putRsop(client, damaged);
    assert.notEqual(archive(), "");
    assert.deepEqual((await host.observe()).origins, {});
  });

  it("is asked also where data of an odd length stands before ours in the archive", async () => {
    await fleet.edit(
      client,
      {
        kind: "foreignPolicy",
        entries: [{ key: "Software\\A", name: "x", type: 3, data: "010203" }],
      },
      domain({ switch: 1 }),
      pass,
    );
    const bytes = Buffer.from(archive(), "hex");
    assert.equal(
      bytes.indexOf(Buffer.from("CredentialsDelegation", "utf16le")) % 2,
      1,
    );
    assert.deepEqual((await host.observe()).origins, {
      [policy]: { switch: "Server baseline", values: {} },
    });
  });
});

/** What RSoP has no part in. */
function without(facts: HostFacts): object {
  const { origins: _, fingerprint, ...rest } = facts;
  return { ...rest, fingerprint: { ...fingerprint, live: "" } };
}
