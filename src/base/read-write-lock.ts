/**
 * Who may do what with a drive at the same time: any number read and write; who resizes it, destroys it or hands it to
 * a server is alone with it. First come, first served, so that nobody waits for ever.
 */

export type Use = "read" | "write";

export type Gate = {
  /** Does `work` beside other readers and writers, once whoever is alone with the drive is done. */
  share<T>(uuid: string, use: Use, work: () => Promise<T>): Promise<T>;
  /** Does `work` alone, once everyone who came before is done. */
  alone<T>(uuid: string, work: () => Promise<T>): Promise<T>;
  /** Whether somebody writes, or waits to. */
  isWritten(uuid: string): boolean;
};

type Queue = {
  /** Settles when all that came so far is done: what who wants to be alone waits for. */
  all: Promise<void>;
  /** Settles when the last who wanted to be alone is done: what the others wait for. */
  last: Promise<void>;
  waiting: number;
  writers: number;
};

export function openGate(): Gate {
  const queues = new Map<string, Queue>();

  function queueOf(uuid: string): Queue {
    const known = queues.get(uuid);
    if (known !== undefined) return known;
    const queue: Queue = { all: Promise.resolve(), last: Promise.resolve(), waiting: 0, writers: 0 };
    queues.set(uuid, queue);
    return queue;
  }

  /** Does `work` after `before`, and forgets the queue when nobody is left in it. */
  async function after<T>(
    before: Promise<void>,
    uuid: string,
    queue: Queue,
    work: () => Promise<T>,
  ): Promise<T> {
    queue.waiting++;
    try {
      await before;
      return await work();
    } finally {
      queue.waiting--;
      if (queue.waiting === 0) queues.delete(uuid);
    }
  }

  return {
    share(uuid, use, work) {
      const queue = queueOf(uuid);
      const weight = use === "write" ? 1 : 0;
      queue.writers += weight;
      const done = after(queue.last, uuid, queue, work).finally(() => {
        queue.writers -= weight;
      });
      queue.all = settled(queue.all, done);
      return done;
    },
    alone(uuid, work) {
      const queue = queueOf(uuid);
      const done = after(queue.all, uuid, queue, work);
      queue.last = queue.all = settled(done);
      return done;
    },
    isWritten: (uuid) => (queues.get(uuid)?.writers ?? 0) > 0,
  };
}

/** Settles when all of them have, and keeps nothing of what they came to. */
async function settled(...promises: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(promises);
}
