/**
 * Imaging a drive from another (spec: image a drive from another drive). What is asked for is in the store before a
 * byte is moved, so it outlives the daemon: whatever was under way is begun anew. A bounded number goes on at once,
 * first come, first served; one that failed leaves its reason until the next one onto that drive.
 */
import { busy, full, LodgeError, usage } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import { KeyedLock } from "../base/keyed-lock.ts";
import type { Conversion } from "../host/host.ts";
import type { Tx } from "../store/store.ts";
import { refuseClaimed } from "./claims.ts";
import { driveCan, driveOf, noSuchDrive } from "./drive.ts";
import { forgetFailed, refuseImaged } from "./imagings.ts";
import { type DriveParts, driveImage } from "./lifecycle.ts";
import { readyRow } from "./records.ts";

/** What is asked for. */
export type Wish = {
  readonly target: string;
  readonly source: string;
  /** Who asks; the target is his. */
  readonly user: UserId;
  readonly conversion: Conversion | null;
};

export type DriveImaging = {
  /** Records the wish; the rest follows by itself. Errors: `usage`, `missing`, `busy`, `full`. */
  image(wish: Wish): Promise<void>;
  /** How much of the imaging onto a drive is done, in per cent; 0 when it has just begun or is not under way. */
  percentage(target: string): number;
  /** Goes on with what an earlier daemon left; part of every start. */
  resume(): Promise<void>;
  /** Ends what is under way, to be begun anew at the next start. */
  close(): Promise<void>;
};

type Running = { part: number; readonly done: Promise<void> };

/** @param onError is told what nobody waits for. */
export function driveImaging(parts: DriveParts, onError: (error: unknown) => void): DriveImaging {
  const { store, host, keyring } = parts;
  const running = new Map<string, Running>();
  const closing = new AbortController();
  const lock = new KeyedLock();

  /** Starts as many as may go on, the oldest first. */
  const advance = () =>
    lock.run("queue", async () => {
      while (running.size < host.facts.imagings && !closing.signal.aborted) {
        const next = await store.transaction(takeNext);
        if (next === null) return;
        const entry: Running = { part: 0, done: run(next).finally(() => running.delete(next.target)) };
        running.set(next.target, entry);
        entry.done.then(advance).catch(onError);
      }
    });

  async function run({ target, source, conversion }: Next): Promise<void> {
    let error: unknown = null;
    try {
      const [from, onto] = await store.transaction(async (tx) => [
        await imageOf(tx, source),
        await imageOf(tx, target),
      ]);
      if (from === undefined || onto === undefined)
        throw new Error(`a drive of an imaging onto ${target} is gone`);
      await host.drives.image({
        source: from,
        target: onto,
        conversion,
        signal: closing.signal,
        onProgress(part) {
          const entry = running.get(target);
          if (entry !== undefined) entry.part = part;
        },
      });
    } catch (caught) {
      // It is begun anew at the next start.
      if (closing.signal.aborted) return;
      error = caught;
      if (!(caught instanceof LodgeError) || caught.type === "failed") onError(caught);
    }
    await store.transaction((tx) => settle(tx, target, error));
  }

  async function imageOf(tx: Tx, uuid: string) {
    const row = await readyRow(tx, uuid);
    return row === undefined ? undefined : driveImage(driveOf(row, []), keyring);
  }

  return {
    async image(wish) {
      await store.transaction((tx) => record(tx, wish));
      advance().catch(onError);
    },
    percentage: (target) => Math.floor((running.get(target)?.part ?? 0) * 100),
    async resume() {
      await store.transaction((tx) =>
        tx.updateTable("imagings").set({ state: "queued" }).where("state", "=", "running").execute(),
      );
      await advance();
    },
    async close() {
      closing.abort(new Error("Lodge is being stopped"));
      await lock.run("queue", async () => {});
      await Promise.allSettled([...running.values()].map(({ done }) => done));
    },
  };
}

/** Judges the rules and records the intent. */
async function record(tx: Tx, { target, source, user, conversion }: Wish): Promise<void> {
  if (source === target) throw usage(`drive ${target} cannot be imaged from itself`);
  const [onto, from] = [await readyRow(tx, target), await readyRow(tx, source)];
  if (onto === undefined || onto.user !== user) throw noSuchDrive(target);
  if (from === undefined || !driveCan(driveOf(from, []), user).read) throw noSuchDrive(source);
  await refuseClaimed(tx, target);
  await refuseImaged(tx, source, "read");
  for (const { uuid, wanted_size_bytes } of [onto, from]) {
    if (wanted_size_bytes !== null) throw busy(`drive ${uuid} is being resized`);
  }
  if (conversion === null && from.size_bytes > onto.size_bytes) {
    throw full(`drive ${target} has ${onto.size_bytes} bytes, and its source ${from.size_bytes}`);
  }
  await forgetFailed(tx, target);
  await tx
    .insertInto("imagings")
    .values({ target, source, conversion, state: "queued", error: null })
    .execute();
}

type Next = { readonly target: string; readonly source: string; readonly conversion: Conversion | null };

async function takeNext(tx: Tx): Promise<Next | null> {
  const next = await tx
    .selectFrom("imagings")
    .select(["target", "source", "conversion"])
    .where("state", "=", "queued")
    .orderBy("serial")
    .executeTakeFirst();
  if (next === undefined) return null;
  await tx.updateTable("imagings").set({ state: "running" }).where("target", "=", next.target).execute();
  return next;
}

/** @param error null when it is done */
async function settle(tx: Tx, target: string, error: unknown): Promise<void> {
  if (error === null) {
    await tx.deleteFrom("imagings").where("target", "=", target).execute();
    return;
  }
  const reason =
    error instanceof LodgeError ? error.message : `drive ${target} could not be imaged; try it again`;
  await tx
    .updateTable("imagings")
    .set({ state: "failed", error: reason })
    .where("target", "=", target)
    .execute();
}
