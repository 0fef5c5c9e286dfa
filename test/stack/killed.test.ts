import { ConcurrentUpdateError } from "@pulumi/pulumi/automation";
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { needPulumi, tier } from "../support/tiers";
import { client, makeDemoFleet, servers } from "./demoFleet";
import { changes, complaints, succeeded } from "./events";
import { observables } from "./observable";
import { killIn, untilNoneIn } from "./processes";
import { simulated, TestStack, type Ran } from "./stack";

const provider = "dynamic-provider";
const [fresh] = servers;

tier("stack: an up that is killed", needPulumi(), (found) => {
  let stack: TestStack;
  let snapshot: unknown;

  /** Begins an up that makes a host a client, and waits until the role is on, though not yet the entry. */
  const begin = async (
    host: string,
  ): Promise<{ readonly up: Promise<Ran> }> => {
    await stack.configure({
      connection: simulated,
      clients: [{ host, delegateComputers: ["*.do.local"] }],
    });
    await stack.fleet.run("fault", host, "policyDelayMs=100000000");
    const up = stack.up();
    await stack.fleet.until(host, ({ winrm }) => winrm.clientCredSSP);
    return { up };
  };
  /** Kills processes of a run, and waits until all of it has ended. */
  const kill = async (
    up: Promise<Ran>,
    ...words: readonly string[]
  ): Promise<void> => {
    await killIn(stack.folder, ...words);
    assert.ok((await up).error);
    await untilNoneIn(stack.folder);
    assert.deepEqual(await stack.state(), {});
  };
  /** What was declared is on the host, or on its way there. */
  const delegatesFrom = async (host: string): Promise<void> => {
    const standing = await stack.fleet.standing(host);
    assert.equal(standing.client, true);
    const { delegates } = standing;
    assert.ok(delegates.includes("wsman/*.do.local"), delegates.join("\n"));
  };
  /** The next up ends what the killed one began, and destroy undoes both. */
  const goesOn = async (host: string): Promise<void> => {
    await stack.fleet.run("fault", host, "policyDelayMs=off");
    assert.deepEqual(complaints(succeeded(await stack.up())), []);
    await delegatesFrom(host);
    succeeded(await stack.preview({ expectNoChanges: true, refresh: true }));
    succeeded(await stack.destroy());
    assert.deepEqual(await observables(stack.fleet), snapshot);
  };

  before(function () {
    if (process.platform !== "linux") this.skip();
  });
  beforeEach(async function () {
    this.timeout(60_000);
    stack = await TestStack.open(found);
    await makeDemoFleet(stack);
    snapshot = await observables(stack.fleet);
  });
  afterEach(() => stack.close());

  // On a fresh host Enable-WSManCredSSP does not wait for its entries to come to HKLM: we do.
  it("fails when its provider is killed between two steps, and the next up goes on", async () => {
    const { up } = await begin(fresh);
    await stack.fleet.untilFree(fresh);
    await kill(up, provider);
    await goesOn(fresh);
  }).timeout(120_000);

  // Where there are entries already it waits itself, and who is killed then leaves the host locked.
  it("stays locked when pulumi is killed too in the middle of a step, and goes on after pulumi cancel", async () => {
    const { up } = await begin(client);
    await kill(up, provider, found.command);
    assert.ok(stack.fleet.isLocked(client));
    const { error } = await stack.up();
    assert.ok(error instanceof ConcurrentUpdateError, String(error));
    await stack.cancel();
    await goesOn(client);
  }).timeout(120_000);

  for (const [moment, host] of [
    ["between two steps", fresh],
    ["in the middle of a step", client],
  ] as const) {
    it(`leaves what it did to \`ledger release\` when it was killed ${moment} and its resource leaves the program`, async () => {
      const { up } = await begin(host);
      if (host === fresh) await stack.fleet.untilFree(host);
      await kill(up, provider, found.command);
      if (host === client) assert.ok(stack.fleet.isLocked(host));
      await stack.cancel();
      await stack.fleet.run("fault", host, "policyDelayMs=off");
      const left = await observables(stack.fleet);
      await delegatesFrom(host);

      await stack.configure({ connection: simulated });
      assert.deepEqual(changes(succeeded(await stack.up())), []);
      succeeded(await stack.destroy());
      assert.deepEqual(await observables(stack.fleet), left);

      const { owners, records } = await stack.fleet.records(host);
      const [owner = ""] = owners;
      assert.match(owner, new RegExp(`:CredSSPClient::${host}$`));
      assert.deepEqual(owners, [owner]);
      const shown = records.map(({ kind, before }) => [kind, before]);
      for (const one of [
        ["role", "off"],
        ["entry", "absent"],
      ]) {
        assert.ok(
          shown.some((record) => isDeepStrictEqual(record, one)),
          JSON.stringify(shown),
        );
      }
      await stack.fleet.ledger("release", owner, host);
      assert.deepEqual(await observables(stack.fleet), snapshot);
      assert.deepEqual((await stack.fleet.records(host)).owners, []);
    }).timeout(120_000);
  }
});
