/**
 * Files of drives that the store does not know, as of a store that was restored from yesterday: an absent row is never an
 * order to destroy, so they stay until an operator takes them in or has them removed.
 */
import { attributesText } from "../api/attributes.ts";
import { busy, failed, missing } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import type { FileDescription } from "../host/host.ts";
import { allocate } from "../hosts/hosts.ts";
import type { DriveDependencies } from "./dependencies.ts";
import { beginDriveUse } from "./use.ts";

type Dependencies = Pick<DriveDependencies, "store" | "hosts">;
type Adopting = Dependencies & Pick<DriveDependencies, "clock">;

/** Where the file is. */
export type UnknownFile = { readonly host: string; readonly drive: string };

/**
 * Makes the file a drive of the user's, named by its uuid.
 *
 * Errors: `missing`, there is no such file; `busy`, the store knows it; `failed`, it is encrypted, and its secret went with
 * the row.
 */
export async function adoptDrive(dependencies: Adopting, file: UnknownFile, user: UserId): Promise<void> {
  const { host, drive } = file;
  const description = await describeUnknown(dependencies, file);
  const { sizeBytes, generation } = description;
  if (isEncrypted(description)) {
    throw failed(`drive ${drive} is encrypted, and its secret is only in the store that it comes from`);
  }
  await dependencies.store.transaction(
    async (tx) => {
      await tx
        .insertInto("drives")
        .values({
          ...{ uuid: drive, user, host, phase: "ready", generation, size_bytes: sizeBytes, cipher: "none" },
          ...{ wrapped_secret: null, claim_type: "exclusive", properties: attributesText({ name: drive }) },
        })
        .execute();
      await allocate(tx, host, { diskBytes: sizeBytes });
      await beginDriveUse(tx, drive, dependencies.clock.now());
    },
    { grows: true },
  );
}

/** Removes the file, by the operator's word. Errors: as `adoptDrive`, but for `failed`; the host's. */
export async function forgetDrive(dependencies: Dependencies, file: UnknownFile): Promise<void> {
  const { generation } = await describeUnknown(dependencies, file);
  await dependencies.hosts.get(file.host).drives.destroy(file.drive, generation + 1);
}

/**
 * Whether the store knows the drive whose file a server uses; nothing is said of a file that is not there.
 *
 * Errors: `missing`, it is to be adopted first; `failed`, it cannot be, as it is encrypted; the host's.
 */
export async function ensureAdopted(dependencies: Dependencies, { host, drive }: UnknownFile): Promise<void> {
  if (await isKnown(dependencies, drive)) return;
  const description = await dependencies.hosts.get(host).drives.describe(drive);
  if (description === null) return;
  const what = `drive ${drive} is not in the store`;
  if (!isEncrypted(description)) throw missing(`${what}: adopt it first`);
  throw failed(`${what}, and is encrypted: neither it nor its server can be adopted`);
}

/** Whether only the store that it comes from could open the file: it is qcow2 with LUKS. */
export const isEncrypted = ({ format }: FileDescription): boolean => format !== "raw";

async function isKnown({ store }: Pick<Dependencies, "store">, drive: string): Promise<boolean> {
  const row = await store.transaction((tx) =>
    tx.selectFrom("drives").select("uuid").where("uuid", "=", drive).executeTakeFirst(),
  );
  return row !== undefined;
}

async function describeUnknown(
  dependencies: Dependencies,
  { host, drive }: UnknownFile,
): Promise<FileDescription> {
  if (await isKnown(dependencies, drive))
    throw busy(`the store knows drive ${drive}: its user can destroy it`);
  const description = await dependencies.hosts.get(host).drives.describe(drive);
  if (description === null) throw missing(`there is no file of a drive ${drive} on host ${host}`);
  return description;
}
