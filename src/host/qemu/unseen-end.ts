/**
 * When a QEMU ended while no daemon was there: one that ends in order removes its sockets, where it may, so that their
 * folder has changed then. One that was killed, or whose folder is sealed against it, leaves nothing that says.
 */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { uptime } from "node:os";
import type { RunDirectory } from "./run-directory.ts";

/**
 * In seconds since the machine's boot; null where nothing says.
 *
 * @param seenBootS when a daemon saw it run last; null where nobody knows
 */
export async function unseenEnd(
  { socketFolder, sockets }: RunDirectory,
  seenBootS: number | null,
): Promise<number | null> {
  if (existsSync(sockets.qmp)) return null;
  const folder = await stat(socketFolder).catch(() => null);
  if (folder === null) return null;
  // Files have the time of the clock that is set: where it was set since, they may say what cannot be.
  const agoS = (Date.now() - folder.mtimeMs) / 1000;
  return agoS < 0 ? null : Math.max(seenBootS ?? 0, uptime() - agoS);
}
