/**
 * Standard output and standard error when nobody takes them: a pipe whose reader has gone (`| head -1`), a full disk. Either
 * way the work goes on to its end, and the exit status tells what was lost.
 */

/** Standard output did not take what was written to it. */
export class OutputFailure extends Error {
  override readonly name = "OutputFailure";
  /** Whoever read the output has gone: they need not be told. */
  readonly hasNoReader: boolean;

  constructor(cause: NodeJS.ErrnoException) {
    super(`standard output cannot be written: ${cause.message}`, { cause });
    this.hasNoReader = cause.code === "EPIPE";
  }
}

/** What a program prints: what it is there for, or only how far it has come, which a reader may leave. */
export type Printed = "result" | "progress";

/**
 * Keeps a failure of standard output or standard error from ending the process in the midst of its work. A result that did
 * not arrive makes the exit status 1, and so does progress, unless its reader has gone; at the end `tell` says why, where
 * there is somebody to tell.
 */
export function outliveOutputs(printed: Printed, tell: (failure: OutputFailure) => void): void {
  let failure: OutputFailure | null = null;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    failure ??= new OutputFailure(error);
  });
  // Nobody can be told; the exit status says what it would have said without.
  process.stderr.on("error", () => {});
  process.once("exit", () => {
    if (failure === null || (printed === "progress" && failure.hasNoReader)) return;
    process.exitCode ||= 1;
    if (!failure.hasNoReader) tell(failure);
  });
}

/** Writes to standard output and waits until that has taken it. Errors: `OutputFailure`. */
export function writeOut(content: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(content, (error) => (error ? reject(new OutputFailure(error)) : resolve()));
  });
}
