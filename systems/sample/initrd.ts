/**
 * The guest's whole system: busybox, the drivers it needs out of Debian's kernel package, and the scripts in
 * `guest/`, packed as the archive that the kernel unpacks at boot (initramfs).
 */
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "../debian-tools.ts";

/** Drivers by what they are for; the guest loads one group after the other. */
const DRIVERS = {
  network: ["e1000", "8139cp", "virtio_pci", "virtio_net"],
  power: ["button", "evdev"],
  drives: ["ata_piix", "sym53c8xx", "virtio_blk", "sd_mod", "sr_mod"],
  seed: ["ahci", "isofs"],
} as const;

/** Where each of the guest's scripts stands in it; `00000080` is how acpid names the power button's event. */
const SCRIPTS = {
  init: "init",
  udhcpc: "etc/udhcpc",
  welcome: "etc/welcome",
  "power-button": "etc/acpi/PWRF/00000080",
  "index.cgi": "www/cgi-bin/index.cgi",
  "reaches.cgi": "www/cgi-bin/reaches.cgi",
} as const;

/** What `initrd` is made from: an unpacked kernel package, its version, and an unpacked busybox package. */
export type InitrdSources = {
  readonly kernelTree: string;
  readonly version: string;
  readonly busyboxTree: string;
};

/** Lays out the guest's files in the folder `root` and packs them as the file `initrd`. */
export async function packInitrd(
  sources: InitrdSources,
  root: string,
  initrd: string,
  signal?: AbortSignal,
): Promise<void> {
  for (const dir of [
    "bin",
    "dev",
    "etc/acpi/PWRF",
    "lib/modules",
    "proc",
    "run",
    "sys",
    "tmp",
    "www/cgi-bin",
  ]) {
    mkdirSync(join(root, dir), { recursive: true });
  }
  await layBusybox(join(sources.busyboxTree, "bin", "busybox"), join(root, "bin"));
  await layDrivers(sources, join(root, "lib", "modules"));
  for (const [script, place] of Object.entries(SCRIPTS)) {
    copyFileSync(join(import.meta.dirname, "guest", script), join(root, place));
    chmodSync(join(root, place), 0o755);
  }
  // lz4's old frame format (-l) is the one that the kernel reads.
  const archive = 'find . | sort | cpio --quiet -o -H newc -R 0:0 | lz4 -l -9 -q -f - "$1"';
  await run("sh", ["-c", archive, "sh", initrd], { cwd: root, signal });
}

async function layBusybox(busybox: string, bin: string): Promise<void> {
  copyFileSync(busybox, join(bin, "busybox"));
  for (const applet of (await run(busybox, ["--list"])).split("\n").filter(Boolean)) {
    if (applet !== "busybox") symlinkSync("busybox", join(bin, applet));
  }
}

/** Copies each group's drivers with what they depend on, and lists them in the order in which they load. */
async function layDrivers({ kernelTree, version }: InitrdSources, modules: string): Promise<void> {
  await run("depmod", ["-b", kernelTree, version]);
  const known = new Set<string>();
  for (const [group, drivers] of Object.entries(DRIVERS)) {
    const order = await loadOrder(kernelTree, version, drivers);
    const files = order.filter((file) => !known.has(file));
    for (const file of files) {
      known.add(file);
      copyFileSync(file, join(modules, basename(file)));
    }
    writeFileSync(join(modules, `${group}.list`), files.map((file) => `${basename(file)}\n`).join(""));
  }
}

async function loadOrder(kernelTree: string, version: string, drivers: readonly string[]): Promise<string[]> {
  const options = ["--show-depends", "-d", kernelTree, "-S", version, "-C", "/dev/null"];
  const printed = await run("modprobe", [...options, "-a", ...drivers]);
  return [...new Set(printed.split("\n").flatMap((line) => /^insmod (\S+)/.exec(line)?.[1] ?? []))];
}
