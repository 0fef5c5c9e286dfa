import assert from "node:assert/strict";
import { createMemoryFleet } from "../../providers/host/simulated/memoryFleet";
import { providersFor } from "../../providers/pulumi/provider";
import type { Action, Change, Hand } from "./actions";
import type { Start } from "./arbitraries";
import { begin } from "./beginning";
import { assertAsBefore } from "./checks";
import { Declared, definitions } from "./declared";
import { Operations } from "./operations";
import { Place } from "./place";
import { Sabotage } from "./sabotage";
import { countIn, stores } from "./site";

type Up = Extract<Action, { what: "up" }>;
type Stack = readonly Declared[];

/** Everything of one run: a fleet, the same fleet without us, and our stacks. */
export class Simulation {
  private readonly places: readonly Place[];
  private readonly stacks: readonly Stack[];
  /** One more resource a host, for the end: any run settles what a policy had kept us from switching off. */
  private readonly settlers: readonly Declared[];
  private readonly sabotage: Sabotage;
  private readonly operations: Operations;
  private images = 0;

  constructor(given: Start) {
    const hosts = given.hosts.map((_, i) => `host${i}.do.local`);
    const fleet = createMemoryFleet(hosts);
    const control = createMemoryFleet(hosts);
    this.sabotage = new Sabotage(fleet.connect, (host) => {
      const place = this.places.find(({ site }) => site.host === host);
      place?.hands.add("AllowFreshCredentials", "TERMSRV/new01", "editor");
    });
    this.operations = new Operations(this.sabotage);
    let ids = 1;
    const make = providersFor({
      connect: this.sabotage.connect,
      clock: fleet.clock,
      random: () => 0.5,
      newId: () => `ledger-${ids++}`,
      log: { progress: () => undefined, warning: () => undefined },
      environment: {},
    });
    const providers = {
      client: make(definitions.client),
      policy: make(definitions.policy),
      server: make(definitions.server),
    };
    this.places = given.hosts.map((start, i) => {
      const host = hosts[i] ?? "";
      const place = new Place(host, fleet, control, given.policies);
      place.site.everywhere((state) => begin(state, start, given.policies));
      place.oracle.wasPending = start.isPending;
      return place;
    });
    this.stacks = given.stacks.map((slots, stack) =>
      slots.map(({ kind, host, policy }, slot) => {
        const { site } = around(this.places, host);
        const name = `stack-${stack}/${kind}-${slot}`;
        const about = around(given.policies, policy);
        const it = new Declared(name, kind, site, about, providers[kind]);
        site.resources.push(it);
        return it;
      }),
    );
    this.settlers = this.places.map(({ site }) => {
      const fresh = "AllowFreshCredentials";
      return new Declared("settler", "server", site, fresh, providers.server);
    });
  }

  async act(one: Action): Promise<void> {
    switch (one.what) {
      case "up":
        await this.up(one);
        break;
      case "destroy":
        await this.destroy(around(this.stacks, one.stack), one.crash);
        break;
      case "refresh":
        for (const it of around(this.stacks, one.stack)) {
          if (!(await this.operations.refresh(it))) break;
        }
        break;
      case "ledger is lost":
        await this.lose(around(this.places, one.host), one.how);
        break;
      default:
        around(this.places, one.host).hands.act(one);
    }
    for (const place of this.places) {
      place.assertPromises();
      await this.operations.assertUndisturbed(place);
    }
  }

  /** All stacks are destroyed, and what no state knows is released: every host is as before. */
  async end(): Promise<void> {
    for (const { hands } of this.places) hands.mend();
    for (const stack of this.stacks) await this.destroy(stack, null);
    for (const it of this.stacks.flat()) {
      await this.operations.release(it, this.placeOf(it));
    }
    for (const place of this.places) {
      place.hands.liftRules();
      if (place.oracle.mayOwe) await this.settle(place);
      place.oracle.settleDoubts();
      assertAsBefore(place.site);
    }
  }

  private async settle(place: Place): Promise<void> {
    const it = this.settlers[this.places.indexOf(place)];
    assert.ok(it);
    place.site.resources.push(it);
    it.wish = nothingSpecial;
    assert.ok(await this.operations.up(it, place, false, false));
    assert.ok(await this.operations.destroy(it, place));
  }

  /** `pulumi up`: resource by resource as the program has them, then what left the program; the first failure ends it. */
  private async up({ stack, changes, refresh, ...break_ }: Up): Promise<void> {
    const resources = around(this.stacks, stack);
    const renamed = new Set(changes.flatMap((one) => edit(resources, one)));
    this.arm(break_.crash, break_.staleAt);
    await this.converge(resources, renamed, refresh);
    this.sabotage.disarm();
  }

  private async converge(
    resources: Stack,
    renamed: ReadonlySet<Declared>,
    refresh: boolean,
  ): Promise<boolean> {
    for (const it of resources) {
      if (it.wish === null) continue;
      const place = this.placeOf(it);
      const isRenamed = renamed.has(it);
      if (!(await this.operations.up(it, place, isRenamed, refresh))) {
        return false;
      }
    }
    const gone = resources.filter((it) => it.wish === null);
    for (const it of gone.reverse()) {
      if (it.outputs === null) continue;
      if (!(await this.operations.destroy(it, this.placeOf(it)))) return false;
    }
    return true;
  }

  /** `pulumi destroy`: in reverse, until something fails. */
  private async destroy(stack: Stack, crash: Up["crash"]): Promise<void> {
    this.arm(crash, null);
    for (const it of [...stack].reverse()) {
      if (it.outputs === null) continue;
      if (!(await this.operations.destroy(it, this.placeOf(it)))) break;
    }
    this.sabotage.disarm();
    for (const it of stack) it.wish = null;
  }

  private arm(crash: Up["crash"], staleAt: number | null): void {
    this.sabotage.arm(crash, staleAt);
    // A cmdlet of ours may bring the pass.
    for (const place of this.places) place.lookForDrift(true);
  }

  /** A ledger is gone; everything of ours is refreshed and claimed again at once. */
  private async lose(
    place: Place,
    how: Extract<Hand, { what: "ledger is lost" }>["how"],
  ): Promise<void> {
    const { site, oracle } = place;
    // What is owed, and which live copy of a pending entry is ours, only the ledger knows.
    if (oracle.mayOwe || oracle.wasPending || oracle.hasAdopted) return;
    const ours = site.known();
    // Only the ledger knows what a resource holds that is not steady, and what was taken away.
    if (ours.some((it) => !it.isSteady || it.isUncertain || it.isExclusive)) {
      return;
    }
    if (site.here.faults.unreachable === true) return;
    // Which of several instances is ours, too.
    const isTwice = ({ policy, entries }: Declared): boolean =>
      policy !== null &&
      entries.some((key) =>
        stores.some((store) => countIn(site.here, store, policy, key) > 1),
      );
    if (ours.some(isTwice)) return;
    for (const it of ours) await it.refresh();
    if (how === "deleted") {
      site.editHere((state) => ({ ...state, ledger: null }));
    } else {
      this.images++;
      site.everywhere((state) => ({
        ...state,
        computer: { ...state.computer, machineGuid: `machine-${this.images}` },
      }));
      // A ledger that nobody claims again is of no host any more.
      if (ours.length === 0) return;
    }
    oracle.isDwordLost = true;
    oracle.forgetNewcomers();
    for (const it of ours) {
      await it.refresh();
      await it.converge();
      await it.refresh();
      assert.equal(await it.differs(), false, `${it.name} is not claimed`);
    }
  }

  private placeOf(it: Declared): Place {
    const found = this.places.find(({ site }) => site === it.site);
    assert.ok(found);
    return found;
  }
}

const nothingSpecial = {
  targets: [],
  enabled: true,
  concatenate: null,
  exclusive: false,
  adopt: false,
  broad: false,
  vulnerable: true,
  starts: true,
};

/** Somebody edits a program; those that are renamed. */
function edit(resources: Stack, { slot, wish, rename }: Change): Stack {
  const it = around(resources, slot);
  it.wish = wish;
  return rename ? [it] : [];
}

/** The one at a number that goes round. */
function around<T>(all: readonly T[], number: number): T {
  const found = all[number % all.length];
  assert.ok(found !== undefined);
  return found;
}
