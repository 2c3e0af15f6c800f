/** A standard image's row among the drives', and the JSON in its column `standard`. */
import { z } from "zod";
import { readAttributes } from "../api/attributes.ts";
import { missing } from "../base/errors.ts";
import { CLOUD_USER } from "../base/ids.ts";
import { type Standard, type StandardColumn, UNFINISHED } from "../drives/drive.ts";
import { changeRow as changeDriveRow } from "../drives/rows.ts";
import type { Tx } from "../store/store.ts";
import { ownerSchema } from "./lease.ts";

/** What is said of an image before its content is there. */
export type Description = {
  readonly uuid: string;
  readonly name: string;
  readonly media: Standard["media"];
  readonly format: Standard["format"];
};

/** What a content turned out to be. */
export type Content = Pick<Standard, "sha256" | "rawSizeBytes">;

const workSchema = z.object({
  /** Who works on the image, if anybody does. */
  owner: ownerSchema.nullable().default(null),
  /** What its content comes from, as precisely as it can be named. */
  source: z.string().nullable(),
  /** What was last said of it: of a build the step it is at, or why it broke off. */
  said: z.string().nullable().default(null),
});

export type Work = z.infer<typeof workSchema>;

const columnSchema = UNFINISHED.extend({ work: workSchema.nullable() });

export type Column = StandardColumn & { readonly work: Work | null };

const anyRow = (tx: Tx, uuid: string) =>
  tx.selectFrom("drives").selectAll().where("uuid", "=", uuid).executeTakeFirst();

export type Row = NonNullable<Awaited<ReturnType<typeof anyRow>>>;

/** The row with this uuid, which may be that of a user's drive. */
export const rowOf: (tx: Tx, uuid: string) => Promise<Row | undefined> = anyRow;

/** The row of an image. Errors: `missing`. */
export async function presentRow(tx: Tx, uuid: string): Promise<Row> {
  const row = await rowOf(tx, uuid);
  if (row === undefined || row.user !== CLOUD_USER)
    throw missing("no_such_image", `there is no image ${uuid} here`);
  return row;
}

/** Changes the row; `column` is what `columnText` writes. */
export async function changeRow(
  tx: Tx,
  uuid: string,
  column: string,
  more: Partial<Row> = {},
): Promise<void> {
  await changeDriveRow(tx, uuid, { ...more, standard: column });
}

/** Errors: one that names the image whose column is not of this form. */
export function columnOf({ uuid, standard }: Pick<Row, "uuid" | "standard">): Column {
  try {
    return columnSchema.parse(JSON.parse(standard ?? "null"));
  } catch (cause) {
    throw new Error(`the store has a damaged row of image ${uuid}`, { cause });
  }
}

export function columnText(
  { media, format }: Pick<Standard, "media" | "format">,
  content: Content | null,
  work: Work | null,
): string {
  const { rawSizeBytes = null, sha256 = null } = content ?? {};
  return JSON.stringify({ media, format, rawSizeBytes, sha256, work } satisfies Column);
}

export const nameOf = ({ properties }: Pick<Row, "properties">) =>
  readAttributes(properties, "an image").name ?? "";
