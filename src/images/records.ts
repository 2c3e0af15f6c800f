/**
 * Standard images as their operator keeps them: how one comes into the store, and how it leaves it. Users see of it what
 * is `ready`; what is `creating` is being imported, or was, and what is `destroying` is being removed.
 */

import type { Attributes } from "../api/attributes.ts";
import { EVERYBODY } from "../api/authorize.ts";
import { ensure } from "../api/reason.ts";
import { busy, usage } from "../base/errors.ts";
import { CLOUD_USER } from "../base/ids.ts";
import { driveCan } from "../drives/can.ts";
import { findDrive } from "../drives/rows.ts";
import { operationOn } from "../operations/operation.ts";
import type { Store, Tx } from "../store/store.ts";
import { type Here, isHeld, newLease, type Owner } from "./lease.ts";
import { LeasedImage } from "./leased-image.ts";
import {
  type Column,
  changeRow,
  columnOf,
  columnText,
  type Description,
  nameOf,
  presentRow,
  type Row,
  rowOf,
} from "./row.ts";

/** What an earlier import left; a removal that was cut off leaves files too. */
export type Leftover = {
  readonly source: string | null;
  readonly sizeBytes: number;
  readonly removing: boolean;
};

/** An image as the operator sees it. */
export type KnownImage = Description & {
  readonly state: "ready" | "being imported" | "half imported" | "being removed" | "half removed";
  readonly sizeBytes: number;
  readonly rawSizeBytes: number | null;
  readonly sha256: string | null;
  /** What is being done for it, of one that is being built. */
  readonly step: string | null;
  /** Why it could not be built, where that was told: not where the daemon was killed. */
  readonly error: string | null;
};

export class ImageRecords {
  readonly #store: Store;
  readonly #here: Here;

  constructor(store: Store, here: Here) {
    this.#store = store;
    this.#here = here;
  }

  /**
   * Takes the image up for its import, and answers what an earlier one left. Errors: `busy` when its content is there
   * or another process works on it; `usage` when a user's drive has the uuid.
   */
  take(image: Description): Promise<{ leased: LeasedImage; leftover: Leftover | null }> {
    const owner = newLease(this.#here);
    const leased = new LeasedImage(this.#store, image.uuid, owner, this.#here.nowMs);
    return this.#store.transaction(
      async (tx) => {
        const row = await rowOf(tx, image.uuid);
        const source = row === undefined ? null : ((await this.#takeable(tx, row)).work?.source ?? null);
        const values = {
          phase: "creating",
          properties: JSON.stringify({ name: image.name, readers: EVERYBODY } satisfies Attributes),
          standard: columnText(image, null, { owner, source, said: null }),
        } as const;
        if (row !== undefined) {
          await changeRow(tx, image.uuid, values.standard, values);
          return {
            leased,
            leftover: { source, sizeBytes: row.size_bytes, removing: row.phase === "destroying" },
          };
        }
        const columns = { size_bytes: 0, cipher: "none", claim_type: "shared" } as const;
        await tx
          .insertInto("drives")
          .values({ uuid: image.uuid, user: CLOUD_USER, ...columns, ...values })
          .execute();
        return { leased, leftover: null };
      },
      { grows: true },
    );
  }

  /** Begins the image's removal. Errors: `missing`; `busy` when a server uses it or another process works on it. */
  beginRemoval(uuid: string): Promise<{ leased: LeasedImage; name: string }> {
    const owner = newLease(this.#here);
    return this.#store.transaction(async (tx) => {
      const row = await presentRow(tx, uuid);
      const column = columnOf(row);
      await this.#ensureFree(tx, uuid, column);
      await ensureUnused(tx, uuid);
      const work = { owner, source: null, said: null };
      await changeRow(tx, uuid, columnText(column, null, work), { phase: "destroying" });
      return { leased: new LeasedImage(this.#store, uuid, owner, this.#here.nowMs), name: nameOf(row) };
    });
  }

  /** One of them. Errors: `missing`. */
  async known(uuid: string): Promise<KnownImage> {
    return this.#known(await this.#store.snapshot((tx) => presentRow(tx, uuid)));
  }

  /** All that there are, in the order in which they came. */
  async list(): Promise<readonly KnownImage[]> {
    const rows = await this.#store.snapshot((tx) =>
      tx.selectFrom("drives").selectAll().where("user", "=", CLOUD_USER).orderBy("serial").execute(),
    );
    return Promise.all(rows.map((row) => this.#known(row)));
  }

  async #known(row: Row): Promise<KnownImage> {
    const column = columnOf(row);
    const { media, format, rawSizeBytes, sha256 } = column;
    const isWorkedOn = (await this.#holder(column)) !== null;
    const { said = null, owner = null } = column.work ?? {};
    return {
      ...{ uuid: row.uuid, name: nameOf(row), media, format, rawSizeBytes, sha256 },
      sizeBytes: row.size_bytes,
      step: isWorkedOn ? said : null,
      error: owner === null ? said : null,
      state: row.phase === "ready" ? "ready" : STATES[row.phase][isWorkedOn ? "whole" : "half"],
    };
  }

  async #takeable(tx: Tx, row: Row): Promise<Column> {
    if (row.user !== CLOUD_USER) {
      throw usage(`${row.uuid} is the uuid of a user's drive: an image needs one of its own`);
    }
    if (row.phase === "ready") {
      throw busy("image_present", `image ${row.uuid} is imported already: remove it first to replace it`);
    }
    const column = columnOf(row);
    await this.#ensureFree(tx, row.uuid, column);
    return column;
  }

  async #ensureFree(tx: Tx, uuid: string, column: Column): Promise<void> {
    if ((await operationOn(tx, uuid)) !== null)
      throw busy("image_unfinished", `the daemon is at work on image ${uuid}`);
    const holder = await this.#holder(column);
    if (holder === null) return;
    const where = holder.machine === this.#here.machine ? "" : " of another machine";
    throw busy("image_unfinished", `process ${holder.pid}${where} is at work on image ${uuid}`);
  }

  async #holder({ work }: Column): Promise<Owner | null> {
    return work?.owner && (await isHeld(work.owner, this.#here)) ? work.owner : null;
  }
}

/** Errors: `busy` while a server uses the image, or it is imaged from. */
export async function ensureUnused(tx: Tx, uuid: string): Promise<void> {
  const drive = await findDrive(tx, uuid);
  if (drive === null) return;
  ensure(driveCan.destroy(drive));
  if (drive.imagedOnto.length > 0) throw busy("drive_imaged_from", `image ${uuid} is being imaged from`);
}

const STATES = {
  creating: { whole: "being imported", half: "half imported" },
  destroying: { whole: "being removed", half: "half removed" },
} as const;
