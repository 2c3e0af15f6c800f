/**
 * What there is of a cloud below its API: the store, this machine as its host, and the servers' lives, opened together
 * and brought to agree. Starting is recovering: what an earlier daemon left is taken over, finished or undone.
 */
import { busy } from "./base/errors.ts";
import { type DriveImaging, driveImaging } from "./drives/imaging.ts";
import { driveImages, reconcileDrives } from "./drives/lifecycle.ts";
import { type Keyring, openKeyring } from "./drives/secret.ts";
import type { Home } from "./home.ts";
import { type LocalHost, type LocalHostOptions, openLocalHost } from "./host/local.ts";
import { type ServerLifecycle, serverLifecycle } from "./servers/lifecycle.ts";
import { takeLock } from "./store/lock.ts";
import { openSqliteStore } from "./store/sqlite.ts";
import type { Store } from "./store/store.ts";

export type Cloud = {
  readonly store: Store;
  readonly host: LocalHost;
  readonly keyring: Keyring;
  readonly lifecycle: ServerLifecycle;
  /** Goes on with nothing before its `resume`. */
  readonly imaging: DriveImaging;
  /** Leaves servers running. */
  close(): Promise<void>;
};

/**
 * Opens the cloud of a home, for one process at a time.
 *
 * @param subnet the guests' subnet, undefined to choose one
 * @param imagings how many imagings go on at once
 * @param onTrouble is told what went wrong in the background, where it is tried again
 *
 * Errors: `busy` when another process has it open; what the store or this machine lack.
 */
export async function openCloud(
  home: Home,
  { subnet, imagings }: Pick<LocalHostOptions, "subnet" | "imagings">,
  onTrouble: (error: unknown) => void,
): Promise<Cloud> {
  const unlock = takeLock(home.file("lodge.lock"));
  if (unlock === null) throw busy(`Lodge is running with the home ${home.dir} already`);
  const store = await openSqliteStore(home.file("lodge.db"));
  const keyring = openKeyring(home.masterKey);
  const { dir, id, uid, runDir } = home;
  const findDrive = driveImages(store, keyring);
  const host = await openLocalHost({ home: dir, id, uid, runDir, subnet, imagings, findDrive, onTrouble });
  const parts = { store, host, keyring };
  const lifecycle = serverLifecycle(parts, onTrouble);
  const imaging = driveImaging(parts, onTrouble);
  await lifecycle.reconcile();
  await reconcileDrives(parts);
  return {
    ...parts,
    lifecycle,
    imaging,
    async close() {
      lifecycle.close();
      await imaging.close();
      await host.close();
      await store.close();
      unlock();
    },
  };
}
