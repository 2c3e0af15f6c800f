/**
 * A server's counters: its drives' from QEMU (QMP `query-blockstats`), its NICs' from their taps, seen from the other
 * end: what the tap sent is what the guest received. User-mode networking counts nothing, and is answered as 0.
 */
import { readFile } from "node:fs/promises";
import type { IoCounters, ServerCounters } from "../host.ts";

/** What `query-blockstats` tells of a device; `qdev` is its id, or a path in QEMU's tree of objects. */
export type BlockStats = {
  readonly qdev?: string;
  readonly stats: {
    readonly rd_bytes: number;
    readonly rd_operations: number;
    readonly wr_bytes: number;
    readonly wr_operations: number;
  };
};

export type NicCounters = Pick<ServerCounters, "rxBytes" | "rxPackets" | "txBytes" | "txPackets">;

/** Those of a server of which nothing is known. */
export function noCounters(devices: number): ServerCounters {
  const none = { readBytes: 0, readRequests: 0, writeBytes: 0, writeRequests: 0 };
  return {
    ...{ rxBytes: 0, rxPackets: 0, txBytes: 0, txPackets: 0 },
    devices: Array.from({ length: devices }, () => none),
  };
}

/** The counters of the named devices, in that order. */
export function deviceCounters(stats: readonly BlockStats[], deviceIds: readonly string[]): IoCounters[] {
  return deviceIds.map((id) => {
    const found = stats.find(({ qdev }) => qdev === id || qdev?.startsWith(`/machine/peripheral/${id}/`));
    return {
      readBytes: found?.stats.rd_bytes ?? 0,
      readRequests: found?.stats.rd_operations ?? 0,
      writeBytes: found?.stats.wr_bytes ?? 0,
      writeRequests: found?.stats.wr_operations ?? 0,
    };
  });
}

/** The sums over the named taps, from the text of `/proc/PID/net/dev` (proc_pid_net(5)). */
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

/** The network devices as the process sees them: those of its own namespace, without entering it. */
export function readNetDev(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/net/dev`, "latin1");
}
