import type { Clock } from "../clock";

/**
 * A clock that only moves when somebody waits, and then at once: a minute of
 * looking for a policy costs nothing.
 */
export function virtualClock(start = Date.UTC(2026, 0, 1)): Clock {
  let time = start;
  return {
    now: () => time,
    wait: (ms) => {
      time += ms;
      return Promise.resolve();
    },
    // Nothing here takes time but waiting.
    after: () => () => undefined,
  };
}
