/** The disk that a folder is on, as control groups name it. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * `MAJOR:MINOR` of the whole disk, since the kernel bounds no partition (io.max); null where the folder is on none of its own,
 * as in memory, over a network, or with file systems that keep several disks.
 */
export async function diskDevice(folder: string, devices = "/sys/dev/block"): Promise<string | null> {
  const { dev } = await stat(folder);
  const device = join(devices, `${majorOf(dev)}:${minorOf(dev)}`);
  const isPartition = (await textOf(join(device, "partition"))) !== null;
  return textOf(isPartition ? `${device}/../dev` : `${device}/dev`);
}

/** As the C library packs them (makedev(3)). */
const majorOf = (dev: number): number => Math.floor(dev / 2 ** 8) % 2 ** 12;
const minorOf = (dev: number): number => (dev % 2 ** 8) + Math.floor(dev / 2 ** 20) * 2 ** 8;

/** Null where there is no such file. The kernel resolves the links on the way. */
async function textOf(file: string): Promise<string | null> {
  try {
    return (await readFile(file, "latin1")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
