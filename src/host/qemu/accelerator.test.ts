import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bootFailure, findAccelerator } from "./accelerator.ts";

const PROGRAM = "qemu-system-x86_64";
let cacheFile: string;
let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "lodge-accelerator-"));
  cacheFile = join(directory, "acceleration.json");
});

after(() => rm(directory, { recursive: true }));

test("the probe's guest boots where there is nothing to go wrong", async () => {
  assert.equal(await bootFailure("tcg", { program: PROGRAM, uid: null }, 60_000), null);
});

test("a QEMU that ends without booting is a failure, in its own words", async () => {
  assert.match(
    (await bootFailure("tcg", { program: "false", uid: null }, 60_000)) ?? "",
    /did not get there/,
  );
});

test("without QEMU guests would be emulated, and that is found out anew by the next start", async () => {
  const file = join(directory, "without.json");
  const found = await findAccelerator({ program: "qemu-nowhere", uid: null, cacheFile: file });
  assert.equal(found.accelerator, "tcg");
  assert.match(found.reason, /^(?:qemu-nowhere is not installed|there is no \/dev\/kvm)/);
  await assert.rejects(readFile(file), { code: "ENOENT" });
});

test("a result is kept for as long as what it hangs on is the same", async () => {
  const options = { program: PROGRAM, uid: null, cacheFile };
  const found = await findAccelerator(options);
  // Where there is no device there is nothing to probe and to keep.
  if (found.reason.includes("there is no")) return;
  const { circumstances } = JSON.parse(await readFile(cacheFile, "utf8"));
  const acceleration = { accelerator: "kvm", reason: "as was found" } as const;
  await writeFile(cacheFile, JSON.stringify({ circumstances, acceleration }));
  assert.deepEqual(await findAccelerator(options), acceleration);
  await writeFile(cacheFile, JSON.stringify({ circumstances: `${circumstances} once`, acceleration }));
  assert.deepEqual(await findAccelerator(options), found);
});
