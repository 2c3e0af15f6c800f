/**
 * Standard images as their operator keeps them: how one comes into the store, and how it leaves it. Users see of it what
 * is `ready`; what is `creating` is being imported, or was, and what is `destroying` is being removed.
 *
 * One process at a time works on an image, and says in its row who it is, so that another finds it either at work or
 * gone and its work to be taken over.
 */
import { busy, missing, usage } from "../base/errors.ts";
import { CLOUD_USER } from "../base/ids.ts";
import { refuseClaimed } from "../drives/claims.ts";
import { EVERYBODY, type Kept, type Standard, type StandardColumn } from "../drives/drive.ts";
import { diskRoom } from "../drives/lifecycle.ts";
import { judgeGrowth } from "../placement/drives.ts";
import type { Store, Tx } from "../store/store.ts";

/** A process, told apart from a later one with the same number. */
type Worker = { readonly pid: number; readonly startTicks: number };

/** Who works on the image, if anybody does, and what its content comes from, as precisely as that can be told. */
type Work = { readonly worker: Worker | null; readonly source: string | null };

type Column = StandardColumn & { readonly work: Work | null };

/** What is said of an image before its content is there. */
export type Description = {
  readonly uuid: string;
  readonly name: string;
  readonly media: Standard["media"];
  readonly format: Standard["format"];
};

/** What a content turned out to be. */
export type Content = Pick<Standard, "sha256" | "rawSizeBytes">;

/** What an earlier import left; its removal under way leaves files too. */
export type Left = { readonly source: string | null; readonly sizeBytes: number; readonly removing: boolean };

/** An image as the operator sees it. */
export type Known = Description & {
  readonly state: "ready" | "being imported" | "half imported" | "being removed" | "half removed";
  readonly sizeBytes: number;
  readonly rawSizeBytes: number | null;
  readonly sha256: string | null;
};

export type ImageWork = {
  /**
   * Takes the image up for its import, and answers what an earlier one left. Errors: `busy` when its content is there or
   * somebody is at work on it; `usage` when a user's drive has the uuid.
   */
  take(image: Description): Promise<Left | null>;
  /** Promises the room that its content takes. Errors: `full`. */
  reserve(uuid: string, source: string | null, sizeBytes: number, space: Space): Promise<void>;
  /** Leaves it as it is, for an import that goes on with it. */
  letGo(uuid: string): Promise<void>;
  /** Its content is there, whole and checked. */
  finish(image: Description, content: Content): Promise<void>;
  /** Begins its removal, and answers its name. Errors: `missing`; `busy` when a server uses it or somebody is at work on it. */
  beginRemoval(uuid: string): Promise<string>;
  /** Forgets it: nothing of it is on the disk. */
  forget(uuid: string): Promise<void>;
  /** All that there are. */
  list(): Promise<readonly Known[]>;
};

type Space = { readonly freeBytes: number; readonly allocatedBytes: number };

/** @param self who works; `isRunning` tells whether another still does */
export function imageWork(
  store: Store,
  self: Worker,
  isRunning: (worker: Worker) => Promise<boolean>,
): ImageWork {
  async function atWork({ work }: Column): Promise<Worker | null> {
    return work?.worker && (await isRunning(work.worker)) ? work.worker : null;
  }

  async function refuseWorkedOn(uuid: string, column: Column): Promise<void> {
    const other = await atWork(column);
    if (other !== null) throw busy(`process ${other.pid} is at work on image ${uuid}`);
  }

  async function setColumn(tx: Tx, uuid: string, standard: string, more: Partial<Row> = {}): Promise<void> {
    await tx
      .updateTable("drives")
      .set({ ...more, standard })
      .where("uuid", "=", uuid)
      .execute();
  }

  return {
    take: (image) =>
      store.transaction(async (tx) => {
        const { uuid } = image;
        const row = await rowOf(tx, uuid);
        if (row !== undefined && row.user !== CLOUD_USER) {
          throw usage(`${uuid} is the uuid of a user's drive: an image needs one of its own`);
        }
        const before = row === undefined ? null : columnOf(row);
        if (row?.phase === "ready") {
          throw busy(`image ${uuid} is imported already: remove it first to replace it`);
        }
        if (before !== null) await refuseWorkedOn(uuid, before);
        const source = before?.work?.source ?? null;
        const values = {
          phase: "creating",
          properties: JSON.stringify({ name: image.name, readers: EVERYBODY } satisfies Kept),
          standard: columnText(image, null, { worker: self, source }),
        } as const;
        if (row === undefined) {
          await tx
            .insertInto("drives")
            .values({
              uuid,
              user: CLOUD_USER,
              size_bytes: 0,
              cipher: "none",
              claim_type: "shared",
              ...values,
            })
            .execute();
          return null;
        }
        await tx.updateTable("drives").set(values).where("uuid", "=", uuid).execute();
        return { source, sizeBytes: row.size_bytes, removing: row.phase === "destroying" };
      }),

    reserve: (uuid, source, sizeBytes, space) =>
      store.transaction(async (tx) => {
        const row = await presentRow(tx, uuid);
        judgeGrowth(await diskRoom(tx, space), sizeBytes - row.size_bytes);
        const column = columnText(columnOf(row), null, { worker: self, source });
        await setColumn(tx, uuid, column, { size_bytes: sizeBytes });
      }),

    letGo: (uuid) =>
      store.transaction(async (tx) => {
        const column = columnOf(await presentRow(tx, uuid));
        const source = column.work?.source ?? null;
        await setColumn(tx, uuid, columnText(column, null, { worker: null, source }));
      }),

    finish: (image, content) =>
      store.transaction((tx) =>
        setColumn(tx, image.uuid, columnText(image, content, null), { phase: "ready" }),
      ),

    beginRemoval: (uuid) =>
      store.transaction(async (tx) => {
        const row = await presentRow(tx, uuid);
        const column = columnOf(row);
        await refuseWorkedOn(uuid, column);
        await refuseClaimed(tx, uuid);
        const work = { worker: self, source: null };
        await setColumn(tx, uuid, columnText(column, null, work), { phase: "destroying" });
        return nameOf(row);
      }),

    forget: (uuid) =>
      store.transaction(async (tx) => {
        await tx.deleteFrom("drives").where("uuid", "=", uuid).where("user", "=", CLOUD_USER).execute();
      }),

    async list() {
      const rows = await store.snapshot((tx) =>
        tx.selectFrom("drives").selectAll().where("user", "=", CLOUD_USER).orderBy("serial").execute(),
      );
      return Promise.all(
        rows.map(async (row) => {
          const column = columnOf(row);
          const { media, format, rawSizeBytes, sha256 } = column;
          const half = (await atWork(column)) === null;
          return {
            uuid: row.uuid,
            name: nameOf(row),
            ...{ media, format, rawSizeBytes, sha256 },
            sizeBytes: row.size_bytes,
            state: row.phase === "ready" ? "ready" : STATES[row.phase][half ? "half" : "whole"],
          };
        }),
      );
    },
  };
}

const STATES = {
  creating: { whole: "being imported", half: "half imported" },
  destroying: { whole: "being removed", half: "half removed" },
} as const;

const rowOf = (tx: Tx, uuid: string) =>
  tx.selectFrom("drives").selectAll().where("uuid", "=", uuid).executeTakeFirst();

type Row = NonNullable<Awaited<ReturnType<typeof rowOf>>>;

/** Errors: `missing`. */
async function presentRow(tx: Tx, uuid: string): Promise<Row> {
  const row = await rowOf(tx, uuid);
  if (row === undefined || row.user !== CLOUD_USER) throw missing(`there is no image ${uuid} here`);
  return row;
}

const columnOf = ({ standard }: Row) => JSON.parse(standard ?? "") as Column;

const nameOf = ({ properties }: Row) => (JSON.parse(properties) as Kept).name ?? "";

function columnText(
  { media, format }: Pick<Standard, "media" | "format">,
  content: Content | null,
  work: Work | null,
): string {
  const { rawSizeBytes = null, sha256 = null } = content ?? {};
  return JSON.stringify({ media, format, rawSizeBytes, sha256, work } satisfies Column);
}
