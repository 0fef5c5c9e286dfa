import fc from "fast-check";
import { property } from "./property";

const { CREDSSP_TEST_RUNS, CREDSSP_TEST_SEED, CREDSSP_TEST_PATH } = process.env;

describe("hosts with many stacks, crashes and other people's hands", () => {
  // The same fleets each time, so that a change is to blame when it fails; `npm run simulate` hunts on.
  it("lose nothing of others, have what was declared, and end as before", async () => {
    await fc.assert(property, {
      numRuns: Number(CREDSSP_TEST_RUNS ?? 300),
      seed: Number(CREDSSP_TEST_SEED ?? 1),
      ...(CREDSSP_TEST_PATH !== undefined && {
        path: CREDSSP_TEST_PATH,
        endOnFailure: true,
      }),
    });
  }).timeout(0);
});
