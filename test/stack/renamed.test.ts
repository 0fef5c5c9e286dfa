import assert from "node:assert/strict";
import { needPulumi, tier } from "../support/tiers";
import { client, makeDemoFleet } from "./demoFleet";
import { changes, succeeded } from "./events";
import { observables } from "./observable";
import { program, TestStack, type Config } from "./stack";

/** A step of a life: what the program declares, what Pulumi does about it, and who owns the host then. */
interface Step {
  readonly title: string;
  readonly config: Config;
  readonly does: readonly string[];
  readonly owner: RegExp;
}

const steps: readonly Step[] = [
  {
    title: "by an alias",
    config: { name: "management", former: "orch" },
    does: ["update management"],
    owner: /:CredSSPClient::management$/,
  },
  {
    title: "no further when the alias goes",
    config: { name: "management" },
    does: [],
    owner: /:CredSSPClient::management$/,
  },
  {
    title: "by a component that it moves into",
    config: { name: "management", moved: true },
    does: ["update management"],
    owner: /::their:Team\$pulumi-nodejs:.*:CredSSPClient::management$/,
  },
  {
    title: "without an alias, so that Pulumi makes it anew and deletes the old",
    config: { name: "jump" },
    does: ["create jump", "delete management"],
    owner: /::pulumi-nodejs:.*:CredSSPClient::jump$/,
  },
];

/** One stack; each case goes on where the one before it ended. */
tier("stack: a client that is renamed", needPulumi(), (found) => {
  let stack: TestStack;
  let snapshot: unknown;
  let declared: unknown;

  before(async function () {
    this.timeout(60_000);
    stack = await TestStack.open(found, program("aliased"));
    await makeDemoFleet(stack);
    snapshot = await observables(stack.fleet);
    await stack.configure({ name: "orch" });
    succeeded(await stack.up());
    declared = await stack.fleet.withoutLedger(client);
  });
  after(() => stack.close());

  for (const { title, config, does, owner } of steps) {
    it(`leaves its host as it is and has one owner there: ${title}`, async () => {
      await stack.configure(config);
      const renamed = succeeded(await stack.up());
      assert.deepEqual(
        changes(renamed).filter((change) => !change.endsWith(" team")),
        does,
      );
      assert.deepEqual(await stack.fleet.withoutLedger(client), declared);
      const { owners } = await stack.fleet.records(client);
      assert.equal(owners.length, 1, owners.join("\n"));
      assert.match(owners[0] ?? "", owner);
      succeeded(await stack.preview({ expectNoChanges: true, refresh: true }));
    }).timeout(60_000);
  }

  it("leaves the host as it was before when it is destroyed under its last name", async () => {
    succeeded(await stack.destroy());
    assert.deepEqual(await observables(stack.fleet), snapshot);
  }).timeout(60_000);
});
