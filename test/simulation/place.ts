import type { MemoryFleet } from "../../providers/host/simulated/memoryFleet";
import type { PolicyName } from "../../providers/model/policies";
import {
  assertAsBefore,
  assertExplained,
  assertForeign,
  lacking,
  mayBeDenied,
} from "./checks";
import { Hands } from "./hands";
import { Oracle } from "./oracle";
import { Site } from "./site";

/** A site with everything that works on it and watches it. */
export class Place {
  readonly site: Site;
  readonly oracle: Oracle;
  readonly hands: Hands;

  constructor(
    host: string,
    fleet: MemoryFleet,
    control: MemoryFleet,
    policies: readonly PolicyName[],
  ) {
    this.site = new Site(host, fleet, control, policies);
    this.oracle = new Oracle(this.site);
    this.hands = new Hands(this.site, this.oracle);
    this.site.onHands = () => this.lookForDrift();
  }

  /** Others have been at work, or soon will: who lacks something by now, or after a pass that is near, has drifted. */
  lookForDrift(isPassNear = false): void {
    for (const it of this.site.resources) {
      if (!it.isSteady) continue;
      it.isSteady =
        lacking(it, "now") === null &&
        !mayBeDenied(it) &&
        (!isPassNear || lacking(it, "after a pass") === null);
    }
  }

  /** What has to be so after every action. */
  assertPromises(): void {
    assertForeign(this.site, this.oracle, this.hands);
    assertExplained(this.site, this.oracle);
    if (this.site.known().length > 0 || this.oracle.mayOwe) return;
    // While local policy is off, a pass takes away what an earlier pass wrote, and leaves what we put back.
    if (this.site.here.computer.edition === "Core") return;
    this.oracle.settleDoubts();
    assertAsBefore(this.site);
  }
}
