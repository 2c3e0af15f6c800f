/** Awaits all of the work, also where some of it fails early: so that nothing of it goes on while it is undone. */
export async function allSettled<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
