/**
 * A server's counters: its drives' from QEMU (QMP `query-blockstats`), its NICs' from their taps, seen from the other
 * end: what the tap sent is what the guest received. User-mode networking counts nothing, and is answered as 0.
 */
import { z } from "zod";
import type { IoCounters, ServerCounters } from "../host.ts";
import type { DeviceRecord } from "./record.ts";

/** More than any server counts: a pebibyte. What one counts is added to what its drives did before. */
const COUNT = z
  .int()
  .nonnegative()
  .max(2 ** 50);

/** What `query-blockstats` tells of the devices; `qdev` is the id of one, or a path in QEMU's tree of objects. */
export const BLOCK_STATS = z.array(
  z.object({
    qdev: z.string().optional(),
    stats: z.object({ rd_bytes: COUNT, rd_operations: COUNT, wr_bytes: COUNT, wr_operations: COUNT }),
  }),
);

export type BlockStats = z.infer<typeof BLOCK_STATS>[number];

export type NicCounters = Pick<ServerCounters, "rxBytes" | "rxPackets" | "txBytes" | "txPackets">;

const NO_IO: IoCounters = { readBytes: 0, readRequests: 0, writeBytes: 0, writeRequests: 0 };

/** Those of a server of which nothing is known. */
export function noCounters(devices: readonly Pick<DeviceRecord, "key">[]): ServerCounters {
  return {
    ...{ rxBytes: 0, rxPackets: 0, txBytes: 0, txPackets: 0 },
    devices: Object.fromEntries(devices.map(({ key }) => [key, NO_IO])),
  };
}

/** The counters of the devices, by their keys. */
export function deviceCounters(
  stats: readonly BlockStats[],
  devices: readonly Pick<DeviceRecord, "key" | "id">[],
): Record<string, IoCounters> {
  return Object.fromEntries(
    devices.map(({ key, id }) => {
      const found = stats.find(({ qdev }) => qdev === id || qdev?.startsWith(`/machine/peripheral/${id}/`));
      return [key, found === undefined ? NO_IO : ioOf(found)];
    }),
  );
}

const ioOf = ({ stats }: BlockStats): IoCounters => ({
  readBytes: stats.rd_bytes,
  readRequests: stats.rd_operations,
  writeBytes: stats.wr_bytes,
  writeRequests: stats.wr_operations,
});

/** The sums over the named taps, from the text of the namespace's `net/dev` (proc_pid_net(5)). */
export function nicCounters(netDev: string, taps: readonly string[]): NicCounters {
  const sums = { rxBytes: 0, rxPackets: 0, txBytes: 0, txPackets: 0 };
  for (const line of netDev.split("\n")) {
    const [name = "", ...rest] = line.trim().split(/:\s*|\s+/);
    if (!taps.includes(name)) continue;
    sums.txBytes += Number(rest[0]);
    sums.txPackets += Number(rest[1]);
    sums.rxBytes += Number(rest[8]);
    sums.rxPackets += Number(rest[9]);
  }
  return sums;
}
