import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs, {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, afterEach, beforeEach, describe, type TestContext, test } from "node:test";
import {
  clearUnfinished,
  createFileSync,
  replaceFile,
  replaceFileSync,
  replaceVolatileFileSync,
} from "./atomic-file.ts";

const folder = mkdtempSync(join(tmpdir(), "lodge-atomic-"));
after(() => rmSync(folder, { recursive: true }));

const VOLATILE = "one that ends with the machine";
const KINDS = {
  "one that is awaited": replaceFile,
  "one in one go": async (...args: Parameters<typeof replaceFileSync>) => replaceFileSync(...args),
  [VOLATILE]: async (...args: Parameters<typeof replaceFileSync>) => replaceVolatileFileSync(...args),
};

/** What is synced from now on, in its order, by the name that it has then. */
async function spyOnSyncs(t: TestContext, dir: string): Promise<string[]> {
  const synced: string[] = [];
  const note = (fd: number) => synced.push(relative(dir, readlinkSync(`/proc/self/fd/${fd}`)) || ".");
  const { fsyncSync } = fs;
  t.mock.method(fs, "fsyncSync", (fd: number) => {
    note(fd);
    fsyncSync(fd);
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  const handle = await open(dir);
  const kind = Object.getPrototypeOf(handle) as typeof handle;
  await handle.close();
  const { sync } = kind;
  t.mock.method(kind, "sync", function (this: typeof handle) {
    note(this.fd);
    return sync.call(this);
  });
  return synced;
}

for (const [kind, replace] of Object.entries(KINDS)) {
  describe(`a file is replaced, by ${kind},`, () => {
    let dir: string;
    let path: string;
    beforeEach(() => {
      dir = mkdtempSync(join(folder, "replace-"));
      path = join(dir, "file");
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    test("whole, with the permissions that are asked for, and nothing is left beside it", async () => {
      await replace(path, "a longer text", { mode: 0o644 });
      await replace(path, "text", { mode: 0o600 });
      assert.equal(readFileSync(path, "utf8"), "text");
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.deepEqual(readdirSync(dir), ["file"]);
    });

    test("with its permissions whatever the umask is", async (t) => {
      const umask = process.umask(0o077);
      t.after(() => process.umask(umask));
      await replace(path, "text", { mode: 0o644 });
      assert.equal(statSync(path).mode & 0o777, 0o644);
    });

    const then =
      kind === VOLATILE ? "without waiting for a disk" : "and is on stable storage then, as is its name";
    test(then, async (t) => {
      const synced = await spyOnSyncs(t, dir);
      await replace(path, "text", { mode: 0o644 });
      assert.deepEqual(synced, kind === VOLATILE ? [] : ["file.new", "."]);
    });

    test("also where a writer died, whose file everybody could read", async () => {
      writeFileSync(`${path}.new`, "half", { mode: 0o644 });
      await replace(path, "secret", { mode: 0o600 });
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.deepEqual(readdirSync(dir), ["file"]);
    });

    test("or not at all, and nothing is left of what could not be put in its place", async () => {
      mkdirSync(path);
      writeFileSync(join(path, "inside"), "");
      await assert.rejects(replace(path, "text", { mode: 0o600 }));
      assert.deepEqual(readdirSync(dir), ["file"]);
      assert.deepEqual(readdirSync(path), ["inside"]);
    });
  });
}

test("several writers of one file at once leave one of their texts, and that is the last one's", async () => {
  const path = join(folder, "contended");
  const texts = Array.from({ length: 50 }, (_, index) => String(index).repeat(10_000));
  await Promise.all(texts.map((text) => replaceFile(path, text, { mode: 0o600 })));
  assert.equal(readFileSync(path, "utf8"), texts.at(-1));
});

test("a file that is made is on stable storage with its name", async (t) => {
  const dir = mkdtempSync(join(folder, "create-"));
  const synced = await spyOnSyncs(t, dir);
  createFileSync(join(dir, "file"), "text", { mode: 0o644 });
  assert.deepEqual(synced, [`file.${process.pid}.new`, "."]);
});

test("a file is made once: whoever comes later is told so, and changes nothing", () => {
  const dir = mkdtempSync(join(folder, "create-"));
  const path = join(dir, "file");
  assert.equal(createFileSync(path, "first", { mode: 0o640 }), true);
  assert.equal(createFileSync(path, "second", { mode: 0o600 }), false);
  assert.equal(readFileSync(path, "utf8"), "first");
  assert.equal(statSync(path).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(dir), ["file"]);
});

test("what a process left that ended as it made a file is cleared, and what is being made is not", () => {
  const dir = mkdtempSync(join(folder, "left-"));
  const { pid: ended } = spawnSync("true");
  const names = [
    `key.${ended}.new`,
    `key.next.${process.pid}.new`,
    `key.${process.ppid}.new`,
    "key.new",
    "7.new",
  ];
  for (const name of ["key", ...names]) writeFileSync(join(dir, name), "secret");
  clearUnfinished(dir);
  assert.deepEqual(readdirSync(dir).sort(), ["7.new", "key", `key.${process.ppid}.new`, "key.new"].sort());
});
