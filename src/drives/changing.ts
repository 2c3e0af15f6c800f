/**
 * A drive whose bytes its host may still change is nobody's to use meanwhile: while its size is changed, and from when an
 * imaging onto it is ended until its host has ended the job. That job may be on its way to the host, and would write over
 * whatever was written before it.
 */
import { busy, type LodgeError } from "../base/errors.ts";
import { describeOperation, operationOn } from "../operations/operation.ts";
import type { Tx } from "../store/store.ts";

/** The action that changes its size. */
export const RESIZE = "resize";
/** The action that ends the job of an imaging whose source is its owner's to change. */
export const END_COPY = "end copy";

/** The actions, each with the code of the error for whoever would use the drive. */
const CODES: ReadonlyMap<string, "drive_resizing" | "drive_imaged"> = new Map([
  [RESIZE, "drive_resizing"],
  [END_COPY, "drive_imaged"],
]);

export const CHANGING: readonly string[] = [...CODES.keys()];

/** Why the drive cannot be used while the action is under way; null where it can. */
export function changing(uuid: string, action: string): LodgeError | null {
  const code = CODES.get(action);
  return code === undefined ? null : busy(code, describeOperation({ noun: "drive", object: uuid, action }));
}

/** Errors: `busy` while its host may still change the drive's bytes. */
export async function ensureNotChanging(tx: Tx, uuid: string): Promise<void> {
  const error = changing(uuid, (await operationOn(tx, uuid))?.action ?? "");
  if (error !== null) throw error;
}
