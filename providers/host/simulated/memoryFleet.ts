import { CredsspError, problem } from "../../model/errors";
import type { Batch } from "../../model/steps";
import type { Applied, Connect } from "../host";
import type { Cell } from "./apply";
import { virtualClock } from "./virtualClock";
import type { Clock } from "../clock";
import { simulatedHost } from "./host";
import type { Fleet } from "./host";
import { policyPass, settle } from "./policyPass";
import { freshHost } from "./state";
import type { HostState } from "./state";
import { inTurn } from "./turns";

/** A fleet in memory: for tests and benchmarks. */
export interface MemoryFleet {
  /** Connects to a host of this fleet, whatever the address says. */
  readonly connect: Connect;
  readonly clock: Clock;
  /** A host as it stands now. */
  state(host: string): HostState;
  /** Other people's hands: changes a host at once, without its lock, and adds it where it is new. */
  edit(host: string, change: (state: HostState) => HostState): void;
  /** What `gpupdate /force` does on a host. */
  updatePolicy(host: string): void;
}

/** What a memory fleet can be told. */
export interface MemoryFleetOptions {
  /** @default a virtual clock of its own */
  readonly clock?: Clock;
  /** Hears of every batch that came to a host, with how it ended: for tests that expect exact steps. */
  readonly onApply?: (host: string, batch: Batch, applied: Applied) => void;
}

/**
 * Makes a fleet in memory: of declared names, which become fresh hosts, or of whole
 * states. A host that is not there gives CREDSSP201, as in a folder.
 */
export function createMemoryFleet(
  hosts: readonly string[] | Readonly<Record<string, HostState>>,
  options: MemoryFleetOptions = {},
): MemoryFleet {
  const clock = options.clock ?? virtualClock();
  const cells = new Map<string, Cell>();
  const put = (host: string, state: HostState): void => {
    cells.set(host.toLowerCase(), { state, save: () => Promise.resolve() });
  };
  if (isNames(hosts)) for (const host of hosts) put(host, freshHost(host));
  else for (const [host, state] of Object.entries(hosts)) put(host, state);

  const cellOf = (host: string): Cell =>
    cells.get(host.toLowerCase()) ?? missing(host, cells);
  const turn = inTurn();
  const fleet: Fleet = {
    // Async, so that a missing host rejects, as in a folder.
    read: async (host) => cellOf(host).state,
    change: (host, work) => turn(host.toLowerCase(), () => work(cellOf(host))),
  };
  return {
    clock,
    connect: (host) => {
      const simulated = simulatedHost(fleet, host, clock);
      return {
        observe: () => simulated.observe(),
        apply: async (batch, planned) => {
          const applied = await simulated.apply(batch, planned);
          options.onApply?.(host, batch, applied);
          return applied;
        },
      };
    },
    state: (host) => settle(cellOf(host).state, clock.now()),
    edit: (host, change) => {
      const cell = cells.get(host.toLowerCase());
      if (cell === undefined) put(host, change(freshHost(host)));
      else cell.state = change(settle(cell.state, clock.now()));
    },
    updatePolicy: (host) => {
      const cell = cellOf(host);
      cell.state = policyPass(cell.state);
    },
  };
}

function isNames(
  hosts: readonly string[] | Readonly<Record<string, HostState>>,
): hosts is readonly string[] {
  return Array.isArray(hosts);
}

function missing(host: string, cells: ReadonlyMap<string, Cell>): never {
  throw new CredsspError(
    "Finding the host",
    host,
    problem("CREDSSP201", {
      found: cells.size === 0 ? "no host" : `${cells.size} other hosts`,
      file: `${host.toLowerCase()}.json`,
    }),
  );
}
