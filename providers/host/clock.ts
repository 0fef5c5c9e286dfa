/** Time as a parameter: the real one here, a virtual one in tests and simulation. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after so many milliseconds. */
  wait(ms: number): Promise<void>;
  /** Calls back once when so many milliseconds have passed, unless what it gives is called before. */
  after(ms: number, callback: () => void): () => void;
}

/** The machine's own clock. */
export const realClock: Clock = {
  now: () => Date.now(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  after(ms, callback) {
    const timeout = setTimeout(callback, ms);
    return () => clearTimeout(timeout);
  },
};
