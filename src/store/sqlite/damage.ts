/** When the file of a database is not what SQLite has written. */
import { failed } from "../../base/errors.ts";

const CODES = /^SQLITE_(NOTADB|CORRUPT)/;

/** Whether the error, or what it comes of, says that the file is no database, or a broken one. */
export const isDamage = (error: unknown): boolean =>
  error instanceof Error && (("code" in error && CODES.test(String(error.code))) || isDamage(error.cause));

/** `failed`, with what to do about it. */
export const damaged = (file: string, cause: unknown): Error =>
  failed(`${file} is damaged: put it back from a backup, without lodge.db-wal and lodge.db-shm`, { cause });
