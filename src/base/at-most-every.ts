/**
 * What is found out at most once in so long: whoever asks meanwhile, and while it is being found out, shares what came of
 * it, an error too. So what it costs does not depend on how many ask.
 */

/** @param ms counted from when it was found out */
export function atMostEvery<T>(ms: number, find: () => Promise<T>): () => Promise<T> {
  let last: Promise<T> | null = null;
  let freshUntilMs = Number.POSITIVE_INFINITY;
  return () => {
    if (last !== null && performance.now() < freshUntilMs) return last;
    freshUntilMs = Number.POSITIVE_INFINITY;
    const found = find().finally(() => {
      freshUntilMs = performance.now() + ms;
    });
    last = found;
    return found;
  };
}
