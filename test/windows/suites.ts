import Mocha from "mocha";
import {
  createPowerShell,
  type PowerShellHosts,
} from "../../providers/host/powershell/powershell";
import { here } from "../../providers/host/powershell/channel";
import { findPowerShell } from "../../providers/host/powershell/executable";
import type { PowerShellAddress } from "../../providers/host/powershell/powershellHost";
import { contract, type Lacking } from "../host/contract";
import { lacking, WindowsBenches } from "./bench";
import { facts } from "./facts";
import type { Hands, Machine } from "./hands";
import type { Snapshot } from "./snapshot";

/** What a run of the suites works with. */
export interface Site {
  readonly hands: Hands;
  readonly machine: Machine;
  readonly saved: Snapshot;
  readonly env: NodeJS.ProcessEnv;
}

/** The contract suite over one way to this machine, or why it cannot be held. */
export interface Suite {
  readonly title: string;
  readonly lack: string | null;
  readonly host: string;
  readonly address: PowerShellAddress;
  readonly executable: string;
  readonly lacking: Lacking;
}

const editions = [
  { name: "Windows PowerShell 5.1", program: "powershell" },
  { name: "PowerShell 7", program: "pwsh" },
] as const;

/** The PowerShell of an edition on this machine, or null. */
export function findEdition(
  program: "powershell" | "pwsh",
  env: NodeJS.ProcessEnv,
): string | null {
  const found = findPowerShell(
    { ...env, CREDSSP_POWERSHELL: program },
    process.platform,
  );
  return "path" in found ? found.path : null;
}

/** Every suite: each edition on the machine itself, and over WinRM to itself. */
export async function suitesOn({
  hands,
  machine,
  env,
}: Omit<Site, "saved">): Promise<readonly Suite[]> {
  const hindrance = await hands.loopbackHindrance();
  const domainless =
    machine.domain === null
      ? { domainMember: "this machine is in no domain" }
      : {};
  return editions.flatMap(({ name, program }) => {
    const executable = findEdition(program, env);
    const missing = executable === null ? `${name} is not installed` : null;
    const common = { executable: executable ?? program };
    return [
      {
        ...common,
        title: `${name} on the machine itself (local)`,
        lack: missing,
        host: machine.computer,
        address: { transport: "local" } as const,
        lacking: { ...lacking, ...domainless },
      },
      {
        ...common,
        title: `${name} over WinRM to the machine itself (winrm)`,
        lack: missing ?? hindrance,
        host: "localhost",
        address: {
          transport: "winrm",
          useSSL: false,
          authentication: "Default",
        } as const,
        lacking: {
          ...lacking,
          ...domainless,
          service: "a host whose WinRM is stopped is not reached by WinRM",
        },
      },
    ];
  });
}

/** How a run ended, in mocha's counts. */
export interface Counts {
  readonly passes: number;
  readonly failures: number;
  readonly tests: number;
}

/** A run of suites that can be broken off. */
export interface Running {
  readonly ended: Promise<Counts>;
  /** Ends what is under way; the cases that have not run are left out. */
  stop(): void;
}

/** Holds the suites, in this process: whatever kills it ends them too. */
export function hold(
  suites: readonly Suite[],
  site: Site,
  grep: string | undefined,
): Running {
  const mocha = new Mocha({
    reporter: require.resolve("../support/closingLine.cjs"),
  });
  if (grep !== undefined) mocha.fgrep(grep);
  // What gives mocha's own files their describe and it.
  mocha.suite.emit("pre-require", globalThis, "", mocha);
  const benches = new WindowsBenches(site.hands, site.saved);
  const open = new Set<PowerShellHosts>();
  for (const suite of suites) {
    if (suite.lack === null) register(suite, benches, site.env, open);
    else it.skip(`${suite.title} (skipped: ${suite.lack})`);
  }
  facts(site.hands, benches, process.platform !== "win32");
  let runner: Mocha.Runner | undefined;
  const ended = new Promise<Counts>((resolve) => {
    runner = mocha.run(() => resolve(countsOf(runner)));
  });
  return {
    ended,
    stop() {
      runner?.abort();
      site.hands.close();
      for (const one of open) void one.close();
    },
  };
}

function countsOf(runner: Mocha.Runner | undefined): Counts {
  const { passes = 0, failures = 0, tests = 0 } = runner?.stats ?? {};
  return { passes, failures, tests };
}

function register(
  suite: Suite,
  benches: WindowsBenches,
  env: NodeJS.ProcessEnv,
  open: Set<PowerShellHosts>,
): void {
  describe(suite.title, () => {
    // Two PowerShells, so that two connections really work at one time. They serve every case.
    const shells: PowerShellHosts[] = [];
    before(() => {
      for (let i = 0; i < 2; i++) {
        const one = createPowerShell({
          ...here,
          env: { ...env, CREDSSP_POWERSHELL: suite.executable },
        });
        shells.push(one);
        open.add(one);
      }
    });
    after(async () => {
      await Promise.all(shells.map((shell) => shell.close()));
      for (const shell of shells) open.delete(shell);
    });
    contract(
      suite.title,
      () => {
        let connections = 0;
        return benches.make(() => {
          const shell = shells[connections++ % shells.length];
          if (shell === undefined) throw new Error("no PowerShell is open");
          return shell.connect(suite.host, suite.address);
        });
      },
      suite.lacking,
    );
  });
}
