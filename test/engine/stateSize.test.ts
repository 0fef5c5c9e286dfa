import assert from "node:assert/strict";
import { handle } from "../../providers/pulumi/handle";
import { kinds } from "./declared";
import { inOneStack } from "./stack";

/** What Pulumi's state may hold of a resource beside the user's own lists, both handles included. */
const budget = 2048;

describe("A resource in Pulumi's state", () => {
  const stack = inOneStack();
  const size = (value: unknown): number => JSON.stringify(value).length;

  for (const kind of kinds)
    it(`is small: a ${kind}`, async function () {
      const { inputs, outputs } = await stack.create(kind, await stack.host());
      const lists = ["delegateComputers", "targets"].flatMap((name) =>
        [inputs[name], outputs[name]].filter((list) => list !== undefined),
      );
      const { entries } = outputs["before"] as { readonly entries?: object };
      const bytes = size(inputs) + size(outputs);
      const users = lists.reduce<number>((sum, list) => sum + size(list), 0);
      const beside = bytes - users - (entries ? size(entries) : 0);
      if (this.test)
        this.test.title += `, ${bytes} bytes, ${beside} beside the user's lists, of which handles ${2 * size(handle(kind))}`;
      assert.ok(beside < budget, `${beside} bytes`);
    });

  it("grows with the user's lists only", async () => {
    const names = Array.from({ length: 50 }, (_, n) => `web${n}.do.local`);
    const host = await stack.host();
    const few = await stack.create("CredSSPClient", host, {
      delegateComputers: names.slice(0, 1),
    });
    const many = await stack.create("CredSSPClient", host, {
      delegateComputers: names,
    });
    const more =
      size([many.inputs, many.outputs]) - size([few.inputs, few.outputs]);
    // Each name stands in the inputs, in the outputs, and with what was there before it.
    assert.ok(more < 3 * size(names) + 50 * size(":absent,"), `${more} bytes`);
  });
});
