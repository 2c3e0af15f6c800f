/**
 * Placement of servers: which host a server starts on, and why none will do. A pure rule over hosts as data (see
 * `hosts.ts`):
 *
 * - A server runs where its drives are: hosts open drives as files of their own.
 * - It shares no host with what it avoids (spec: `avoid:drives`, `avoid:servers`).
 * - Memory is allocated once: a guest may use all that it was given at any moment.
 * - CPU is allocated several times over: `cpu` is the limit of a server's bandwidth, and servers idle most of the time.
 *
 * Of the hosts that are left, the one that keeps most memory free is taken, then the one that keeps most CPU free.
 */
import { full, usage } from "../base/errors.ts";
import { type Capacity, CPU_OVERCOMMIT, mostOf } from "./capacity.ts";
import { type Avoided, byName, hostsApart } from "./hosts.ts";

/** What a server takes of its host. */
export type Need = {
  readonly cpuMhz: number;
  readonly memMib: number;
  /** Virtual processors by number, null where they are calculated for the host (spec: `smp auto`). */
  readonly smp: number | null;
};

/** A drive that a server needs: the key that names it, and the name of its host. */
export type NeededDrive = { readonly key: string; readonly host: string };

/** A host: what it has, and what of it is allocated to servers that start or run. */
export type ServerHostLoad = Capacity & {
  readonly name: string;
  readonly allocatedMhz: number;
  readonly allocatedMemMib: number;
};

/** Refuses what no host could hold if it were empty. Errors: `usage`, naming the key and the most it takes. */
export function ensureHoldable(need: Need, hosts: readonly Capacity[]): void {
  const mosts = hosts.map(mostOf);
  if (mosts.some((most) => isWithin(need, most))) return;
  const most = (part: keyof Need) => Math.max(0, ...mosts.map((host) => host[part]));
  if (need.cpuMhz > most("cpuMhz")) {
    throw usage("exceeds_hosts", `cpu takes at most ${most("cpuMhz")} core MHz: no host has more`, {
      key: "cpu",
    });
  }
  if (need.memMib > most("memMib"))
    throw usage("exceeds_hosts", `mem takes at most ${most("memMib")} MB: no host has more`, { key: "mem" });
  if (need.smp !== null && need.smp > most("smp")) {
    throw usage(
      "exceeds_hosts",
      `smp takes at most ${most("smp")} virtual processors: no host has the cores for more`,
      { key: "smp" },
    );
  }
  throw usage(
    "exceeds_hosts",
    `cpu, mem and smp are each within what a host has, but no host has all of it: ${needText(need)}`,
  );
}

/**
 * The host to start a server on.
 *
 * Errors: `usage` when no host could hold it if it were empty; `full` when none can now, saying which rule leaves none.
 */
export function placeServer(
  need: Need,
  drives: readonly NeededDrive[],
  avoided: readonly Avoided[],
  hosts: readonly ServerHostLoad[],
): ServerHostLoad {
  ensureHoldable(need, hosts);
  const able = hosts.filter((host) => isWithin(need, mostOf(host)));
  const near = hostsOfDrives(able, drives);
  const apart = hostsApart(near, avoided, whichHosts(hosts, drives));
  const free = hostsWithCapacity(need, apart);
  const [best] = [...free].sort(
    (a, b) => freeMemMib(b) - freeMemMib(a) || freeMhz(b) - freeMhz(a) || byName(a, b),
  );
  if (best === undefined) throw full("no_host", "there is no host to start a server on");
  return best;
}

/** Whether a running server's quota may grow by that much on its host. Errors: `full`. */
export function ensureFaster(host: ServerHostLoad, moreMhz: number): void {
  const left = Math.max(0, freeMhz(host));
  if (moreMhz > left)
    throw full("no_cpu_left", `cpu may grow by at most ${left} core MHz now: its host has no more to give`);
}

function isWithin(need: Need, most: ReturnType<typeof mostOf>): boolean {
  return need.cpuMhz <= most.cpuMhz && need.memMib <= most.memMib && (need.smp ?? 1) <= most.smp;
}

/** Errors: `full` when no one host has all of the drives. */
function hostsOfDrives(
  able: readonly ServerHostLoad[],
  drives: readonly NeededDrive[],
): readonly ServerHostLoad[] {
  const [first] = drives;
  const elsewhere = drives.find(({ host }) => host !== first?.host);
  if (first === undefined) return able;
  if (elsewhere !== undefined) {
    throw full(
      "drives_on_other_hosts",
      `${first.key} and ${elsewhere.key} name drives on different hosts: a server runs where they are`,
    );
  }
  const near = able.filter(({ name }) => name === first.host);
  if (near.length === 0)
    throw full("host_too_small", `the host that has the drive of ${first.key} is too small for this server`);
  return near;
}

/** Which hosts are left to choose from, completing "every host that …". */
function whichHosts(hosts: readonly ServerHostLoad[], drives: readonly NeededDrive[]): string {
  if (hosts.length === 1) return "there is";
  return drives.length > 0 ? "has its drives" : "is big enough";
}

/** Errors: `full`. */
function hostsWithCapacity(need: Need, hosts: readonly ServerHostLoad[]): readonly ServerHostLoad[] {
  const withMemory = hosts.filter((host) => need.memMib <= freeMemMib(host));
  if (withMemory.length === 0) {
    const left = Math.max(0, ...hosts.map(freeMemMib));
    throw full("no_memory_left", `mem takes at most ${left} MB now: no host has more to give`);
  }
  const withBoth = withMemory.filter((host) => need.cpuMhz <= freeMhz(host));
  if (withBoth.length === 0) {
    const left = Math.max(0, ...withMemory.map(freeMhz));
    const which = withMemory.length < hosts.length ? " that has the memory" : "";
    throw full("no_cpu_left", `cpu takes at most ${left} core MHz now: no host${which} has more to give`);
  }
  return withBoth;
}

/** What is left of a host for servers. */
const freeMemMib = (host: ServerHostLoad) => mostOf(host).memMib - host.allocatedMemMib;
const freeMhz = (host: ServerHostLoad) => mostOf(host).cpuMhz * CPU_OVERCOMMIT - host.allocatedMhz;

const needText = ({ cpuMhz, memMib, smp }: Need) =>
  `cpu ${cpuMhz}, mem ${memMib}${smp === null ? "" : ` and smp ${smp}`}`;
