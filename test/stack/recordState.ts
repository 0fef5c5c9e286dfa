/**
 * Records the state of today's version, for the version after it:
 *
 *     npm run build
 *     CREDSSP_TEST_PULUMI=... node -r ts-node/register/transpile-only test/stack/recordState.ts v2
 *
 * Done once for each number of the outputs' shape, before the release. A state that
 * is there already is refused: old states are never made again.
 */
import { needPulumi } from "../support/tiers";
import { demoConfig, makeDemoFleet } from "./demoFleet";
import { succeeded } from "./events";
import { keepFleet, keepState, stateNames } from "./oldStates";
import { TestStack } from "./stack";

async function record(name: string | undefined): Promise<void> {
  if (name === undefined || !/^v\d+$/.test(name)) {
    throw new Error("Which state? Such as v2.");
  }
  if (stateNames().includes(name)) {
    throw new Error(
      `${name} is there already, and old states stay as they are.`,
    );
  }
  const need = needPulumi();
  if ("lack" in need) throw new Error(need.lack);
  const stack = await TestStack.open(need.have);
  try {
    await makeDemoFleet(stack);
    await keepFleet(stack, name, "before");
    await stack.configure(demoConfig());
    succeeded(await stack.up());
    await keepFleet(stack, name, "after");
    await keepState(name, await stack.export(), demoConfig());
  } finally {
    await stack.close();
  }
}

record(process.argv[2]).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
