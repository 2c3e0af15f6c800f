/**
 * Placement: which host an object goes to, and why none will do. The rules are pure: hosts come as data, as many as
 * there are. Here is what servers and drives share, `avoid` (spec: "physical different hardware"), and the rule for
 * drives; that for servers is in `servers/placement.ts`.
 */
import { full } from "../base/errors.ts";

/**
 * The one host that there is, which every object is on. What is placed takes hosts by name and objects with their
 * host's, so that several need no other rule.
 */
export const ONLY_HOST = "this host";

/** Room on the disk that no drive may take: the store must be able to write. */
export const DISK_RESERVE_BYTES = 64 * 2 ** 20;

/** How many of the objects that are in the way a sentence names. */
const NAMED_IN_A_SENTENCE = 3;

/** An object that is not to share a host with what is placed, and the key that names it. */
export type Avoided = {
  readonly key: string;
  readonly noun: "drive" | "server";
  readonly uuid: string;
  /** The name of the host that it is on. */
  readonly host: string;
};

/** A host's disk: what drives may take of it, full or empty, and the sizes of all that it holds. */
export type DiskCapacity = {
  readonly name: string;
  readonly diskBytes: number;
  readonly allocatedDiskBytes: number;
};

/**
 * The host for a drive: of those that it may be on, the one with most room, by name where two have the same.
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
  if (best === undefined) throw full("there is no host to hold a drive");
  ensureFree(best, sizeBytes, allowed.length === hosts.length ? "" : " that avoid allows");
  return best;
}

/** Whether the host has room for so many bytes more. Errors: `full`. */
export function ensureGrowth(host: DiskCapacity, moreBytes: number): void {
  if (moreBytes > 0) ensureFree(host, moreBytes, "");
}

/**
 * The hosts that hold none of the avoided objects.
 *
 * @param which says which hosts these are, completing "every host that …"
 *
 * Errors: `full`, naming what is in the way.
 */
export function hostsApart<Host extends { readonly name: string }>(
  hosts: readonly Host[],
  avoided: readonly Avoided[],
  which: string,
): readonly Host[] {
  const apart = hosts.filter(({ name }) => avoided.every(({ host }) => host !== name));
  if (apart.length > 0 || hosts.length === 0) return apart;
  const inTheWay = hosts.flatMap(({ name }) => avoided.find(({ host }) => host === name) ?? []);
  const [first] = inTheWay;
  if (first !== undefined && hosts.length === 1) {
    throw full(`${first.key} cannot be met: ${first.noun} ${first.uuid} is on the only host that ${which}`);
  }
  const keys = [...new Set(inTheWay.map(({ key }) => key))];
  const named = inTheWay.slice(0, NAMED_IN_A_SENTENCE).map(({ noun, uuid }) => `${noun} ${uuid}`);
  const more = inTheWay.length > named.length ? " and others" : "";
  throw full(
    `${keys.join(" and ")} cannot be met: every host that ${which} has one of ${named.join(", ")}${more}`,
  );
}

/** The order of hosts where nothing else tells them apart, so that the same question has the same answer. */
export const byName = (a: { readonly name: string }, b: { readonly name: string }) =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;

function freeBytes({ diskBytes, allocatedDiskBytes }: DiskCapacity): number {
  return Math.max(0, diskBytes - DISK_RESERVE_BYTES - allocatedDiskBytes);
}

function ensureFree(host: DiskCapacity, bytes: number, which: string): void {
  const room = freeBytes(host);
  if (bytes > room) throw full(`there is room for ${room} bytes more on a host${which}, not for ${bytes}`);
}
