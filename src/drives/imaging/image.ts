/**
 * Imaging a drive from another (spec: image a drive from another drive), or from a URL (`fetch.ts`). What is asked for is in the store before a byte
 * is moved, as an operation on the target that nobody waits for: whatever is under way when a daemon ends is begun anew
 * by whoever takes the operation up. A bounded number goes on at once on a host; one that failed leaves its reason until
 * the next one onto that drive.
 */
import { authorize } from "../../api/authorize.ts";
import { ensure } from "../../api/reason.ts";
import { busy, full, LodgeError, missing, usage } from "../../base/errors.ts";
import type { UserId } from "../../base/ids.ts";
import type { Conversion, CopyJob, DriveHost, FetchJob, JobState } from "../../host/host.ts";
import { makeDue } from "../../operations/lease.ts";
import { Later, type Operation, settleOperation } from "../../operations/operation.ts";
import type { Tx } from "../../store/store.ts";
import type { ImagingsTable } from "../../store/tables.ts";
import { urlSecretOf } from "../../store/wrapped-columns.ts";
import { driveCan } from "../can.ts";
import { ensureNotChanging } from "../changing.ts";
import type { DriveDependencies } from "../dependencies.ts";
import { accessedDrive, type Drive, noSuchDrive } from "../drive.ts";
import { FROM_URL, failImaging, forgetFailed } from "../imagings.ts";
import { changeRow, findDrive, readyDrive } from "../rows.ts";
import { volumeOf } from "../volume.ts";
import { nextTargets, nextTurn, takeTurn } from "./turns.ts";

/** The action of an operation; what else is under way on the drive has rules about it, and does not wait for it. */
export const COPY = "copy";

/** How often it is looked at one that goes on, although nothing was heard of it. */
const LOOK_AGAIN_MS = 10_000;
/** The same of one that waits for its turn: many may wait, and each is made due when its turn has come. */
const WAIT_MS = 60_000;

/** How many imagings of one user may be queued and under way. */
export const MOST_OF_USER = 100;
/** How often it is looked whether a server has started on the source of a reader's imaging. */
const STARTING_MS = 1_000;

/** What is asked for. */
export type ImagingRequest = {
  readonly target: string;
  readonly source: string;
  /** Who asks; the target is theirs. */
  readonly user: UserId;
  readonly conversion: Conversion | null;
  readonly request?: string | null;
};

/** Records what is asked for; the rest follows by itself. Errors: `usage`, `missing`, `busy`, `full`. */
export async function imageDrive(dependencies: DriveDependencies, asked: ImagingRequest): Promise<void> {
  const { worker } = dependencies;
  await worker.command(
    asked.target,
    async (tx) => {
      await record(dependencies, tx, asked);
      return { operation: null, result: undefined };
    },
    [COPY],
  );
  void worker.look();
}

/** How much of the imaging onto a drive is done, in per cent; 0 when it has just begun or is not under way. */
export async function percentageOf({ hosts }: DriveDependencies, drive: Drive): Promise<number> {
  const job = await hosts.get(drive.host).drives.job(jobId(drive.uuid, drive.generation));
  return job?.state === "running" ? Math.floor(job.part * 100) : 0;
}

async function record({ worker }: DriveDependencies, tx: Tx, asked: ImagingRequest): Promise<void> {
  const { target, source, user } = asked;
  if (source === target) throw usage("imaging_onto_itself", `drive ${target} cannot be imaged from itself`);
  const [onto, from] = [await findDrive(tx, target), await findDrive(tx, source)];
  if (onto === null) throw noSuchDrive(target);
  if (from === null) throw noSuchDrive(source);
  authorize({ user }, "change", accessedDrive(onto));
  authorize({ user }, "read", accessedDrive(from));
  ensure(driveCan.imageOnto(onto));
  ensure(driveCan.imageFrom(from));
  await ensureNotChanging(tx, source);
  const conversion = conversionOf(from, asked);
  if (conversion === null && from.sizeBytes > onto.sizeBytes) {
    throw full(
      "target_too_small",
      `drive ${target} has ${onto.sizeBytes} bytes, and its source ${from.sizeBytes}`,
    );
  }
  await queueImaging(worker, tx, onto, {
    ...{ source, conversion, wrapped_url: null, sha256: null },
    request: asked.request ?? null,
  });
}

/**
 * Clients gunzip every standard image (real clients: 11): one that is known to hold a disk as it is, is copied. What is on a
 * user's drive nobody knows.
 */
const conversionOf = ({ standard }: Drive, { conversion }: ImagingRequest): Conversion | null =>
  conversion === "gunzip" && standard?.format === null ? null : conversion;

/** What is to be imaged, as its row says it, and the request that asked for it. */
type Queued = Pick<ImagingsTable, "source" | "conversion" | "wrapped_url" | "sha256"> & {
  readonly request: string | null;
};

/** Records an imaging onto a drive that may become the target of one, for its owner. Errors: `busy`, they have too many. */
export async function queueImaging(
  worker: DriveDependencies["worker"],
  tx: Tx,
  onto: Drive,
  { request, ...queued }: Queued,
): Promise<void> {
  const { uuid: target, user, host } = onto;
  await ensureFewWait(tx, user);
  await forgetFailed(tx, target);
  const turn = await nextTurn(tx, host, user);
  await tx
    .insertInto("imagings")
    .values({ ...queued, target, state: "queued", error: null, turn })
    .execute();
  const generation = onto.generation + 1;
  await changeRow(tx, target, { generation });
  const { source, conversion } = queued;
  const params = { source, conversion };
  const intent = { object: target, noun: "drive", host, action: COPY } as const;
  await worker.leave(tx, { ...intent, params, generation, request });
}

/** Errors: `busy` when the user has as many imagings as an account may have, queued and under way. */
async function ensureFewWait(tx: Tx, user: UserId): Promise<void> {
  const { count } = await tx
    .selectFrom("imagings")
    .innerJoin("drives", "drives.uuid", "imagings.target")
    .where("drives.user", "=", user)
    .where("imagings.state", "!=", "failed")
    .select((row) => row.fn.countAll().as("count"))
    .executeTakeFirstOrThrow();
  if (Number(count) < MOST_OF_USER) return;
  throw busy(
    "too_many_imagings",
    `you have ${MOST_OF_USER} imagings queued and under way: ask again when some are done`,
  );
}

/** One step of an imaging: its turn, its job's beginning, or what came of the job. Errors: Later, and what is tried again. */
export async function stepImaging(dependencies: DriveDependencies, operation: Operation): Promise<void> {
  const { store, hosts, imagings: most } = dependencies;
  const { object: target, host: name } = operation;
  if (!(await store.transaction((tx) => takeTurn(tx, name, target, most)))) throw new Later(WAIT_MS);
  const host = hosts.get(name).drives;
  const id = jobId(target, operation.generation);
  const job = (await host.job(id)) ?? (await begin(dependencies, operation, host));
  if (job.state === "running") throw new Later(LOOK_AGAIN_MS);
  await settle(dependencies, operation, job.state === "failed" ? job.error : null);
  await host.forgetJob({ id, target }, operation.generation);
}

/** What the job onto a target is called on its host. */
export const jobId = (target: string, generation: number) => `${target}/${generation}`;

/**
 * Begins the job. One that was refused does not begin later either, however often it was sent: the drive is its owner's to
 * write on once that is settled. A drive whose row is damaged cannot be imaged: that is settled, so that others get their
 * turn.
 */
async function begin(
  dependencies: DriveDependencies,
  operation: Operation,
  host: DriveHost,
): Promise<JobState> {
  const { object: target, generation } = operation;
  try {
    const job = await dependencies.store.transaction((tx) => jobOf(dependencies, tx, operation));
    if ("source" in job) await host.startCopy(job, generation);
    else await host.startFetch(job, generation);
    return { state: "running", part: 0 };
  } catch (error) {
    if (!(error instanceof LodgeError)) throw error;
    await host.forgetJob({ id: jobId(target, generation), target }, generation);
    return { state: "failed", error };
  }
}

/**
 * What its host is to do. Errors: `missing`, the source was destroyed by its owner as this was asked for, or the operator
 * takes no URLs any more; `failed`, a row is damaged; Later, a server that is not the asker's starts with the source.
 */
async function jobOf(
  { keyring, fetches }: DriveDependencies,
  tx: Tx,
  { object: target, generation, params }: Operation,
): Promise<CopyJob | FetchJob> {
  const imaging = await tx
    .selectFrom("imagings")
    .select(["source", "conversion", "wrapped_url", "sha256"])
    .where("target", "=", target)
    .executeTakeFirst();
  const source = imaging?.source ?? String(params.source);
  const id = jobId(target, generation);
  if (source === FROM_URL) {
    if (!fetches) throw notOffered();
    const wrapped = imaging?.wrapped_url ?? null;
    if (wrapped === null) throw urlLost();
    const url = keyring.unwrap(urlSecretOf(target), wrapped);
    const onto = await readyDrive(tx, target);
    return { id, target: volumeOf(onto, keyring), url, sha256: imaging?.sha256 ?? null };
  }
  const from = await findDrive(tx, source);
  if (from === null) throw noSuchDrive(source);
  const onto = await readyDrive(tx, target);
  if (from.user !== onto.user && (await isBeingStarted(tx, source))) throw new Later(STARTING_MS);
  const volumes = { source: volumeOf(from, keyring), target: volumeOf(onto, keyring) };
  return { id, ...volumes, conversion: imaging?.conversion ?? null };
}

/** A backup without keys has no URLs either. */
const urlLost = () => missing("the URL is not kept any more: ask for it again");

/** The operator does not have drives filled from URLs. */
export const notOffered = () =>
  missing("fetch_not_offered", "this cloud fetches nothing from URLs: its operator has not allowed it");

/** Whether a server that starts has claimed the drive: a reader who asks again and again keeps none from starting. */
async function isBeingStarted(tx: Tx, drive: string): Promise<boolean> {
  const claim = await tx
    .selectFrom("claims")
    .innerJoin("servers", "servers.uuid", "claims.server")
    .select("claims.server")
    .where("claims.drive", "=", drive)
    .where("servers.phase", "in", ["creating", "starting"])
    .executeTakeFirst();
  return claim !== undefined;
}

/** @param error null when it is done */
async function settle(
  { store, worker, onTrouble, imagings: most }: DriveDependencies,
  operation: Operation,
  error: Error | null,
): Promise<void> {
  const { object: target, host } = operation;
  if (error !== null && !(error instanceof LodgeError && error.type !== "failed")) onTrouble(error);
  await store.transaction(async (tx) => {
    await settleOperation(tx, operation);
    if (error === null) await tx.deleteFrom("imagings").where("target", "=", target).execute();
    else await failImaging(tx, target, reasonOf(target, error));
    await changeRow(tx, target, {});
    await makeDue(tx, await nextTargets(tx, host, most));
  });
  void worker.look();
}

const reasonOf = (target: string, error: Error) =>
  error instanceof LodgeError ? error.message : `drive ${target} could not be imaged; try it again`;
