/** A drive between two phases, as its operation sees it. */
import { Overtaken } from "../../operations/operation.ts";
import type { Tx } from "../../store/store.ts";
import type { DrivesTable } from "../../store/tables.ts";
import { type Drive, driveOf } from "../drive.ts";

/** Errors: Overtaken, when the drive is in another phase by now, or gone. */
export async function driveBeing(tx: Tx, uuid: string, phase: DrivesTable["phase"]): Promise<Drive> {
  const row = await tx
    .selectFrom("drives")
    .selectAll()
    .where("uuid", "=", uuid)
    .where("phase", "=", phase)
    .executeTakeFirst();
  if (row === undefined) throw new Overtaken({ object: uuid, action: phase, generation: 0 });
  return driveOf(row, []);
}
