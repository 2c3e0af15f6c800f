/** Folders of a mode that holds whatever the umask is, and whatever it was when the folder was made. */
import { chmodSync, mkdirSync } from "node:fs";

/**
 * Everybody may pass through the folder, who knows the name of what they want, and only its owner lists it: QEMU, as
 * another user, reaches its own files and sockets so.
 */
export const PASSABLE = 0o711;

/** Makes the folder with those above it where they are missing; one that is there gets the mode. */
export function ensureFolder(path: string, mode: number): void {
  mkdirSync(path, { recursive: true, mode });
  chmodSync(path, mode);
}
