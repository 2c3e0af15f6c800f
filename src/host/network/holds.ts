/**
 * Holds: what each server has on the guests' network, by its uuid. Kept in one small file each, below the runtime
 * directory, so that the next start of the daemon finds what running servers use.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lease } from "../host.ts";

/** A NIC's end: its tap, and once it is admitted the address that it may use. */
export type NicHold = {
  readonly index: number;
  readonly tap: string;
  /** The VLAN that it is in and that one's bridge, null for the guests' own bridge. */
  readonly vlan: { readonly uuid: string; readonly bridge: string } | null;
  readonly lease: LeaseHold | null;
};

/** An address, and the MAC that it is offered to. */
export type LeaseHold = Lease & { readonly mac: string };

/** Where a server's screen is: the overlay address, and the port of its QEMU; `open` when one leads to the other. */
type VncHold = { readonly address: string; readonly port: number; readonly open: boolean };

export type Hold = { readonly nics: readonly NicHold[]; readonly vnc: VncHold | null };

export type Holds = {
  all(): ReadonlyMap<string, Hold>;
  /** All NICs that are held. */
  nics(): NicHold[];
  /** The server's hold; an empty one when it has none. */
  of(server: string): Hold;
  change(server: string, part: Partial<Hold>): void;
  forget(server: string): void;
};

const NOTHING: Hold = { nics: [], vnc: null };

/** Reads the holds that are in the directory, which is made where it is missing. */
export function openHolds(directory: string): Holds {
  mkdirSync(directory, { recursive: true });
  const holds = new Map<string, Hold>();
  for (const file of readdirSync(directory)) {
    if (file.endsWith(".json")) {
      holds.set(file.slice(0, -".json".length), parseHold(readFileSync(join(directory, file), "utf8")));
    }
  }
  const of = (server: string) => holds.get(server) ?? NOTHING;
  return {
    all: () => holds,
    nics: () => [...holds.values()].flatMap(({ nics }) => nics),
    of,
    // Synchronous on purpose: a file this small on a tmpfs takes microseconds, and no other change can come between.
    change(server, part) {
      const hold = { ...of(server), ...part };
      const path = join(directory, `${server}.json`);
      writeFileSync(`${path}.new`, JSON.stringify(hold));
      renameSync(`${path}.new`, path);
      holds.set(server, hold);
    },
    forget(server) {
      rmSync(join(directory, `${server}.json`), { force: true });
      holds.delete(server);
    },
  };
}

/** Reads a hold as any version wrote it: the first knew neither VLANs nor networks but the host's own. */
function parseHold(text: string): Hold {
  const { nics, vnc } = JSON.parse(text) as Hold;
  return {
    nics: nics.map((nic) => ({
      ...nic,
      vlan: nic.vlan ?? null,
      lease: nic.lease === null ? null : { ...nic.lease, network: nic.lease.network ?? null },
    })),
    vnc,
  };
}
