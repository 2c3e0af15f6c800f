/** Breaking off by Ctrl-C, so that a transfer can still say how to resume it. */

/** Aborts at the first Ctrl-C; the second ends the process at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  return controller.signal;
}
