/**
 * The network state: what each server has on the guests' network, by its uuid. All rules, routes, offers and devices are
 * made from it. Kept in one small file each, below the runtime directory, so that the next start of the daemon finds
 * what running servers use.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { replaceVolatileFileSync } from "../../base/atomic-file.ts";
import { checkAddress, checkLease, type NicLease } from "./lease.ts";
import type { Layout } from "./subnet.ts";

/** A NIC's end: its tap, and once it is admitted the address that it may use. */
export type NicState = {
  readonly index: number;
  readonly tap: string;
  /** The uid that may open the tap, null for the cloud's own. */
  readonly owner: number | null;
  /** The VLAN that it is in and that one's bridge, null for the guests' own bridge. */
  readonly vlan: { readonly uuid: string; readonly bridge: string } | null;
  readonly lease: NicLease | null;
  /** The counter of what it sends and receives at the uplink; null in a VLAN, and of one that an earlier version made. */
  readonly counter: string | null;
};

/** Where a server's screen is: the overlay address, and where its QEMU listens; `open` when one leads to the other. */
type VncState = {
  readonly address: string;
  readonly port: number;
  /** Null of one that an earlier version launched: at the namespace's end of the uplink. */
  readonly listens: string | null;
  readonly open: boolean;
};

/** What one server has. */
export type ServerNetwork = { readonly nics: readonly NicState[]; readonly vnc: VncState | null };

const NOTHING: ServerNetwork = { nics: [], vnc: null };

/** Leases are checked by `checkLease` besides. The first version knew neither owners nor VLANs nor networks but the host's own. */
const FILE = z.object({
  nics: z.array(
    z.object({
      index: z.int().nonnegative(),
      tap: z.string().regex(/^[tv]\d{1,9}$/),
      owner: z.int().nonnegative().nullable().default(null),
      vlan: z
        .object({ uuid: z.string(), bridge: z.string().regex(/^vlan\d{1,9}$/) })
        .nullable()
        .default(null),
      lease: z
        .object({
          mac: z.string(),
          address: z.string(),
          network: z
            .object({ prefix: z.number(), gateway: z.string(), nameservers: z.array(z.string()) })
            .nullable()
            .default(null),
        })
        .nullable(),
      counter: z
        .string()
        .regex(/^c[0-9a-f]{16}$/)
        .nullable()
        .default(null),
    }),
  ),
  vnc: z
    .object({
      address: z.string(),
      port: z.int().min(1).max(65535),
      listens: z.string().nullable().default(null),
      open: z.boolean(),
    })
    .nullable(),
});

export class NetworkState {
  readonly #directory: string;
  readonly #servers = new Map<string, ServerNetwork>();

  /**
   * Reads the state that is in the directory, which is made where it is missing. A file that is damaged is that
   * server's loss alone: the server is known, has nothing any more, and `warn` is called.
   */
  constructor(directory: string, layout: Layout, warn: (message: string, error: unknown) => void) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
    for (const file of readdirSync(directory)) {
      if (!file.endsWith(".json")) continue;
      const server = file.slice(0, -".json".length);
      try {
        this.#servers.set(server, parseState(readFileSync(join(directory, file), "utf8"), layout));
      } catch (error) {
        this.#servers.set(server, NOTHING);
        warn(`what server ${server} had on the guests' network is lost: its file is damaged`, error);
      }
    }
  }

  /** The uuids of all servers that have something. */
  servers(): string[] {
    return [...this.#servers.keys()];
  }

  /** What all of them have. */
  all(): Iterable<ServerNetwork> {
    return this.#servers.values();
  }

  nics(): NicState[] {
    return [...this.all()].flatMap(({ nics }) => nics);
  }

  has(server: string): boolean {
    return this.#servers.has(server);
  }

  /** What the server has: of one that is not known, nothing. */
  of(server: string): ServerNetwork {
    return this.#servers.get(server) ?? NOTHING;
  }

  /** Synchronous on purpose: a file this small on a tmpfs takes microseconds, and no other change can come between. */
  change(server: string, part: Partial<ServerNetwork>): void {
    const changed = { ...this.of(server), ...part };
    replaceVolatileFileSync(this.#fileOf(server), JSON.stringify(changed), { mode: 0o600 });
    this.#servers.set(server, changed);
  }

  forget(server: string): void {
    rmSync(this.#fileOf(server), { force: true });
    this.#servers.delete(server);
  }

  #fileOf(server: string): string {
    return join(this.#directory, `${server}.json`);
  }
}

/** The servers of a folder of such files by the counters of their NICs; of a damaged file nothing. */
export function countersIn(directory: string): ReadonlyMap<string, string> {
  const counters = new Map<string, string>();
  for (const file of existsSync(directory) ? readdirSync(directory) : []) {
    try {
      const { nics } = FILE.parse(JSON.parse(readFileSync(join(directory, file), "utf8")));
      for (const { counter } of nics)
        if (counter !== null) counters.set(counter, file.replace(/\.json$/, ""));
    } catch {
      // Whoever opens the state tells of it.
    }
  }
  return counters;
}

/** Reads a server's state as any version wrote it. Errors: it is none. */
function parseState(text: string, layout: Layout): ServerNetwork {
  const state = FILE.parse(JSON.parse(text));
  for (const { lease } of state.nics) if (lease !== null) checkLease(layout, lease);
  if (state.vnc !== null) checkAddress(state.vnc.address);
  if (state.vnc !== null && state.vnc.listens !== null) checkAddress(state.vnc.listens);
  return state;
}
