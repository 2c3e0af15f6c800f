/** What is brought to stable storage, for tests: a loss of power cannot be had, but what comes before it can be seen. */
import { readlinkSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { TestContext } from "node:test";

/** A sync of a file or folder that came about: by what name it was known then, and what `look` saw at that moment. */
export type Sync<T> = { readonly path: string; readonly seen: T };

/**
 * Notes every sync of this process (fsync(2), fdatasync(2)) through a file handle until the test ends, in their order. They
 * are done all the same.
 *
 * @param look is called at each sync, before it is done
 */
export async function noteSyncs<T>(context: TestContext, look: () => T): Promise<Sync<T>[]> {
  const file = await open("/dev/null", "r");
  const prototype = Object.getPrototypeOf(file) as Pick<FileHandle, "sync" | "datasync">;
  await file.close();
  const syncs: Sync<T>[] = [];
  for (const name of ["sync", "datasync"] as const) {
    const real = prototype[name];
    context.mock.method(prototype, name, function noting(this: FileHandle) {
      syncs.push({ path: readlinkSync(`/proc/self/fd/${this.fd}`), seen: look() });
      return real.call(this);
    });
  }
  return syncs;
}
