import type { Address, Connect, Host } from "../host/host";

/** One host, and the queue of those in this process who want to change it. */
export interface Turnstile {
  readonly host: Host;
  /** Runs the work when all that came before it on this host is over. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * The hosts of a process, each once. The queue holds a whole reconcile, from
 * look to verification, so that resources of one `up` never make each other stale.
 */
export function poolOf(
  connect: Connect,
): (name: string, address: Address) => Turnstile {
  const pool = new Map<string, Turnstile>();
  return (name, address) => {
    const key = JSON.stringify([name, address]);
    const known = pool.get(key);
    if (known) return known;
    const made = turnstile(connect(name, address));
    pool.set(key, made);
    return made;
  };
}

function turnstile(host: Host): Turnstile {
  let last: Promise<unknown> = Promise.resolve();
  return {
    host,
    inTurn: (work) => {
      const mine = last.then(work);
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}
