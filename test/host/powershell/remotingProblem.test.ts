import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Way } from "../../../providers/host/powershell/byHand";
import type { Channel } from "../../../providers/host/powershell/channel";
import { powershellHost } from "../../../providers/host/powershell/powershellHost";
import { remotingProblem } from "../../../providers/host/powershell/remotingProblem";
import { printable } from "../../../providers/model/errors";
import { needWindows, tier } from "../../support/tiers";
import { hostileTexts } from "./hostile";
import { refused } from "./refused";

const host = "app01.do.local";
/** The command in what is advised of a session that failed, or of a host that is silent. */
const command = (way: Way, code: number | null): string => {
  const { remedy } = remotingProblem(
    { host, ...way },
    { said: "s", found: "f", code },
  );
  return /`(.*)`/su.exec(remedy)?.[1] ?? "";
};
const silent = 53;
const winrm = (
  parameters: Readonly<Record<string, unknown>>,
  hasCredential = false,
): Way => ({
  remote: { by: "ComputerName", name: host, parameters },
  hasCredential,
});
const ssh = (
  parameters: Readonly<Record<string, unknown>>,
  name = host,
): Way => ({ remote: { by: "HostName", name, parameters } });

describe("What to try by hand", () => {
  const everything = {
    Authentication: "Kerberos",
    UseSSL: true,
    Port: 5999,
    ConfigurationName: "PowerShell.7",
  };

  for (const [way, session, answer] of [
    [
      winrm({ Authentication: "Default" }),
      `New-PSSession -ComputerName ${host}`,
      `Test-WSMan ${host}`,
    ],
    [
      winrm({ Authentication: "Default", Port: 1 }),
      `New-PSSession -ComputerName ${host} -Port 1`,
      `Test-WSMan ${host} -Port 1`,
    ],
    [
      winrm(everything),
      `New-PSSession -ComputerName ${host} -UseSSL -Port 5999 -ConfigurationName PowerShell.7 -Authentication Kerberos`,
      `Test-WSMan ${host} -Port 5999 -UseSSL -Authentication Kerberos`,
    ],
    [
      winrm({ Authentication: "Default" }, true),
      `New-PSSession -ComputerName ${host} -Credential (Get-Credential)`,
      `Test-WSMan ${host} -Authentication Default -Credential (Get-Credential)`,
    ],
    [
      winrm({ Authentication: "NegotiateWithImplicitCredential" }),
      `New-PSSession -ComputerName ${host} -Authentication NegotiateWithImplicitCredential`,
      `Test-WSMan ${host} -Authentication Negotiate`,
    ],
  ] as const)
    it(`reaches the host as the connection does: ${session}`, () => {
      assert.equal(command(way, null), session);
      assert.equal(command(way, silent), answer);
    });

  it("reaches the host as the connection does over ssh, options included", () => {
    assert.equal(
      command(
        ssh({
          Options: { StrictHostKeyChecking: "accept-new", BatchMode: "yes" },
          Port: 2222,
          UserName: "DO\\alice",
          KeyFilePath: "/home/it's me/id",
          Subsystem: "powershell7",
        }),
        null,
      ),
      `New-PSSession -HostName ${host} -Options @{ 'StrictHostKeyChecking' = 'accept-new'; 'BatchMode' = 'yes' } -Port 2222 -UserName 'DO\\alice' -KeyFilePath '/home/it''s me/id' -Subsystem powershell7`,
    );
  });

  it("starts PowerShell where this machine is meant", () => {
    assert.equal(command({}, null), "pwsh");
  });

  for (const [address, code, expected] of [
    [
      {
        transport: "winrm",
        port: 1,
        useSSL: true,
        authentication: "Negotiate",
        configurationName: "Admins",
        credential: "ops",
      },
      null,
      `New-PSSession -ComputerName ${host} -UseSSL -Port 1 -ConfigurationName Admins -Authentication Negotiate -Credential (Get-Credential)`,
    ],
    [
      {
        transport: "winrm",
        port: 1,
        useSSL: false,
        authentication: "Default",
        credential: "ops",
      },
      silent,
      `Test-WSMan ${host} -Port 1 -Authentication Default -Credential (Get-Credential)`,
    ],
    [
      {
        transport: "ssh",
        port: 1,
        userName: "alice",
        keyFilePath: "/k",
        subsystem: "seven",
        options: { Compression: "yes" },
        openTimeoutSeconds: 5,
      },
      null,
      `New-PSSession -HostName ${host} -Options @{ 'Compression' = 'yes'; 'ConnectTimeout' = '5'; 'BatchMode' = 'yes' } -Port 1 -UserName alice -KeyFilePath '/k' -Subsystem seven`,
    ],
  ] as const)
    it(`names all that a connection over ${address.transport} declares, and asks for its secret: ${expected.slice(0, 15)}`, async () => {
      const env = {
        CREDSSP_OPS_USERNAME: "DO\\alice",
        CREDSSP_OPS_PASSWORD: "P@ssw0rd!",
      };
      const failure = { message: "m", errorId: "X", code };
      const channel: Channel = {
        ask: () =>
          Promise.resolve({
            kind: "answer",
            document: { outcome: "remoting", failure },
            parts: [],
            noise: "",
          }),
        retire: () => undefined,
        close: () => Promise.resolve(),
      };
      const reached = powershellHost(
        host,
        address,
        () => channel,
        { env, platform: "win32" },
        () => [],
      );
      const { message, problem } = await refused(reached.observe());
      assert.ok(problem.remedy.includes(`\`${expected}\``), problem.remedy);
      assert.doesNotMatch(message, /P@ssw0rd|alice(?! -Key)/u);
    });
});

tier("What to try by hand, in PowerShell's hands", needWindows(), (tools) => {
  const many = 400;

  it("is one command with the values as they are, and carries none of them out", async function () {
    this.timeout(60_000);
    const folder = mkdtempSync(join(tmpdir(), "credssp-byhand-"));
    try {
      const canaries = join(folder, "c");
      mkdirSync(canaries);
      const texts = [
        ...hostileTexts(canaries, many),
        ...["1e3", "0x1F", "-Port", "a'b", "\u2018a\u201B", "$x", "@x", "a b"],
      ];
      const commands = texts.flatMap((text) => {
        const parameters = {
          Port: 7,
          UserName: text,
          KeyFilePath: text,
          Options: { [text]: text },
        };
        const winrmTo = { by: "ComputerName", name: text } as const;
        return [
          command(ssh(parameters, text), null),
          command({ remote: { ...winrmTo, parameters: { UseSSL: true } } }, 53),
        ];
      });
      const file = join(folder, "try.ps1");
      writeFileSync(file, `\uFEFF${[told, ...commands].join("\n")}\n`);
      const { stdout } = await promisify(execFile)(
        join(tools, "../pwsh/pwsh"),
        ["-NoProfile", "-NonInteractive", "-File", file],
        { maxBuffer: 2 ** 26 },
      );
      const seen = stdout
        .trim()
        .split(/\r?\n/u)
        .map((line) => Buffer.from(line, "base64").toString("utf8"))
        .map((json) => JSON.parse(json) as unknown);
      assert.equal(seen.length, commands.length);
      texts.forEach((text, i) => {
        // What a message cannot hold is escaped in it.
        if (printable(`'${text}'`) !== `'${text}'`) return;
        assert.deepEqual(seen.slice(2 * i, 2 * i + 2), [
          [text, 7, text, text, text, text],
          [text, true],
        ]);
      });
      assert.deepEqual(readdirSync(canaries), []);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  /** In the place of the two commands: they tell what they were given. */
  const told = `
function Out-Told($All) { [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes((ConvertTo-Json -Compress -InputObject $All))) }
function New-PSSession { param([string[]] $HostName, [int] $Port, [string] $UserName, [string] $KeyFilePath, [hashtable] $Options) Out-Told @($HostName[0], $Port, $UserName, $KeyFilePath, [string] @($Options.Keys)[0], [string] @($Options.Values)[0]) }
function Test-WSMan { param([Parameter(Position = 0)] [string] $ComputerName, [switch] $UseSSL) Out-Told @($ComputerName, [bool] $UseSSL) }`;
});
