import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { childEnvironment } from "../../providers/host/powershell/environment";
import type { Role } from "../../providers/model/facts";
import { watched, type Snapshot, type Value } from "./snapshot";

/** Which machine this is, and who asks. */
export interface Machine {
  readonly computer: string;
  /** The domain it is in; null outside one. */
  readonly domain: string | null;
  readonly version: string;
  readonly edition: string;
  readonly powershell: string;
  readonly elevated: boolean;
  readonly systemRoot: string;
  /** Whether a 32-bit PowerShell looks at a 64-bit Windows: it sees another System32. */
  readonly wow64: boolean;
}

/** A file of the local group policy object. */
export type PolicyFile = "registryPol" | "gptIni";

/** One change of this machine, without a question asked. Keys are below HKLM; a file's content is base64. */
export type Deed =
  | ({ readonly kind: "value"; readonly path: string } & Value)
  | { readonly kind: "noValue"; readonly path: string; readonly name: string }
  | { readonly kind: "key" | "noKey" | "noEmptyKey"; readonly path: string }
  | {
      readonly kind: "file";
      readonly file: PolicyFile;
      readonly content: string | null;
    }
  | { readonly kind: "noEmptyFolder"; readonly name: string }
  | { readonly kind: "flag"; readonly role: Role; readonly on: boolean }
  | {
      readonly kind: "service";
      readonly status: string;
      readonly startType: string;
    }
  | { readonly kind: "pass" };

/** Hands on this machine: a PowerShell of their own, behind the back of all that is tested. */
export interface Hands {
  machine(): Promise<Machine>;
  /** Why WinRM does not lead from this machine to itself as the tests need it; null where it does. */
  loopbackHindrance(): Promise<string | null>;
  snapshot(): Promise<Snapshot>;
  /** Carries deeds out in order, under the host's lock. */
  carryOut(deeds: readonly Deed[]): Promise<void>;
  /** Runs a script and gives what it puts out, as one text. */
  script(text: string): Promise<string>;
  /** Ends the PowerShell, also when it is busy. What is under way or asked later fails. */
  close(): void;
}

const scripts = join(__dirname, "..", "..", "providers", "host", "scripts");
/** The package's own reading of keys and paths, its lock, and our hands. */
const files = [
  join(scripts, "Get-RegistryKey.ps1"),
  join(scripts, "Get-PolicyReading.ps1"),
  join(scripts, "Invoke-HostRequest.ps1"),
  join(__dirname, "Invoke-Hands.ps1"),
];

/** Starts hands in a PowerShell of this path. */
export function openHands(
  executable: string,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): Hands {
  const windows = platform === "win32";
  const child = spawn(
    executable,
    [
      ...["-NoLogo", "-NoProfile", "-NonInteractive"],
      ...(windows ? ["-ExecutionPolicy", "Bypass"] : []),
      ...["-Command", "-"],
    ],
    {
      env: childEnvironment(env, executable),
      windowsHide: true,
      // An interrupt at the console is for us: the hands are what puts the machine back.
      detached: !windows,
    },
  );
  const waiting = new Map<string, (answer: unknown) => void>();
  const failures = failuresOf(child);
  let asked = 0;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [, id = "", document = ""] = /^hands:(\d+):(.*)$/.exec(line) ?? [];
    waiting.get(id)?.(JSON.parse(fromBase64(document)));
  });
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${bootstrap()}\n`);

  async function ask(request: object): Promise<unknown> {
    const id = String(++asked);
    const answer = new Promise<unknown>((resolve) => waiting.set(id, resolve));
    child.stdin.write(
      `Invoke-Hands '${id}' '${toBase64(JSON.stringify(request))}'\n`,
    );
    const { done, failed } = (await Promise.race([answer, failures])) as {
      done: unknown;
      failed: string | null;
    };
    waiting.delete(id);
    if (failed !== null) throw new Error(failed);
    return done;
  }

  return {
    machine: async () => (await ask({ ask: "machine" })) as Machine,
    loopbackHindrance: async () =>
      (await ask({ ask: "loopback" })) as string | null,
    snapshot: async () =>
      (await ask({ ask: "snapshot", ...watched })) as Snapshot,
    async carryOut(deeds) {
      if (deeds.length > 0)
        await ask({ ask: "deeds", deeds: deeds.map(forTheWire) });
    },
    script: async (text) => (await ask({ ask: "script", text })) as string,
    close: () => void child.kill("SIGKILL"),
  };
}

/** Rejects when the PowerShell ends or never started; nothing else ends an unanswered question. */
function failuresOf(child: ChildProcess): Promise<never> {
  let said = "";
  child.stderr?.on("data", (chunk) => (said += String(chunk)));
  const ended = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(
        new Error(
          `the hands' PowerShell ended (${code ?? signal}). ${said.slice(-2000)}`.trim(),
        ),
      ),
    );
  });
  ended.catch(() => undefined);
  return ended;
}

/** A registry value's data travels behind an equals sign: see Set-RegistryData. */
function forTheWire(deed: Deed): object {
  if (deed.kind === "value") return { ...deed, data: `=${deed.data}` };
  if (deed.kind !== "flag") return deed;
  return { ...deed, role: deed.role === "client" ? "Client" : "Service" };
}

/** One line that defines the functions: a block of several ones would end at its first empty line. */
function bootstrap(): string {
  const text = files.map((file) => readFileSync(file, "utf8")).join("\n");
  return `. ([scriptblock]::Create([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${toBase64(text)}'))))`;
}

function toBase64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}

function fromBase64(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}
