/**
 * Making, changing and destroying drives. The intent is in the store before the host is touched, so that whatever
 * is interrupted is finished or undone by `reconcileDrives`, which is also how the daemon starts.
 */
import { randomUUID } from "node:crypto";
import { keptText } from "../api/attributes.ts";
import type { Changes } from "../api/input.ts";
import { words } from "../api/value.ts";
import { busy, missing, usage } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import type { KeyedLock } from "../base/keyed-lock.ts";
import type { Cipher, DriveImage, Host } from "../host/host.ts";
import { type Avoided, type DiskRoom, judgeGrowth, ONLY_HOST, placeDrive } from "../placement/drives.ts";
import type { Store, Tx } from "../store/store.ts";
import { refuseClaimed } from "./claims.ts";
import { type Drive, type DriveRow, driveCan, driveOf, type Kept, noSuchDrive } from "./drive.ts";
import { forgetFailed, judgeImaged } from "./imagings.ts";
import { readyRow } from "./records.ts";
import type { Keyring } from "./secret.ts";

/** Keys with a column or a rule of their own; all others are kept as they are. */
const COLUMN_KEYS: ReadonlySet<string> = new Set(["size", "claim:type", "encryption:cipher"]);

type Space = Awaited<ReturnType<Host["drives"]["space"]>>;

export type DriveParts = {
  readonly store: Store;
  readonly host: Host;
  readonly keyring: Keyring;
  /** Held by what changes a drive for longer than a transaction, by its uuid. */
  readonly locks: KeyedLock;
};

/** What the host needs to open the drive. */
export function driveImage(drive: Drive, keyring: Keyring): DriveImage {
  const { uuid, sizeBytes, cipher, wrappedSecret, standard } = drive;
  const secret = wrappedSecret === null ? null : keyring.unwrap(uuid, wrappedSecret);
  return { uuid, sizeBytes, cipher, secret, ...(standard === null ? {} : { sealed: standard.sha256 }) };
}

/** Makes the function that tells a host what a drive is by now; null when there is none. */
export function driveImages(store: Store, keyring: Keyring): (uuid: string) => Promise<DriveImage | null> {
  const byUuid = store.query<{ uuid: string }, DriveRow>((db, param) =>
    db.selectFrom("drives").selectAll().where("uuid", "=", param("uuid")).where("phase", "=", "ready"),
  );
  return async (uuid) => {
    const [row] = await byUuid({ uuid });
    return row === undefined ? null : driveImage(driveOf(row, []), keyring);
  };
}

/** Makes a drive and answers its uuid. Errors: `usage`, `missing` (avoid), `full`. */
export async function createDrive(parts: DriveParts, user: UserId, changes: Changes): Promise<string> {
  const { store, host, keyring } = parts;
  const uuid = randomUUID();
  const sizeBytes = changes.get("size") as number;
  if (sizeBytes < 1) throw usage("size takes a number of bytes of at least 1, not 0");
  const cipher = (changes.get("encryption:cipher") ?? "aes-xts-plain") as Cipher;
  const key = cipher === "none" ? null : keyring.make(uuid);
  const space = await host.drives.space();
  await store.transaction(async (tx) => {
    const avoided = await avoidedBy(tx, user, words(String(changes.get("avoid") ?? "")));
    placeDrive(sizeBytes, avoided, [await diskRoom(tx, space)]);
    await tx
      .insertInto("drives")
      .values({
        uuid,
        user,
        phase: "creating",
        size_bytes: sizeBytes,
        cipher,
        wrapped_secret: key?.wrapped ?? null,
        claim_type: (changes.get("claim:type") ?? "exclusive") as Drive["claimType"],
        properties: keptText(keptAfter({}, changes)),
      })
      .execute();
  });
  try {
    await host.drives.create({ uuid, sizeBytes, cipher, secret: key?.secret ?? null });
  } catch (error) {
    await removeDrive(parts, uuid);
    throw error;
  }
  await store.transaction((tx) =>
    tx.updateTable("drives").set({ phase: "ready" }).where("uuid", "=", uuid).execute(),
  );
  return uuid;
}

/** Changes a drive of the user's. Errors: `busy` when somebody holds what would change under him; `full`. */
export async function setDrive(parts: DriveParts, uuid: string, changes: Changes): Promise<void> {
  const { store, host, locks } = parts;
  await locks.run(uuid, async () => {
    const space = await host.drives.space();
    const before = await store.transaction(async (tx) => {
      const drive = await readyDrive(tx, uuid);
      const claimType = (
        changes.has("claim:type") ? (changes.get("claim:type") ?? "exclusive") : drive.claimType
      ) as Drive["claimType"];
      const sizeBytes = wantedSize(drive, changes);
      if (claimType !== drive.claimType || sizeBytes !== drive.sizeBytes) await refuseClaimed(tx, uuid);
      judgeGrowth(await diskRoom(tx, space), sizeBytes - drive.sizeBytes);
      await tx
        .updateTable("drives")
        .set({
          claim_type: claimType,
          properties: keptText(keptAfter(drive.kept, changes)),
          wanted_size_bytes: sizeBytes === drive.sizeBytes ? null : sizeBytes,
        })
        .where("uuid", "=", uuid)
        .execute();
      return drive;
    });
    const sizeBytes = wantedSize(before, changes);
    if (sizeBytes === before.sizeBytes) return;
    try {
      await finishResize(parts, before, sizeBytes);
    } catch (error) {
      // The host refused it whole: the drive stays as it was, its other keys included.
      await store.transaction((tx) =>
        tx
          .updateTable("drives")
          .set({
            wanted_size_bytes: null,
            claim_type: before.claimType,
            properties: JSON.stringify(before.kept),
          })
          .where("uuid", "=", uuid)
          .execute(),
      );
      throw error;
    }
  });
}

/** Destroys a drive, its key first. Errors: `busy` when a server or an imaging holds it. */
export async function destroyDrive(parts: DriveParts, uuid: string): Promise<void> {
  await parts.locks.run(uuid, async () => {
    await parts.store.transaction(async (tx) => {
      await readyDrive(tx, uuid);
      await refuseClaimed(tx, uuid);
      await forgetFailed(tx, uuid);
      await tx
        .updateTable("drives")
        .set({ phase: "destroying", wrapped_secret: null })
        .where("uuid", "=", uuid)
        .execute();
    });
    await removeDrive(parts, uuid);
  });
}

/**
 * Finishes or undoes whatever was interrupted; part of every start of the daemon. Standard images are left to
 * `lodge image`, which may be at work on them right now.
 */
export async function reconcileDrives(parts: DriveParts): Promise<void> {
  const rows = await parts.store.transaction((tx) =>
    tx
      .selectFrom("drives")
      .selectAll()
      .where("standard", "is", null)
      .where((row) => row.or([row("phase", "!=", "ready"), row("wanted_size_bytes", "is not", null)]))
      .execute(),
  );
  for (const row of rows) {
    if (row.phase !== "ready") await removeDrive(parts, row.uuid);
    else if (row.wanted_size_bytes !== null)
      await finishResize(parts, driveOf(row, []), row.wanted_size_bytes);
  }
}

async function finishResize(
  { store, host, keyring }: DriveParts,
  drive: Drive,
  sizeBytes: number,
): Promise<void> {
  await host.drives.resize(driveImage(drive, keyring), sizeBytes);
  await store.transaction((tx) =>
    tx
      .updateTable("drives")
      .set({ size_bytes: sizeBytes, wanted_size_bytes: null })
      .where("uuid", "=", drive.uuid)
      .execute(),
  );
}

async function removeDrive({ store, host }: DriveParts, uuid: string): Promise<void> {
  await host.drives.destroy(uuid);
  await store.transaction((tx) => tx.deleteFrom("drives").where("uuid", "=", uuid).execute());
}

async function readyDrive(tx: Tx, uuid: string): Promise<Drive> {
  const row = await readyRow(tx, uuid);
  if (row === undefined) throw noSuchDrive(uuid);
  return driveOf(row, []);
}

/** Size 0 leaves a drive as it is (ruling). */
function wantedSize(drive: Drive, changes: Changes): number {
  const size = changes.get("size");
  return typeof size === "number" && size > 0 ? size : drive.sizeBytes;
}

function keptAfter(kept: Kept, changes: Changes): Kept {
  const after: Record<string, string> = { ...kept };
  for (const [key, value] of changes) {
    if (COLUMN_KEYS.has(key)) continue;
    if (value === null) delete after[key];
    else after[key] = String(value);
  }
  return after;
}

/** The host's disk, as it is promised until the transaction ends. */
export async function diskRoom(tx: Tx, { freeBytes, allocatedBytes }: Space): Promise<DiskRoom> {
  const drives = await tx.selectFrom("drives").select(["size_bytes", "wanted_size_bytes"]).execute();
  const promisedBytes = drives.reduce(
    (sum, row) => sum + Math.max(row.size_bytes, row.wanted_size_bytes ?? 0),
    0,
  );
  return { name: ONLY_HOST, diskBytes: freeBytes + allocatedBytes, promisedBytes };
}

/** What a new drive is not to share a host with. Errors: `missing`. */
async function avoidedBy(tx: Tx, user: UserId, uuids: readonly string[]): Promise<readonly Avoided[]> {
  const avoided: Avoided[] = [];
  for (const uuid of uuids) {
    const row = await readyRow(tx, uuid);
    if (row === undefined || !driveCan(driveOf(row, []), user).change) {
      throw missing(`avoid names drive ${uuid}: there is none`);
    }
    avoided.push({ key: "avoid", noun: "drive", uuid, host: ONLY_HOST });
  }
  return avoided;
}

/** Errors: `busy` when a server or an imaging holds the drive, for what changes its bytes. */
export function refuseHeld(drive: Drive): void {
  judgeImaged(drive, "change");
  if (drive.claimed.length > 0) throw busy(`drive ${drive.uuid} is in use by server ${drive.claimed[0]}`);
}
