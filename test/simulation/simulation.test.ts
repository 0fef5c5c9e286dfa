import fc from "fast-check";
import { property } from "./property";

describe("hosts with many stacks, crashes and other people's hands", () => {
  it("lose nothing of others, have what was declared, and end as before", async () => {
    await fc.assert(property, {
      numRuns: Number(process.env["CREDSSP_TEST_RUNS"] ?? 300),
    });
  }).timeout(0);
});
