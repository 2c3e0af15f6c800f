/** Folders of a mode that holds whatever the umask is, and whatever it was when the folder was made. */
import { chmodSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { syncFolder } from "./atomic-file.ts";

/**
 * Everybody may pass through the folder, who knows the name of what they want, and only its owner lists it: QEMU, as
 * another user, reaches its own files and sockets so.
 */
export const PASSABLE = 0o711;

/** Makes the folder with those above it where they are missing; they are on stable storage when this answers. */
export function makeLastingFolder(path: string, mode: number): void {
  const first = mkdirSync(path, { recursive: true, mode });
  if (first === undefined) return;
  const above = dirname(resolve(first));
  for (let made = resolve(path); made !== above; made = dirname(made)) syncFolder(dirname(made));
}

/** Makes the folder with those above it where they are missing; one that is there gets the mode. */
export function ensureFolder(path: string, mode: number): void {
  mkdirSync(path, { recursive: true, mode });
  chmodSync(path, mode);
}
