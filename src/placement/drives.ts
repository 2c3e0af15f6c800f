/**
 * Placement of drives: which host a drive goes to, and why none will do. The rule is pure: hosts come as data, as many as
 * there are. What it shares with that for servers is in `hosts.ts`.
 */
import { full } from "../base/errors.ts";
import { type Avoided, byName, hostsApart } from "./hosts.ts";

/** Space on the disk that no drive may take: the store must be able to write. */
export const DISK_RESERVE_BYTES = 64 * 2 ** 20;

/** A host's disk: what drives may take of it, full or empty, and the sizes of all that it holds. */
export type DiskCapacity = {
  readonly name: string;
  readonly diskBytes: number;
  readonly allocatedDiskBytes: number;
};

/**
 * The host for a drive: of those that it may be on, the one with most free space, by name where two have the same.
 *
 * A drive's size is allocated in full, however little it takes yet: a guest must not find the disk full that it was
 * given. No size is beyond every host for good (`usage`): what a disk has changes with what else is on it.
 *
 * Errors: `full`, saying which rule leaves no host.
 */
export function placeDrive(
  sizeBytes: number,
  avoided: readonly Avoided[],
  hosts: readonly DiskCapacity[],
): DiskCapacity {
  const allowed = hostsApart(hosts, avoided, "there is");
  const [best] = [...allowed].sort((a, b) => freeBytes(b) - freeBytes(a) || byName(a, b));
  if (best === undefined) throw full("no_host", "there is no host to hold a drive");
  ensureFree(best, sizeBytes, allowed.length === hosts.length ? "" : " that avoid allows");
  return best;
}

/** Whether the host has so many bytes more to give. Errors: `full`. */
export function ensureGrowth(host: DiskCapacity, moreBytes: number): void {
  if (moreBytes > 0) ensureFree(host, moreBytes, "");
}

function freeBytes({ diskBytes, allocatedDiskBytes }: DiskCapacity): number {
  return Math.max(0, diskBytes - DISK_RESERVE_BYTES - allocatedDiskBytes);
}

function ensureFree(host: DiskCapacity, bytes: number, which: string): void {
  const free = freeBytes(host);
  if (bytes > free) {
    throw full("no_disk_space", `there is room for ${free} bytes more on a host${which}, not for ${bytes}`);
  }
}
