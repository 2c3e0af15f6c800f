/** What running servers have read and written on a drive since they started, by QEMU's own counters. */
import { addIo, NO_IO } from "../drives/counters.ts";
import type { Drive } from "../drives/drive.ts";
import type { Host, IoCounters } from "../host/host.ts";
import type { Store } from "../store/store.ts";
import { devicesOf } from "./config.ts";
import type { Config } from "./server.ts";

/** Makes the function that sums it up over the servers that hold a drive. */
export function guestIo(store: Store, host: Host): (drive: Drive) => Promise<IoCounters> {
  const configOf = store.query<{ uuid: string }, { config: string }>((db, param) =>
    db.selectFrom("servers").select("config").where("uuid", "=", param("uuid")),
  );

  async function ioOn(drive: string, server: string): Promise<IoCounters> {
    const [row] = await configOf({ uuid: server });
    if (row === undefined || host.servers.find(server) === null) return NO_IO;
    const index = devicesOf(JSON.parse(row.config) as Config).findIndex((device) => device.drive === drive);
    try {
      return (await host.servers.counters(server)).devices[index] ?? NO_IO;
    } catch (error) {
      // It ended while it was asked: what it did is being added to the drive's own counters.
      if (host.servers.find(server) === null) return NO_IO;
      throw error;
    }
  }

  return async ({ uuid, claimed }) => {
    const parts = await Promise.all(claimed.map((server) => ioOn(uuid, server)));
    return parts.reduce(addIo, NO_IO);
  };
}
