import fc from "fast-check";
import { actions, start } from "./arbitraries";
import { Simulation } from "./simulation";

/** How much a run of the property has done. */
export const counted = { steps: 0, runs: 0 };

/** From a fleet and what happens to it: every promise holds after each action, and at the end. */
export const property = fc.asyncProperty(
  start,
  actions,
  async (given, happening) => {
    const simulation = new Simulation(given);
    for (const one of happening) {
      await simulation.act(one);
      counted.steps++;
    }
    await simulation.end();
    counted.runs++;
  },
);
