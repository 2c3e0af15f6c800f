/**
 * Shared drives that servers use (claim:type shared): each stays open in the storage daemon for as long as any server
 * does, and is opened again at once when the daemon is lost, for the servers wait for it.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { DriveImage } from "../host.ts";
import type { NbdAddress } from "../wire/nbd.ts";
import type { Exports } from "./exports.ts";

const RETRY_MS = 500;

export type SharedDrives = {
  /** Opens the drive for a server and answers where it is. */
  hold(server: string, drive: DriveImage): Promise<NbdAddress>;
  /** Ends all that the server holds. */
  letGo(server: string): void;
  isHeld(uuid: string): boolean;
  /** Nobody holds the drive any more, whatever was said before. */
  forget(uuid: string): void;
  /** Opens all of them again, after the daemon was lost; tries until it comes about or nobody needs them. */
  restore(): void;
  close(): void;
};

type Hold = { readonly drive: DriveImage; readonly servers: Set<string> };

/** @param onTrouble is told why a drive could not be opened again yet. */
export function sharedDrives(exports: Exports, onTrouble: (error: unknown) => void): SharedDrives {
  const holds = new Map<string, Hold>();
  let losses = 0;
  let restoring = false;
  const closed = new AbortController();

  function end(uuid: string): void {
    holds.delete(uuid);
    exports.letGo(uuid);
  }

  function letGo(server: string): void {
    for (const [uuid, { servers }] of holds) {
      if (servers.delete(server) && servers.size === 0) end(uuid);
    }
  }

  async function reopen({ drive }: Hold): Promise<void> {
    await exports.hold(drive);
    // It may have been let go meanwhile.
    if (!holds.has(drive.uuid)) exports.letGo(drive.uuid);
  }

  async function reopenAll(): Promise<void> {
    for (let seen = -1; seen !== losses; ) {
      seen = losses;
      const outcomes = await Promise.allSettled([...holds.values()].map(reopen));
      const fault = outcomes.find((outcome) => outcome.status === "rejected");
      if (fault === undefined) continue;
      seen = -1;
      onTrouble(fault.reason);
      await delay(RETRY_MS, undefined, { signal: closed.signal, ref: false });
    }
  }

  return {
    async hold(server, drive) {
      const hold = holds.get(drive.uuid) ?? { drive, servers: new Set<string>() };
      holds.set(drive.uuid, hold);
      hold.servers.add(server);
      try {
        return await exports.hold(drive);
      } catch (error) {
        hold.servers.delete(server);
        if (hold.servers.size === 0) end(drive.uuid);
        throw error;
      }
    },
    letGo,
    isHeld: (uuid) => holds.has(uuid),
    forget: end,
    restore() {
      losses++;
      if (restoring || holds.size === 0 || closed.signal.aborted) return;
      restoring = true;
      reopenAll()
        .catch((error: unknown) => {
          if (!closed.signal.aborted) onTrouble(error);
        })
        .finally(() => {
          restoring = false;
        });
    },
    close: () => closed.abort(),
  };
}
