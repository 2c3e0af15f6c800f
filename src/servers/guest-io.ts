/** What running servers have read and written on a drive since they started, by QEMU's own counters. */
import { addIo, NO_IO } from "../drives/counters.ts";
import type { Drive } from "../drives/drive.ts";
import type { IoCounters } from "../host/host.ts";
import type { Hosts } from "../hosts/hosts.ts";
import type { ServerRecords } from "./records.ts";

/** Makes the function that sums it up over the servers that hold a drive. */
export function guestIo(records: ServerRecords, hosts: Hosts): (drive: Drive) => Promise<IoCounters> {
  async function ioOn(drive: string, uuid: string): Promise<IoCounters> {
    const server = await records.find(uuid);
    const device = server?.configuration.devices.find((entry) => entry.drive === drive);
    if (server === null || device === undefined) return NO_IO;
    const live = await hosts.get(server.host).servers.live(uuid);
    // Of one that has ended, what it did is being added to the drive's own counters.
    return live?.counters.devices[device.key] ?? NO_IO;
  }

  return async ({ uuid, claimed }) => {
    const parts = await Promise.all(claimed.map((server) => ioOn(uuid, server)));
    return parts.reduce(addIo, NO_IO);
  };
}
