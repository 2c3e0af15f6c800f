/**
 * What there is of a cloud below its API: the store, this machine as its host, and the servers' lives, opened together
 * and brought to agree. Starting is recovering: what an earlier daemon left is taken over, finished or undone.
 */
import { busy } from "./base/errors.ts";
import { KeyedLock } from "./base/keyed-lock.ts";
import { type DriveImaging, driveImaging } from "./drives/imaging.ts";
import { driveImages, reconcileDrives } from "./drives/lifecycle.ts";
import { type Keyring, openKeyring } from "./drives/secret.ts";
import type { Home } from "./home.ts";
import { type LocalHost, type LocalHostOptions, openLocalHost } from "./host/local.ts";
import { type ServerLifecycle, serverLifecycle } from "./servers/lifecycle.ts";
import { holdLock } from "./store/held-lock.ts";
import { openStore } from "./store/open.ts";
import type { Store } from "./store/store.ts";

/** The lock of the one daemon that works with a store. */
const ONE_DAEMON = "lodge";

export type Cloud = {
  readonly store: Store;
  readonly host: LocalHost;
  readonly keyring: Keyring;
  readonly locks: KeyedLock;
  readonly lifecycle: ServerLifecycle;
  /** Goes on with nothing before its `resume`. */
  readonly imaging: DriveImaging;
  /** Settles with the reason when another daemon has taken this one's place: then this one must end. */
  readonly replaced: Promise<Error>;
  /** Leaves servers running. */
  close(): Promise<void>;
};

/**
 * Opens the cloud of a home, for one process at a time.
 *
 * @param subnet the guests' subnet, undefined to choose one
 * @param imagings how many imagings go on at once
 * @param database where the state is, undefined for what the home remembers
 * @param onTrouble is told what went wrong in the background, where it is tried again
 *
 * Errors: `busy` when another process has it open; what the store or this machine lack.
 */
export async function openCloud(
  home: Home,
  {
    subnet,
    imagings,
    database,
  }: Pick<LocalHostOptions, "subnet" | "imagings"> & { database?: string | undefined },
  onTrouble: (error: unknown) => void,
): Promise<Cloud> {
  const store = await openStore(home, database);
  const lock = await holdLock(store, ONE_DAEMON).catch(async (error) => {
    await store.close();
    throw error;
  });
  if (lock === null) {
    await store.close();
    throw busy(`Lodge is running with the home ${home.dir} already, or with the same database`);
  }
  const keyring = openKeyring(home.masterKey);
  const { dir, id, uid, runDir } = home;
  const findDrive = driveImages(store, keyring);
  const host = await openLocalHost({ home: dir, id, uid, runDir, subnet, imagings, findDrive, onTrouble });
  const parts = { store, host, keyring, locks: new KeyedLock() };
  const lifecycle = serverLifecycle(parts, onTrouble);
  const imaging = driveImaging(parts, onTrouble);
  await lifecycle.reconcile();
  await reconcileDrives(parts);
  return {
    ...parts,
    lifecycle,
    imaging,
    replaced: lock.taken,
    async close() {
      lifecycle.close();
      await imaging.close();
      await host.close();
      await lock.release();
      await store.close();
    },
  };
}
