import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { requireTools, run } from "../debian-tools.ts";
import { buildSampleImage, TOOLS } from "./build.ts";
import { DISK_SIZE_BYTES } from "./disk.ts";

test("the sample image is a sparse disk of 32 MiB that boots a kernel, with a line for each step", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sample-image-"));
  try {
    const file = join(folder, "image.raw");
    const steps: string[] = [];
    await buildSampleImage(file, (step) => steps.push(step));

    const { size, blocks } = statSync(file);
    assert.equal(size, DISK_SIZE_BYTES);
    assert.ok(blocks * 512 < size, "its empty part takes no room");
    const bootSector = readFileSync(file).subarray(0, 512);
    assert.equal(bootSector.readUInt16LE(510), 0xaa55);
    await run("mcopy", ["-i", file, "::vmlinuz", "::initrd", "::syslinux.cfg", folder]);
    assert.match(readFileSync(join(folder, "syslinux.cfg"), "utf8"), /KERNEL vmlinuz\n {2}INITRD initrd\n/);
    assert.equal(steps.at(-1), `Writing ${file}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("missing programs are named in one line with the packages that bring them", () => {
  assert.throws(() => requireTools(TOOLS, []), {
    message: /^apt-cache, .*mcopy.* not found: .*apt-get install apt dpkg kmod cpio lz4 mtools syslinux$/,
  });
});
