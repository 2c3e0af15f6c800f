/** Waiting for several pieces of work, so that none of them still runs while a caller undoes what they did. */

/**
 * The results of all pieces, once every piece has ended.
 *
 * Errors: that of the first piece, in the order of the list, that failed; it is thrown once every piece has ended.
 */
export async function allSettled<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
