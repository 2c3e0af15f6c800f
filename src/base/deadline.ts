/** What the work answers, or what `otherwise` does when that takes longer than `timeoutMs`. Errors: the work's. */
export async function within<T>(timeoutMs: number, work: Promise<T>, otherwise: () => T): Promise<T> {
  const { promise: late, resolve } = Promise.withResolvers<T>();
  const timer = setTimeout(() => resolve(otherwise()), timeoutMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
