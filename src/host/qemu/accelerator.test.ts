import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { release, tmpdir } from "node:os";
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

test("a result is kept for as long as the kernel is the same", async () => {
  const acceleration = { accelerator: "kvm", reason: "as was found" } as const;
  await writeFile(cacheFile, JSON.stringify({ kernel: release(), acceleration }));
  const options = { program: PROGRAM, uid: null, cacheFile };
  assert.deepEqual(await findAccelerator(options), acceleration);
  await writeFile(cacheFile, JSON.stringify({ kernel: "another", acceleration }));
  const found = await findAccelerator(options);
  assert.notEqual(found.reason, acceleration.reason);
  const kept = JSON.parse(await readFile(cacheFile, "utf8"));
  // Where there is no device there was nothing to probe, and what was kept stays.
  if (!found.reason.includes("there is no")) assert.deepEqual(kept.acceleration, found);
});
