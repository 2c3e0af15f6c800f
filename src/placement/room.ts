/** Room: what a host has to allocate of each kind, and what of it is allocated. Pure. */
import { type Capacity, CPU_OVERCOMMIT, mostOf } from "./capacity.ts";
import { DISK_RESERVE_BYTES } from "./drives.ts";

export type Share = { readonly capacity: number; readonly allocated: number };

export type Room = { readonly memMib: Share; readonly mhz: Share; readonly diskBytes: Share };

/** A host as the store has it. */
type Host = {
  readonly facts: Capacity;
  readonly diskBytes: number;
  readonly allocatedDiskBytes: number;
  readonly allocatedMemMib: number;
  readonly allocatedMhz: number;
};

export function roomOf(host: Host): Room {
  const { cpuMhz, memMib } = mostOf(host.facts);
  return {
    memMib: { capacity: memMib, allocated: host.allocatedMemMib },
    mhz: { capacity: cpuMhz * CPU_OVERCOMMIT, allocated: host.allocatedMhz },
    diskBytes: {
      capacity: Math.max(0, host.diskBytes - DISK_RESERVE_BYTES),
      allocated: host.allocatedDiskBytes,
    },
  };
}
