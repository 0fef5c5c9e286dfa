/**
 * Makes a queue per key: work for one key is done one after the other, in the order
 * in which it came; work for different keys does not wait. A failure is its caller's
 * and does not stop the queue.
 */
export function inTurn(): <T>(
  key: string,
  work: () => Promise<T>,
) => Promise<T> {
  const tails = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = tails.get(key);
    const mine = before === undefined ? work() : before.then(work);
    const tail = mine.catch(() => undefined);
    tails.set(key, tail);
    try {
      return await mine;
    } finally {
      // The last in the queue takes it away, or a fleet's keys would stay for ever.
      if (tails.get(key) === tail) tails.delete(key);
    }
  };
}
