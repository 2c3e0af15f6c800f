/** A drive whose size is being changed is nobody's to use meanwhile. */
import { busy, type LodgeError } from "../base/errors.ts";
import { operationOn } from "../operations/operation.ts";
import type { Tx } from "../store/store.ts";

/** The action that changes it. */
export const RESIZE = "resize";

export const resizing = (uuid: string): LodgeError =>
  busy("drive_resizing", `drive ${uuid} is being resized`);

/** Errors: `busy` while the drive is being resized. */
export async function ensureNotResizing(tx: Tx, uuid: string): Promise<void> {
  if ((await operationOn(tx, uuid))?.action === RESIZE) throw resizing(uuid);
}
