/** Drives with the label `cidata`, from which cloud-init takes a server's name, users and networks (NoCloud). */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../src/host/process/process.ts";
import type { Cloud } from "../cloud.ts";

export type Seed = {
  readonly hostname: string;
  /** The public key of who may log in. */
  readonly key: string;
  /** Netplan's configuration, for what the first NIC's DHCP does not do. */
  readonly network?: string;
};

/** Either is read by cloud-init: a CD, or a disk with a FAT file system. */
export type SeedFormat = "iso" | "vfat";

/** Makes the drive; each is a new instance to cloud-init, so that it sets the server up anew. */
export async function seedDrive(cloud: Cloud, seed: Seed, format: SeedFormat): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-seed-"));
  try {
    const files = Object.entries(contents(seed)).map(([name, text]) => ({ path: join(folder, name), text }));
    for (const { path, text } of files) await writeFile(path, text);
    const disk = join(folder, "disk");
    await MAKERS[format](
      disk,
      files.map(({ path }) => path),
    );
    const body = await readFile(disk);
    const made = await cloud.make("drives/create", { name: `seed of ${seed.hostname}`, size: body.length });
    const drive = made.get("drive") ?? "";
    const written = await cloud.ask(`drives/${drive}/write`, { body });
    assert.equal(written.status, 204, written.text);
    return drive;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function contents({ hostname, key, network }: Seed): Record<string, string> {
  return {
    "meta-data": `instance-id: ${hostname}\nlocal-hostname: ${hostname}\n`,
    "user-data": `#cloud-config\nssh_authorized_keys:\n  - ${key}\n`,
    ...(network === undefined ? {} : { "network-config": network }),
  };
}

const MAKERS: Readonly<Record<SeedFormat, (disk: string, files: readonly string[]) => Promise<void>>> = {
  async iso(disk, files) {
    const options = ["-quiet", "-volid", "cidata", "-joliet", "-rock"];
    await run(["xorriso", "-as", "mkisofs", ...options, "-output", disk, ...files]);
  },
  async vfat(disk, files) {
    await run(["mformat", "-C", "-i", disk, "-v", "CIDATA", "-T", "2048", "-h", "16", "-s", "32", "::"]);
    await run(["mcopy", "-i", disk, ...files, "::"]);
  },
};
