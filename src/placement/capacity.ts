/** Capacity: what a host has for servers, and how much of it may be allocated. Pure rules. */

/** What a host has. */
export type Capacity = { readonly cores: number; readonly coreMhz: number; readonly memMib: number };

/**
 * How often a host's core MHz are allocated. With four, servers that all want their quota at once still have a quarter
 * of it on the average, and a host of idling servers is not called full.
 */
export const CPU_OVERCOMMIT = 4;

/** The part of a host's memory that no server gets: it is the system's, Lodge's and what QEMU takes beside its guest. */
const MEMORY_RESERVE_SHARE = 1 / 8;
const LEAST_MEMORY_RESERVE_MIB = 256;

/** More virtual processors than this for each core wait for one another more than they work. */
const PROCESSORS_A_CORE = 8;

/** The most that one server may have on a host. */
export function mostOf({ cores, coreMhz, memMib }: Capacity): {
  readonly cpuMhz: number;
  readonly memMib: number;
  readonly smp: number;
} {
  const reserve = Math.max(LEAST_MEMORY_RESERVE_MIB, Math.ceil(memMib * MEMORY_RESERVE_SHARE));
  return { cpuMhz: cores * coreMhz, memMib: Math.max(0, memMib - reserve), smp: cores * PROCESSORS_A_CORE };
}
