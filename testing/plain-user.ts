/** Tests that root runs once more as a user who is not: in a process of its own, which can see and do what that user can. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chown, mkdtemp, rm } from "node:fs/promises";
import type { TestContext } from "node:test";

/** Nobody, of Debian's. */
const PLAIN_USER = 65_534;

/**
 * Runs all tests of the file so; skips the test that asks where the machine lets no user have views. Fails where one of them
 * fails, or where none is like `passed`.
 */
export async function runAsPlainUser(t: TestContext, file: string, passed: RegExp): Promise<void> {
  // Short, for the paths of sockets below it.
  const folder = await mkdtemp("/tmp/plain-");
  t.after(() => rm(folder, { recursive: true }));
  await chown(folder, PLAIN_USER, PLAIN_USER);
  const { status, stdout } = spawnSync(process.execPath, ["--test", file], {
    ...{ uid: PLAIN_USER, gid: PLAIN_USER, cwd: "/", encoding: "utf8" },
    env: { PATH: process.env.PATH, TMPDIR: folder },
  });
  assert.equal(status, 0, stdout);
  if (stdout.includes("this user gets no views here")) return t.skip("the machine lets no user have views");
  assert.match(stdout, passed);
}
