import assert from "node:assert/strict";
import { Config } from "@pulumi/pulumi/cmd/dynamic-provider/config";
import { credsspServer } from "../../providers/credsspServer";
import { providersFor } from "../../providers/pulumi/provider";

describe("The stack's configuration", () => {
  it("is there as soon as Pulumi has handed it over, without waiting", () => {
    let read = (_key: string): string | undefined => assert.fail("not yet");
    const provider = providersFor({
      connect: () => assert.fail("nothing is to be opened"),
      clock: {
        now: () => 0,
        wait: () => assert.fail("nothing to wait for"),
        after: () => assert.fail("nothing takes long"),
      },
      log: { progress: () => undefined, warning: () => undefined },
      random: () => 0,
      newId: () => "",
      configured: (config) => (read = (key) => config.get(key)),
    })(credsspServer);
    const config = new Config({ "credssp:credentials": "{}" }, "project");
    // Pulumi's process lets other calls in while it waits for this one.
    void provider.configure({ config });
    assert.equal(read("credssp:credentials"), "{}");
  });
});
