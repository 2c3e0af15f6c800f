/** The sample guest as a live CD: its kernel and initrd off the sample image, behind isolinux (El Torito). */
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../src/host/process/process.ts";
import { sampleImage } from "./sample.ts";

const LOADER = ["/usr/lib/ISOLINUX/isolinux.bin", "/usr/lib/syslinux/modules/bios/ldlinux.c32"];
const BOOTS = [
  "-b",
  "isolinux.bin",
  "-c",
  "boot.cat",
  "-no-emul-boot",
  "-boot-load-size",
  "4",
  "-boot-info-table",
];

/** Makes the CD's image at `file`. */
export async function makeSampleCd(file: string): Promise<void> {
  const tree = await mkdtemp(join(tmpdir(), "lodge-cd-"));
  try {
    // isolinux takes syslinux's own configuration.
    const from = ["::vmlinuz", "::initrd", "::syslinux.cfg"];
    await run(["mcopy", "-i", sampleImage(), ...from, tree]);
    for (const path of LOADER) await copyFile(path, join(tree, path.slice(path.lastIndexOf("/") + 1)));
    await run(["xorriso", "-as", "mkisofs", "-quiet", "-V", "LODGE", "-o", file, ...BOOTS, tree]);
  } finally {
    await rm(tree, { recursive: true });
  }
}
