/**
 * The sample image: a small guest out of Debian's packages that shows an upload to have worked. It boots from any
 * bus, takes an address by DHCP on any NIC, answers HTTP, shows itself on the screen and heeds the power button.
 *
 * No root, no mount and, from the second time on, no network are needed.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { cacheFolder } from "../cache.ts";
import { requireTools, run, type Tools } from "../debian-tools.ts";
import { makeDisk } from "./disk.ts";
import { packInitrd } from "./initrd.ts";
import { fetchPackages, type Packages } from "./packages.ts";

/** Each program with the package that brings it. */
export const TOOLS = {
  "apt-cache": "apt",
  "apt-get": "apt",
  "dpkg-deb": "dpkg",
  depmod: "kmod",
  modprobe: "kmod",
  cpio: "cpio",
  lz4: "lz4",
  mformat: "mtools",
  mcopy: "mtools",
  syslinux: "syslinux",
} as const satisfies Tools;

const CACHE = cacheFolder("sample-image");

/**
 * Makes the sample image as `file` (32 MiB, raw), reporting each step as it begins. Nothing is left of a build that fails
 * or is broken off.
 *
 * Errors: missing programs or packages that cannot be fetched, in one line that says what to do.
 */
export async function buildSampleImage(
  file: string,
  report: (step: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  requireTools(TOOLS);
  const packages = await fetchPackages(CACHE, report, signal);
  const built = join(CACHE, `${recipe(packages)}.raw`);
  if (!existsSync(built)) await build(packages, built, report, signal);
  report(`Writing ${file}`);
  await run("cp", ["--sparse=always", built, file], { signal });
}

/** Names an image by all that goes into it, so that a change of any of it makes another. */
function recipe(packages: Packages): string {
  const hash = createHash("sha256");
  for (const entry of readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith(".test.ts")) continue;
    hash.update(`${entry.name}\0`).update(readFileSync(join(entry.parentPath, entry.name)));
  }
  for (const file of Object.values(packages)) hash.update(`${basename(file)}\0`);
  return hash.digest("hex").slice(0, 16);
}

async function build(
  packages: Packages,
  built: string,
  report: (step: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const folder = mkdtempSync(join(CACHE, "build-"));
  const inFolder = (name: string) => join(folder, name);
  try {
    report(`Unpacking ${basename(packages.kernel)}`);
    await run("dpkg-deb", ["-x", packages.kernel, inFolder("kernel")], { signal });
    await run("dpkg-deb", ["-x", packages.busybox, inFolder("busybox")], { signal });
    const version = kernelVersion(inFolder("kernel"));
    report("Packing the guest's system with the drivers it needs");
    const sources = { kernelTree: inFolder("kernel"), version, busyboxTree: inFolder("busybox") };
    await packInitrd(sources, inFolder("root"), inFolder("initrd"), signal);
    report("Making the disk and its boot loader");
    const kernel = inFolder(`kernel/boot/vmlinuz-${version}`);
    await makeDisk(inFolder("disk.raw"), kernel, inFolder("initrd"), folder, signal);
    renameSync(inFolder("disk.raw"), built);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function kernelVersion(tree: string): string {
  const [version] = readdirSync(join(tree, "lib", "modules"));
  if (version === undefined) throw new Error("the kernel's package holds no modules");
  return version;
}
