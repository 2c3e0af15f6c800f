import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { layOut, offeredVersions } from "./programs.ts";

test("with Debian's own, every version from 14 to 18 is there to be tested on", () => {
  assert.deepEqual(offeredVersions(), ["14", "16", "17", "18"]);
});

test("programs are laid out with their links, for all to read whatever they were brought with", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "lodge-layout-"));
  t.after(() => rm(dir, { recursive: true }));
  const native = join(dir, "packages", "postgres-17", "native");
  for (const folder of ["bin", "lib"]) await mkdir(join(native, folder), { recursive: true, mode: 0o700 });
  await writeFile(join(native, "bin", "postgres"), "program", { mode: 0o700 });
  await writeFile(join(native, "lib", "libpq.so.5.17"), "library", { mode: 0o600 });
  const links = [{ source: "native/lib/libpq.so.5.17", target: "native/lib/libpq.so.5" }];
  await writeFile(join(native, "pg-symlinks.json"), JSON.stringify(links));
  const folder = join(dir, "run");
  await mkdir(folder);
  await chmod(folder, 0o700);

  const bin = layOut(join(dir, "packages"), "17", folder);
  assert.equal(bin, join(folder, "bin"));
  assert.equal(await readlink(join(folder, "lib", "libpq.so.5")), "libpq.so.5.17");
  assert.equal(await readFile(join(folder, "lib", "libpq.so.5"), "utf8"), "library");
  const modeOf = async (...path: string[]) => (await stat(join(folder, ...path))).mode & 0o777;
  assert.deepEqual(
    [
      await modeOf(),
      await modeOf("bin"),
      await modeOf("bin", "postgres"),
      await modeOf("lib", "libpq.so.5.17"),
    ],
    [0o755, 0o755, 0o755, 0o644],
  );
});
