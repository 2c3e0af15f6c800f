import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { repackKernel } from "./kernel.ts";
import { loader } from "./loader.ts";

const MIB = 2 ** 20;

test("a kernel that is packed in another way is refused, and named", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "kernel-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "vmlinuz");
  const other = Buffer.alloc(4096);
  other.writeUInt32LE(100, 0x24c);
  writeFileSync(file, other);
  await assert.rejects(repackKernel(file, join(folder, "packed"), folder), {
    message: `${file} is not in xz`,
  });
});

test("a loader with its kernel is as long as the header counts, and ends below where it unpacks", () => {
  const places = { loadAddress: MIB, address: 16 * MIB, end: 32 * MIB };
  assert.equal(loader(places, Buffer.alloc(1001)).length % 16, 0);
  const most = 15 * MIB - 3 * 4096;
  assert.throws(() => loader(places, Buffer.alloc(most)), {
    message: "the kernel is too large to be unpacked",
  });
});
