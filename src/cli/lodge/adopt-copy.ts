/** `lodge adopt --copy`: a copied home becomes a cloud of its own, beside its original. */
import { existsSync, readFileSync } from "node:fs";
import { lchown, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { busy, failed } from "../../base/errors.ts";
import { takeLock } from "../../base/file-lock.ts";
import { type FoundHome, type Identity, openHome, renewIdentity } from "../../home.ts";
import { LOCAL_HOST, moveHost } from "../../hosts/hosts.ts";
import { openStore } from "../../store/open.ts";
import { print } from "./subcommand.ts";

/**
 * Gives the home an identity that no other has: an id, by which its network and its runtime directory are named, and a uid,
 * to which its drives are given. What its store says of servers that run is settled by its next start: they run with the
 * original. Interrupted, it is to be repeated.
 *
 * Errors: `missing`, there is no home; `busy`, a daemon works with it; `failed`, its state is in a database that the original
 * works with, too.
 */
export async function adoptCopy(named: string | undefined): Promise<void> {
  const { id } = await renewIdentity(named, async (home, renewed) => {
    const unlock = takeLock(home.lockFile);
    if (unlock === null) throw busy(`Lodge is running with the home ${home.dir}: stop it first`);
    try {
      await renew(home, renewed);
    } finally {
      unlock();
    }
  });
  print(`the home is the cloud ${id} now, and no other's`);
}

async function renew({ dir }: FoundHome, renewed: Identity): Promise<void> {
  const database = join(dir, "database");
  if (existsSync(database) && !/^sqlite\s*$/.test(readFileSync(database, "utf8"))) {
    throw failed(
      `the state of ${dir} is in the database that ${database} names, and so is its original's: give the copy a copy of that, and name it there`,
    );
  }
  if (process.getuid?.() === 0) await giveDrives(join(dir, "drives"), renewed.uid);
  const store = await openStore(openHome(dir));
  try {
    await moveHost(store, LOCAL_HOST, renewed.id);
  } finally {
    await store.close();
  }
}

/** Gives the files of drives, which are their owner's alone, to the uid; standard images are for all to read. */
async function giveDrives(folder: string, uid: number): Promise<void> {
  for (const name of existsSync(folder) ? await readdir(folder) : []) {
    const file = join(folder, name);
    const stats = await lstat(file);
    if (stats.isFile() && (stats.mode & 0o077) === 0) await lchown(file, uid, uid);
  }
}
