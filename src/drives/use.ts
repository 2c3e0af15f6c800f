/** What a drive counts as, from when it is made until it is destroyed (accounts: what is counted). */
import { beginUse } from "../metering/spans.ts";
import { statement } from "../store/statement.ts";
import type { Tx } from "../store/store.ts";

/** Begins the use of a drive that is there from now on. */
export async function beginDriveUse(tx: Tx, uuid: string, at: number): Promise<void> {
  const { rows } = await sizeOf(tx, { uuid });
  const [row] = rows;
  if (row === undefined) throw new Error(`drive ${uuid} is not there, and counts as made`);
  const { user, size_bytes: bytes } = row;
  await beginUse(tx, { user, resource: "disk", object: uuid, amount: bytes }, at);
  await beginUse(tx, { user, resource: "drives", object: uuid, amount: 1 }, at);
}

const sizeOf = statement<{ uuid: string }, { user: string; size_bytes: number }>((db, param) =>
  db.selectFrom("drives").select(["user", "size_bytes"]).where("uuid", "=", param("uuid")),
);
