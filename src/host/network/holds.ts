/**
 * Holds: what each server has on the guests' network, by its uuid. Kept in one small file each, below the runtime
 * directory, so that the next start of the daemon finds what running servers use.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A NIC's end: its tap, and once it is admitted the address that it may use. */
type NicHold = {
  readonly index: number;
  readonly tap: string;
  readonly lease: { readonly mac: string; readonly address: string } | null;
};

/** Where a server's screen is: the overlay address, and the port of its QEMU; `open` when one leads to the other. */
type VncHold = { readonly address: string; readonly port: number; readonly open: boolean };

export type Hold = { readonly nics: readonly NicHold[]; readonly vnc: VncHold | null };

export type Holds = {
  all(): ReadonlyMap<string, Hold>;
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
      holds.set(
        file.slice(0, -".json".length),
        JSON.parse(readFileSync(join(directory, file), "utf8")) as Hold,
      );
    }
  }
  const of = (server: string) => holds.get(server) ?? NOTHING;
  return {
    all: () => holds,
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
