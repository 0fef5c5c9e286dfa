import assert from "node:assert/strict";
import { encodeRegistryPol, polEntry } from "../../providers/model/registryPol";
import { delegationKey } from "../../providers/model/policies";
import type { WindowsBenches } from "./bench";
import { dword, policyFile } from "./bench";
import { raisedVersion } from "./bring";
import type { Deed, Hands } from "./hands";

/** What a case of this suite does, on a machine that was made fresh for it. */
type Fact = (
  sentence: string,
  run: () => Promise<void>,
  skipped?: string | null,
) => void;

const winrmClient = "SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM\\Client";
const one = Buffer.from([1, 0, 0, 0]);
/** Local policy that sets one value outside all that Windows looks at. */
const otherPolicy = policyFile(
  encodeRegistryPol([polEntry("Software\\Other", "x", 4, one)]),
);
const otherValue =
  "(Get-Item -LiteralPath HKLM:\\SOFTWARE\\Other).GetValue('x')";

/**
 * What the stand-in takes Windows to be, beside the contract: each sentence holds there, and whether it holds
 * here decides a line of docs/unconfirmed.md. A failure is an answer, not a fault of this machine.
 */
export function facts(
  hands: Hands,
  benches: WindowsBenches,
  onStandIn: boolean,
): void {
  const on: Fact = (sentence, run, skipped = null) => {
    if (skipped !== null)
      return void it.skip(`${sentence} (skipped: ${skipped})`);
    it(sentence, async function () {
      this.timeout(120_000);
      await benches.refresh();
      await run();
    });
  };
  describe("Windows is what the stand-in takes it for", () => {
    policyOverFlags(on, hands, onStandIn);
    policyFiles(on, hands);
  });
}

function policyOverFlags(on: Fact, hands: Hands, onStandIn: boolean): void {
  const flag = (role: string) => `WSMan:\\localhost\\${role}\\Auth\\CredSSP`;

  on("WSMan says of a flag under policy that its source is GPO", async () => {
    await hands.carryOut([dword(winrmClient, "AllowCredSSP", 1)]);
    const said = await hands.script(
      `$item = Get-Item -LiteralPath ${flag("Client")}; "$($item.Value) $($item.SourceOfValue)"`,
    );
    assert.equal(said, "true GPO");
  });

  on(
    "the client's flag can be set where policy rules over another flag beside it",
    async () => {
      await hands.carryOut([dword(winrmClient, "AllowBasic", 0)]);
      const said = await hands.script(
        `Set-Item -LiteralPath ${flag("Client")} -Value $true -Force; (Get-Item -LiteralPath ${flag("Client")}).Value`,
      );
      assert.equal(said, "true");
    },
    onStandIn ? "the stand-in takes it either way, by strictSiblingPut" : null,
  );

  on("WinRM sees at once a flag that was written to the registry", async () => {
    const key = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WSMAN\\Service";
    await hands.carryOut([dword(key, "auth_credssp", 1)]);
    const said = await hands.script(
      `(Get-Item -LiteralPath ${flag("Service")}).Value`,
    );
    assert.equal(said, "true");
  });
}

function policyFiles(on: Fact, hands: Hands): void {
  on(
    "a forced refresh applies local policy although gpt.ini does not name the registry's extension",
    async () => {
      await hands.carryOut([
        otherPolicy,
        gptIni("[General]\r\nVersion=60001\r\n"),
        { kind: "pass" },
      ]);
      assert.equal(await hands.script(otherValue), "1");
    },
  );

  on(
    "a damaged Registry.pol fails the refresh, which leaves HKLM as it is",
    async () => {
      await hands.carryOut([dword(delegationKey, "AllowFreshCredentials", 1)]);
      await hands.carryOut([
        policyFile(Buffer.from("this is no policy file")),
        ...raisedVersion(null),
      ]);
      await assert.rejects(hands.carryOut([{ kind: "pass" }]), /exit code 1/);
      const value = `(Get-Item -LiteralPath HKLM:\\${delegationKey}).GetValue('AllowFreshCredentials')`;
      assert.equal(await hands.script(value), "1");
    },
  );

  on(
    "RSoP gives the values of local policy as bytes, under the id LocalGPO",
    async () => {
      await hands.carryOut([
        otherPolicy,
        ...raisedVersion(null),
        { kind: "pass" },
      ]);
      const said = await hands.script(
        "Get-CimInstance -Namespace root\\rsop\\computer -ClassName RSOP_RegistryPolicySetting | " +
          "Where-Object -FilterScript { $_.registryKey -eq 'Software\\Other' -and $_.valueName -eq 'x' } | " +
          'ForEach-Object -Process { "$($_.GPOID) $($_.precedence) $($_.value.GetType().Name)" }',
      );
      assert.equal(said, "LocalGPO 1 Byte[]");
    },
  );
}

function gptIni(text: string): Deed {
  const content = Buffer.from(text).toString("base64");
  return { kind: "file", file: "gptIni", content };
}
