import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeRegistryPol, polEntry } from "../../providers/model/registryPol";
import { delegationKey } from "../../providers/model/policies";

interface Key {
  keys?: Record<string, Key>;
  values?: Record<string, { t: string; v: string | number }>;
}

interface HostFile {
  registry: { HKLM: Key };
  services: Record<string, { status: string; startType: string }>;
  faults?: Record<string, unknown>;
}

/** The host in no domain, and the one in the fleet's domain. */
export const alone = "edge01";
export const joined = "client01.do.local";

/** How a run of the command ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** A fleet of the stand-in, on whose hosts the whole command runs as on a Windows. */
export class Rig {
  private constructor(
    private readonly tools: string,
    private readonly folder: string,
  ) {}

  static make(tools: string): Rig {
    const folder = mkdtempSync(join(tmpdir(), "credssp-windows-"));
    const made = spawnSync(join(tools, "bin", "rig"), [
      ...["new", folder, "0", "-Workgroup", alone],
    ]);
    if (made.status !== 0) throw new Error(String(made.stderr));
    return new Rig(tools, folder);
  }

  /** A machine that has been lived on: roles on, entries in both stores, other people's policy, a ledger, WinRM's start type. */
  furnish(): void {
    const path = join(this.folder, `${alone}.json`);
    const file = JSON.parse(readFileSync(path, "utf8")) as HostFile;
    const put = (at: string, name: string, v: string | number) => {
      (keyIn(file, at).values ??= {})[name] = {
        t: typeof v === "string" ? "String" : "DWord",
        v,
      };
    };
    put(
      "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WSMAN\\Client",
      "auth_credssp",
      1,
    );
    put(delegationKey, "AllowFreshCredentials", 1);
    put(`${delegationKey}\\AllowFreshCredentials`, "7", "wsman/theirs");
    put(
      "SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM\\Service",
      "AllowBasic",
      0,
    );
    // Applied already: a policy pass brings what stands in Registry.pol into HKLM.
    put("SOFTWARE\\Policies\\Vendor", "on", 1);
    put("SOFTWARE\\pulumi-credssp", "Ledger", '{"somebody":"é"}');
    put(
      "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System\\CredSSP\\Parameters",
      "AllowEncryptionOracle",
      2,
    );
    file.services["WinRM"] = {
      ...file.services["WinRM"],
      status: "Running",
      startType: "Manual",
    };
    // As on a Windows, is what the contract assumes: the stand-in leaves it open.
    file.faults = { strictSiblingPut: true };
    writeFileSync(path, JSON.stringify(file, null, 2));
    this.writePolicy();
  }

  private writePolicy(): void {
    const folder = join(
      this.folder,
      `${alone}.fs/Windows/System32/GroupPolicy`,
    );
    mkdirSync(join(folder, "Machine"), { recursive: true });
    const dword = Buffer.from([1, 0, 0, 0]);
    writeFileSync(
      join(folder, "Machine", "Registry.pol"),
      encodeRegistryPol([
        polEntry(delegationKey, "AllowSavedCredentials", 4, dword),
        polEntry("Software\\Policies\\Vendor", "on", 4, dword),
      ]),
    );
    writeFileSync(join(folder, "gpt.ini"), "[General]\r\nVersion=65537\r\n");
  }

  /** All that matters of the host in no domain: its registry, its services, the files of local policy. */
  essence(): unknown {
    const { registry, services } = JSON.parse(
      readFileSync(join(this.folder, `${alone}.json`), "utf8"),
    ) as HostFile;
    const policy = `${alone}.fs/Windows/System32/GroupPolicy`;
    const files = ["Machine/Registry.pol", "gpt.ini"].map((name) => {
      const path = join(this.folder, policy, name);
      return existsSync(path) ? readFileSync(path).toString("hex") : null;
    });
    return { registry: trimmed(registry.HKLM), services, files };
  }

  /** Whether something is saved of the host in no domain. */
  holdsSaved(): boolean {
    const folder = join(this.folder, `${alone}.fs/Windows/credssp-test`);
    return existsSync(join(folder, "state.json"));
  }

  /** Starts the command on a host. */
  start(
    host: string,
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): ChildProcess {
    return spawn(
      process.execPath,
      [
        ...["-r", "ts-node/register/transpile-only"],
        join(__dirname, "main.ts"),
        ...args,
      ],
      {
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          ...process.env,
          CREDSSP_TEST_WINDOWS: this.tools,
          WINRIG_FLEET: this.folder,
          WINRIG_HOST: host,
          WINRIG_USER:
            host === alone ? "EDGE01\\Administrator" : "DO\\Administrator",
          ...more,
        },
      },
    );
  }

  /** Runs the command to its end. */
  async run(
    host: string,
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<Ended> {
    return ended(this.start(host, args, more));
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Waits for the end of a command that was started. */
export async function ended(child: ChildProcess): Promise<Ended> {
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk) => (output += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}

/** A key without the empty parts that say nothing: a key whose last value went has them, one that never had any has not. */
function trimmed({ keys = {}, values = {} }: Key): Key {
  const below = Object.entries(keys).map(([name, key]) => [name, trimmed(key)]);
  return {
    ...(below.length > 0 && {
      keys: Object.fromEntries(below) as Record<string, Key>,
    }),
    ...(Object.keys(values).length > 0 && { values }),
  };
}

function keyIn(file: HostFile, path: string): Key {
  let at = file.registry.HKLM;
  for (const name of path.split("\\")) {
    const keys = (at.keys ??= {});
    const spelled = Object.keys(keys).find(
      (key) => key.toLowerCase() === name.toLowerCase(),
    );
    at = keys[spelled ?? name] ??= {};
  }
  return at;
}
