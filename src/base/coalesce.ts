/**
 * Coalescing: while a piece of work runs, all who ask for it anew share the one run that follows. So whoever asks gets
 * a run that began after they asked, and at most one waits however many ask.
 */
export function coalesce(work: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;
  return () => {
    next ??= current
      .catch(() => {
        // Told to those who asked for that run.
      })
      .then(() => {
        current = next ?? current;
        next = null;
        return work();
      });
    return next;
  };
}
