import assert from "node:assert/strict";
import { factsOf } from "../../providers/host/simulated/observe";
import { needPulumi, tier } from "../support/tiers";
import { complaints, succeeded } from "./events";
import { observable } from "./observable";
import { processesIn, untilNoneIn } from "./processes";
import { simulated, TestStack, type Ran } from "./stack";

const host = "orch01.do.local";

tier("stack: an up that is stopped", needPulumi(), (found) => {
  let stack: TestStack;
  let snapshot: unknown;

  /** Begins an up and waits until it is in the middle of changing the host. */
  const begin = async (
    policyTimeoutSeconds: number,
    signal?: AbortSignal,
  ): Promise<{ readonly up: Promise<Ran> }> => {
    await stack.configure({
      connection: simulated,
      clients: [
        { host, delegateComputers: ["*.do.local"], policyTimeoutSeconds },
      ],
    });
    const up = stack.up(signal ? { signal } : {});
    await stack.fleet.until(host, ({ localPolicy }) => localPolicy !== null);
    return { up };
  };

  before(function () {
    if (process.platform !== "linux") this.skip();
  });
  beforeEach(async function () {
    this.timeout(60_000);
    stack = await TestStack.open(found);
    await stack.fleet.run("new", host);
    snapshot = observable(await stack.fleet.host(host));
    await stack.fleet.run("fault", host, "policyNeverApplies=on");
    await stack.fleet.run("fault", host, "validateSeconds=1");
  });
  afterEach(() => stack.close());

  it("leaves no process behind after Ctrl-C, and destroy undoes what it did", async () => {
    const interrupt = new AbortController();
    const { up } = await begin(1, interrupt.signal);
    assert.ok((await processesIn(stack.folder)).length >= 3);
    interrupt.abort();
    assert.ok((await up).error);
    await untilNoneIn(stack.folder);
    succeeded(await stack.destroy());
    assert.deepEqual(observable(await stack.fleet.host(host)), snapshot);
  }).timeout(60_000);

  it("leaves no process behind when pulumi is killed, and the next up goes on", async () => {
    const { up } = await begin(60);
    const all = await processesIn(stack.folder);
    const pulumi = all.find(({ command }) => command.startsWith(found.command));
    assert.ok(pulumi, all.map(({ command }) => command).join("\n"));
    process.kill(pulumi.pid, "SIGKILL");
    assert.ok((await up).error);
    await untilNoneIn(stack.folder);

    await stack.fleet.run("fault", host, "policyNeverApplies=off");
    await stack.cancel();
    const ran = await stack.up();
    assert.deepEqual(complaints(succeeded(ran)), []);
    assert.equal(factsOf(await stack.fleet.host(host)).client.on, true);
    succeeded(await stack.preview({ expectNoChanges: true }));
    succeeded(await stack.destroy());
    assert.deepEqual(observable(await stack.fleet.host(host)), snapshot);
  }).timeout(120_000);
});
