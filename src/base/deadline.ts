/** Deadlines: what is waited for is waited for so long and no longer, and what was late is named. */

/** Something took longer than it may. It may go on all the same: nobody waits for it any more. */
export class DeadlineExceeded extends Error {
  /** Who was late, and at what: a noun phrase, such as `the answer of QEMU 4711 to query-status`. */
  readonly what: string;
  readonly afterMs: number;

  constructor(what: string, afterMs: number, options?: ErrorOptions) {
    super(`${what} took longer than ${afterMs} ms`, options);
    this.name = "DeadlineExceeded";
    this.what = what;
    this.afterMs = afterMs;
  }
}

/** What the work answers. Errors: the work's; DeadlineExceeded, which names `what`, when it takes longer than `ms`. */
export function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  return withinOr(ms, work, () => {
    throw new DeadlineExceeded(what, ms);
  });
}

/** What the work answers, or what `otherwise` answers or throws when that takes longer than `ms`. Errors: the work's. */
export async function withinOr<T>(ms: number, work: Promise<T>, otherwise: () => T): Promise<T> {
  const { promise: late, resolve, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(() => {
    try {
      resolve(otherwise());
    } catch (error) {
      reject(error);
    }
  }, ms);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
