import assert from "node:assert/strict";
import { needPulumi, tier } from "../support/tiers";
import { client, foreign, makeDemoFleet, servers } from "./demoFleet";
import { changes, drift, succeeded } from "./events";
import type { TestFleet } from "./fleet";
import { observables } from "./observable";
import { TestStack } from "./stack";

const [cm12] = servers;
const shared = "*.do.local";

/** Whose stack it is: the two are alike in everything else, down to the name of project and stack. */
type Owner = "platform" | "databases";

/** What only this stack delegates to. */
const ownDelegate = (owner: Owner): string => `${owner}.corp.example`;

const orders: readonly (readonly [first: Owner, last: Owner])[] = [
  ["platform", "databases"],
  ["databases", "platform"],
];

tier("stack: two stacks that share a host", needPulumi(), (found) => {
  let stacks: Readonly<Record<Owner, TestStack>>;
  let fleet: TestFleet;
  let snapshot: unknown;

  const declare = (owner: Owner): Promise<void> =>
    stacks[owner].configure({
      owner,
      connection: { transport: "simulated", fleet: fleet.folder },
      servers: [cm12],
      clients: [
        { host: client, delegateComputers: [shared, ownDelegate(owner)] },
      ],
    });
  /** What the client delegates to, as Windows acts on it: in lower case and sorted. */
  const effective = async (): Promise<readonly string[]> =>
    (await fleet.standing(client)).delegates;
  /** What it should delegate to, in the same way. */
  const delegating = (...names: readonly string[]): readonly string[] =>
    [foreign.toLowerCase(), ...names.map((name) => `wsman/${name}`)].sort();
  const bothRolesAreOn = async (): Promise<void> => {
    assert.equal((await fleet.standing(client)).client, true);
    assert.equal((await fleet.standing(cm12)).service, true);
  };
  const seesNothingToDo = async (owner: Owner): Promise<void> => {
    const shown = succeeded(await stacks[owner].preview({ refresh: true }));
    assert.deepEqual(drift(shown), {});
    assert.deepEqual(changes(shown), []);
  };

  before(async function () {
    this.timeout(60_000);
    stacks = {
      platform: await TestStack.open(found),
      databases: await TestStack.open(found),
    };
    fleet = stacks.platform.fleet;
    await makeDemoFleet(stacks.platform);
    snapshot = await observables(fleet);
    await declare("platform");
    await declare("databases");
  });
  after(async () => {
    await stacks.platform.close();
    await stacks.databases.close();
  });

  for (const [first, last] of orders) {
    const made = first === "platform" ? "made" : "joined";
    it(`keeps what one declared when the other, who ${made} the entry, is destroyed`, async () => {
      succeeded(await stacks.platform.up());
      succeeded(await stacks.databases.up());
      succeeded(await stacks.platform.refresh({ expectNoChanges: true }));

      succeeded(await stacks[first].destroy());
      assert.deepEqual(
        await effective(),
        delegating(shared, ownDelegate(last)),
      );
      await bothRolesAreOn();
      await seesNothingToDo(last);

      succeeded(await stacks[last].destroy());
      assert.deepEqual(await observables(fleet), snapshot);
    }).timeout(120_000);
  }
});
