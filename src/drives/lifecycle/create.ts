/** Making a drive: its row and its place on a host first, then its file. */
import { randomUUID } from "node:crypto";
import { attributesAfter, changedText } from "../../api/attributes.ts";
import type { Changes } from "../../api/input.ts";
import { words } from "../../api/value.ts";
import { usage } from "../../base/errors.ts";
import type { UserId } from "../../base/ids.ts";
import type { Cipher } from "../../host/host.ts";
import { withFreshDisks } from "../../hosts/fresh-disks.ts";
import { allHosts, allocate } from "../../hosts/hosts.ts";
import { ensureCovered } from "../../limits/coverage.ts";
import { createOnce, type Repeat } from "../../operations/idempotency.ts";
import { type Operation, Overtaken, settleOperation } from "../../operations/operation.ts";
import { avoidedObjects } from "../../placement/avoid.ts";
import { placeDrive } from "../../placement/drives.ts";
import type { Tx } from "../../store/store.ts";
import { tellHooks } from "../../webhooks/outbox.ts";
import type { DriveDependencies } from "../dependencies.ts";
import type { Drive } from "../drive.ts";
import { changeRow } from "../rows.ts";
import { beginDriveUse } from "../use.ts";
import { volumeOf } from "../volume.ts";
import { COLUMN_KEYS } from "./columns.ts";
import { removeDrive } from "./destroy.ts";
import { driveBeing } from "./phase.ts";

/** Makes a drive and answers its uuid. Errors: `usage`, `missing` (avoid), `billing`, `full`. */
export async function createDrive(
  dependencies: DriveDependencies,
  user: UserId,
  changes: Changes,
  request: string | null = null,
  repeat: Repeat | null = null,
): Promise<string> {
  const sizeBytes = changes.get("size") as number;
  if (sizeBytes < 1) throw usage("malformed_value", "size takes a number of bytes of at least 1, not 0");
  return withFreshDisks(dependencies, () =>
    createOnce(dependencies, repeat, async (tx) => {
      const operation = await record(dependencies, tx, user, changes, request);
      return { object: operation.object, operation };
    }),
  );
}

async function record(
  { worker, keyring, limits, clock }: DriveDependencies,
  tx: Tx,
  user: UserId,
  changes: Changes,
  request: string | null,
): Promise<Operation> {
  const uuid = randomUUID();
  const sizeBytes = changes.get("size") as number;
  const cipher = (changes.get("encryption:cipher") ?? "aes-xts-plain") as Cipher;
  const avoided = await avoidedObjects(tx, user, "avoid", "drive", words(String(changes.get("avoid") ?? "")));
  await ensureCovered(tx, { user, limits, clock }, { disk: sizeBytes, drives: 1 });
  const { name: host } = placeDrive(sizeBytes, avoided, await allHosts(tx));
  await tx
    .insertInto("drives")
    .values({
      ...{ uuid, user, host, phase: "creating", generation: 1, size_bytes: sizeBytes, cipher },
      wrapped_secret: cipher === "none" ? null : keyring.make(uuid).wrapped,
      claim_type: (changes.get("claim:type") ?? "exclusive") as Drive["claimType"],
      properties: changedText({}, attributesAfter({}, changes, COLUMN_KEYS), changes),
    })
    .execute();
  await allocate(tx, host, { diskBytes: sizeBytes });
  return worker.record(tx, { object: uuid, noun: "drive", host, action: "create", generation: 1, request });
}

/**
 * Makes the file. A creation that fails, or whose caller got no answer, is undone: whoever tries again is to find nothing of
 * it. Errors: the host's.
 */
export async function finishCreation(dependencies: DriveDependencies, operation: Operation): Promise<void> {
  const { store, hosts, keyring, clock } = dependencies;
  const { object: uuid, attempts, generation, host } = operation;
  if (attempts > 0) {
    await removeDrive(dependencies, operation);
    return;
  }
  let drive: Drive;
  try {
    drive = await store.transaction((tx) => driveBeing(tx, uuid, "creating"));
    await hosts.get(host).drives.create(volumeOf(drive, keyring), generation);
  } catch (error) {
    if (error instanceof Overtaken) throw error;
    // Where that fails too, it is tried again; the caller gets the reason why there is no drive.
    await removeDrive(dependencies, operation).catch(dependencies.onTrouble);
    throw error;
  }
  await store.transaction(async (tx) => {
    await settleOperation(tx, operation);
    await changeRow(tx, uuid, { phase: "ready" });
    await tellHooks(tx, "drive.created", drive.user, { drive: uuid, size: drive.sizeBytes });
    await beginDriveUse(tx, uuid, clock.now());
  });
}
