/** When a disk is full, as SQLite and as the system says it. */

/** `SQLITE_IOERR_SHMSIZE`: there is no room for the index of the write-ahead log. */
const CODES: ReadonlySet<unknown> = new Set(["SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "ENOSPC", "EDQUOT"]);

export const isFull = (error: unknown): boolean =>
  error instanceof Error && "code" in error && CODES.has(error.code);
