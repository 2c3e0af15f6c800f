/** The guest's disk: a FAT file system with a boot loader, made without mounting anything. */
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../debian-tools.ts";

export const DISK_SIZE_BYTES = 32 * 2 ** 20;

const SECTOR_BYTES = 512;

/**
 * Messages go to the screen and to the serial port; what a guest of one purpose can do without is left out. Linux panics
 * where it does not see a handful of ticks of the timer within some 60 ms of its boot, which is how long an emulated machine
 * may wait for a busy host's processors; the check is for broken hardware (`no_timer_check`).
 */
const KERNEL_ARGUMENTS =
  "console=ttyS0 console=tty0 quiet nokaslr mitigations=off nowatchdog edd=off no_timer_check";

const BOOT_MENU = `DEFAULT lodge
LABEL lodge
  KERNEL vmlinuz
  INITRD initrd
  APPEND ${KERNEL_ARGUMENTS}
`;

/** Makes the disk `file`, which boots the given kernel; `folder` is for what is needed on the way. */
export async function makeDisk(
  file: string,
  kernel: string,
  initrd: string,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  const menu = join(folder, "syslinux.cfg");
  writeFileSync(menu, BOOT_MENU);
  writeFileSync(file, "");
  truncateSync(file, DISK_SIZE_BYTES);
  const geometry = ["-T", String(DISK_SIZE_BYTES / SECTOR_BYTES), "-h", "16", "-s", "63"];
  await run("mformat", ["-i", file, ...geometry, "-v", "LODGE", "::"], { signal });
  await run("mcopy", ["-i", file, kernel, "::vmlinuz"], { signal });
  await run("mcopy", ["-i", file, initrd, "::initrd"], { signal });
  await run("mcopy", ["-i", file, menu, "::syslinux.cfg"], { signal });
  await run("syslinux", ["--install", file], { signal });
}
