/**
 * One cloud an identity a machine. A copied home, such as a restored backup, has the id of its original, and so its
 * runtime directory, its network and its servers: beside those, in the runtime directory, is a lock of who works with
 * them, and the name of the home that did so last.
 */
import { existsSync, readdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { replaceFileSync } from "./base/atomic-file.ts";
import { busy } from "./base/errors.ts";
import { takeLock } from "./base/file-lock.ts";
import { ensureFolder, PASSABLE } from "./base/folder.ts";
import { readJsonFile } from "./base/json-file.ts";

/** A home, by its folder, and by what stays the same where that is moved. */
const OWNER = z.object({ dir: z.string(), dev: z.number(), ino: z.number() });
type Owner = z.infer<typeof OWNER>;

const LOCK = "identity.lock";
const LAST = "home.json";

export type IdentityLockOptions = {
  /** The folder of the home. */
  readonly dir: string;
  /** The runtime directory of its id. */
  readonly runDir: string;
  /** Whether servers of that id run. */
  readonly runsServers: () => Promise<boolean>;
};

/**
 * Takes the identity until the function that it answers is called. Errors: `busy`, another home works with it, or did so
 * last, is still there, and its servers run; the file system's.
 */
export async function takeIdentity(options: IdentityLockOptions): Promise<() => void> {
  const { dir, runDir, runsServers } = options;
  ensureFolder(runDir, PASSABLE);
  const release = takeLock(join(runDir, LOCK));
  try {
    const last = lastOwner(runDir);
    const isOther = last !== null && !isHome(last, dir);
    if (release === null) throw taken(dir, isOther ? last.dir : dir, "works with it");
    if (isOther && isHome(last, last.dir) && (await runsServers()))
      throw taken(dir, last.dir, "has servers that run");
    const { dev, ino } = statSync(dir);
    replaceFileSync(join(runDir, LAST), JSON.stringify({ dir, dev, ino }), { mode: 0o600 });
  } catch (error) {
    release?.();
    throw error;
  }
  return () => {
    release?.();
    leave(runDir);
  };
}

/** The folder of the other home that works with the identity of this one, or did so last, and is still there; else null. */
export function otherHome({ dir, runDir }: Pick<IdentityLockOptions, "dir" | "runDir">): string | null {
  const last = lastOwner(runDir);
  return last !== null && !isHome(last, dir) && isHome(last, last.dir) ? last.dir : null;
}

/** What is said to whoever takes a copy of a home for its original. */
export function taken(dir: string, other: string, how: string): Error {
  const way = `A copy of a home becomes a cloud of its own by "lodge adopt --copy --home ${dir}"`;
  return busy(`${dir} has the identity of ${other}, which ${how} on this machine. ${way}`);
}

/** A file that is damaged names nobody. */
function lastOwner(runDir: string): Owner | null {
  try {
    return readJsonFile(join(runDir, LAST), OWNER);
  } catch {
    return null;
  }
}

/** Whether the folder is that home. */
function isHome({ dev, ino }: Owner, dir: string): boolean {
  const folder = statSync(dir, { throwIfNoEntry: false });
  return folder?.dev === dev && folder.ino === ino;
}

/** Takes along what was made here where nothing else is left. */
function leave(runDir: string): void {
  if (!existsSync(runDir)) return;
  const others = readdirSync(runDir).filter((name) => name !== LOCK && name !== LAST);
  if (others.length > 0) return;
  for (const name of [LOCK, LAST]) rmSync(join(runDir, name), { force: true });
  rmdirSync(runDir);
}
