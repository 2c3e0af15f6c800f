/** Changing a drive: what the store alone knows at once, its size by an operation on its host. */
import { z } from "zod";
import { attributesAfter, changedText } from "../../api/attributes.ts";
import type { Changes } from "../../api/input.ts";
import { ensure } from "../../api/reason.ts";
import { failed } from "../../base/errors.ts";
import { isUndecided, Outdated } from "../../host/errors.ts";
import type { DriveHost } from "../../host/host.ts";
import { withFreshDisks } from "../../hosts/fresh-disks.ts";
import { allocate, hostNamed } from "../../hosts/hosts.ts";
import { ensureCovered } from "../../limits/coverage.ts";
import { changeUse } from "../../metering/spans.ts";
import { type Operation, settleOperation } from "../../operations/operation.ts";
import type { Decided } from "../../operations/worker.ts";
import { ensureGrowth } from "../../placement/drives.ts";
import type { Store, Tx } from "../../store/store.ts";
import { driveCan } from "../can.ts";
import { RESIZE } from "../changing.ts";
import type { DriveDependencies } from "../dependencies.ts";
import type { Drive } from "../drive.ts";
import { COPY } from "../imaging/image.ts";
import { endReadersImagings } from "../imaging/readers.ts";
import { changeRow, readyDrive } from "../rows.ts";
import { volumeOf } from "../volume.ts";
import { COLUMN_KEYS } from "./columns.ts";

/** What a resize leads to, and what the row was before it, for a host that refuses. */
const PARAMS = z.object({
  sizeBytes: z.int(),
  /** What it has allocated already: what is given back can be given to nobody before the host has done it. */
  allocatedBytes: z.int().optional(),
  before: z.object({ claimType: z.enum(["exclusive", "shared"]), properties: z.string() }).optional(),
});

/** What files are whole multiples of (`FileDescription`). */
const SECTOR_BYTES = 512;

type Resize = Readonly<z.infer<typeof PARAMS>>;

/** Changes a user's drive. Errors: `billing`; `busy` when somebody uses what would change under them; `full`; the host's. */
export async function setDrive(
  dependencies: DriveDependencies,
  uuid: string,
  changes: Changes,
  request: string | null = null,
): Promise<void> {
  const { store, worker } = dependencies;
  // One that is being destroyed is gone already, however long that takes.
  await store.transaction((tx) => readyDrive(tx, uuid));
  await withFreshDisks(dependencies, () =>
    worker.command(uuid, (tx) => recordChange(dependencies, tx, uuid, changes, request), [COPY]),
  );
}

/** Changes what the store alone knows; what is left for its host is answered as an operation. */
async function recordChange(
  dependencies: DriveDependencies,
  tx: Tx,
  uuid: string,
  changes: Changes,
  request: string | null,
): Promise<Decided<undefined>> {
  const { worker } = dependencies;
  const drive = await readyDrive(tx, uuid);
  const { sizeBytes, claimType, properties } = await changeOf(dependencies, tx, drive, changes);
  if (sizeBytes === drive.sizeBytes) {
    await changeRow(tx, uuid, { claim_type: claimType, properties });
    return { operation: null, result: undefined };
  }
  const allocatedBytes = Math.max(0, sizeBytes - drive.sizeBytes);
  await allocate(tx, drive.host, { diskBytes: allocatedBytes });
  const ending = await endReadersImagings(tx, worker, drive);
  const generation = drive.generation + 1;
  await changeRow(tx, uuid, { claim_type: claimType, properties, generation });
  const before = { claimType: drive.claimType, properties: JSON.stringify(drive.attributes) };
  const params = { sizeBytes, allocatedBytes, before } satisfies Resize;
  const intent = { object: uuid, noun: "drive", host: drive.host, action: RESIZE, params } as const;
  const operation = await worker.record(tx, { ...intent, generation, request });
  return { before: ending, operation, result: undefined };
}

/** Resizes the file. A drive whose host refuses stays as it was, its other keys included. Errors: the host's. */
export async function finishResize(
  { store, hosts, keyring, clock }: DriveDependencies,
  operation: Operation,
): Promise<void> {
  const { object: uuid, host, generation } = operation;
  const { data: resize, error } = PARAMS.safeParse(operation.params);
  if (resize === undefined) {
    throw failed("record_damaged", `the store does not say to which size drive ${uuid} is resized`, {
      cause: error,
    });
  }
  const drive = await store.transaction((tx) => readyDrive(tx, uuid));
  const { drives } = hosts.get(host);
  try {
    await drives.resize(volumeOf(drive, keyring), resize.sizeBytes, generation);
  } catch (error) {
    if (isUndecided(error) || error instanceof Outdated) throw error;
    // An earlier attempt may have done it, of which nobody heard: then the file is what was asked for.
    if (!(await hasSizeOf(drives, drive, resize))) {
      await undo(store, operation, drive, resize);
      throw error;
    }
  }
  const { sizeBytes } = resize;
  await store.transaction(async (tx) => {
    await settleOperation(tx, operation);
    await allocate(tx, host, { diskBytes: sizeBytes - drive.sizeBytes - allocatedBy(resize, drive) });
    await changeRow(tx, uuid, { size_bytes: sizeBytes });
    await changeUse(tx, { object: uuid, resource: "disk", amount: sizeBytes }, clock.now());
  });
}

/** Whether the file is as long as the resize makes it, and was not before. */
async function hasSizeOf(host: DriveHost, drive: Drive, { sizeBytes }: Resize): Promise<boolean> {
  const [after, before] = [inSectors(sizeBytes), inSectors(drive.sizeBytes)];
  return after !== before && (await host.describe(drive.uuid))?.sizeBytes === after;
}

const inSectors = (bytes: number) => Math.ceil(bytes / SECTOR_BYTES) * SECTOR_BYTES;

/** One that was recorded by an earlier version has allocated all of it. */
const allocatedBy = ({ sizeBytes, allocatedBytes }: Resize, drive: Drive) =>
  allocatedBytes ?? sizeBytes - drive.sizeBytes;

async function undo(store: Store, operation: Operation, drive: Drive, resize: Resize): Promise<void> {
  const { before } = resize;
  await store.transaction(async (tx) => {
    await settleOperation(tx, operation);
    await allocate(tx, operation.host, { diskBytes: -allocatedBy(resize, drive) });
    if (before === undefined) return;
    await changeRow(tx, drive.uuid, { claim_type: before.claimType, properties: before.properties });
  });
}

/** What the change makes of the drive. Errors: `usage`, `billing`, `busy`, `full`. */
async function changeOf(
  { limits, clock }: Pick<DriveDependencies, "limits" | "clock">,
  tx: Tx,
  drive: Drive,
  changes: Changes,
): Promise<Pick<Drive, "sizeBytes" | "claimType"> & { readonly properties: string }> {
  const claimType = claimTypeAfter(drive, changes);
  const sizeBytes = sizeAfter(drive, changes);
  const { attributes, user } = drive;
  const properties = changedText(attributes, attributesAfter(attributes, changes, COLUMN_KEYS), changes);
  const more = sizeBytes - drive.sizeBytes;
  if (more > 0) await ensureCovered(tx, { user, limits, clock }, { disk: more });
  if (claimType !== drive.claimType) ensure(driveCan.changeClaimType(drive));
  if (sizeBytes !== drive.sizeBytes) {
    ensure(driveCan.resize(drive));
    ensureGrowth(await hostNamed(tx, drive.host), more);
  }
  return { sizeBytes, claimType, properties };
}

function claimTypeAfter(drive: Drive, changes: Changes): Drive["claimType"] {
  if (!changes.has("claim:type")) return drive.claimType;
  return (changes.get("claim:type") ?? "exclusive") as Drive["claimType"];
}

/** Size 0 leaves a drive as it is (ruling). */
function sizeAfter(drive: Drive, changes: Changes): number {
  const size = changes.get("size");
  return typeof size === "number" && size > 0 ? size : drive.sizeBytes;
}
