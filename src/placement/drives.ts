/**
 * Placement: which host an object goes to, and why none will do. The rules are pure: hosts come as data, as many as
 * there are. Here is what servers and drives share, `avoid` (spec: "physical different hardware"), and the rule for
 * drives; that for servers is in `servers/placement.ts`.
 */
import { full } from "../base/errors.ts";
import { type Avoided, byName, hostsApart } from "./hosts.ts";

/**
 * The one host that there is, which every object is on. What is placed takes hosts by name and objects with their
 * host's, so that several need no other rule.
 */
export const ONLY_HOST = "this host";

/** Room on the disk that no drive may take: the store must be able to write. */
export const DISK_RESERVE_BYTES = 64 * 2 ** 20;

/** A host's disk: what drives may take of it, full or empty, and the sizes of all that it holds. */
export type DiskRoom = { readonly name: string; readonly diskBytes: number; readonly promisedBytes: number };

/**
 * The host for a drive: of those that it may be on, the one with most room, by name where two have the same.
 *
 * A drive's size is promised in full, however little it takes yet: a guest must not find the disk full that it was
 * given. No size is beyond every host for good (`usage`): what a disk has changes with what else is on it.
 *
 * Errors: `full`, saying which rule leaves no host.
 */
export function placeDrive(
  sizeBytes: number,
  avoided: readonly Avoided[],
  hosts: readonly DiskRoom[],
): DiskRoom {
  const allowed = hostsApart(hosts, avoided, "there is");
  const [best] = [...allowed].sort((a, b) => roomBytes(b) - roomBytes(a) || byName(a, b));
  if (best === undefined) throw full("there is no host to hold a drive");
  refuseBeyondRoom(best, sizeBytes, allowed.length === hosts.length ? "" : " that avoid allows");
  return best;
}

/** Whether the host has room for so many bytes more. Errors: `full`. */
export function judgeGrowth(host: DiskRoom, moreBytes: number): void {
  if (moreBytes > 0) refuseBeyondRoom(host, moreBytes, "");
}

function roomBytes({ diskBytes, promisedBytes }: DiskRoom): number {
  return Math.max(0, diskBytes - DISK_RESERVE_BYTES - promisedBytes);
}

function refuseBeyondRoom(host: DiskRoom, bytes: number, which: string): void {
  const room = roomBytes(host);
  if (bytes > room) throw full(`there is room for ${room} bytes more on a host${which}, not for ${bytes}`);
}
