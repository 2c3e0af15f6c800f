import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { BIN, runToEnd } from "../../../testing/run.ts";
import { createUser } from "../../accounts/users.ts";
import { openHome } from "../../home.ts";
import { openStore } from "../../store/open.ts";

test("an account's name has no controls, and one that has them already is listed without their effect", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "lodge-user-"));
  t.after(() => rm(dir, { recursive: true }));
  const store = await openStore(openHome(dir));
  await createUser(store, "old\u001b[2J\n\u202e");
  await store.close();
  const user = (...words: string[]) => runToEnd([join(BIN, "lodge"), "user", ...words, "--home", dir]);
  for (const name of ["", "red\u001b[31m", "two\nlines", "bell\u0007", "next\u0085", "line\u2028"]) {
    const { code, stdout, stderr } = await user("create", "--name", name);
    assert.deepEqual([code, stdout], [2, ""], JSON.stringify(name));
    assert.match(stderr, /--name takes a line of 1 to 255 characters/);
  }
  assert.equal((await user("create", "--name", "Zoë 李")).code, 0);
  const { stdout } = await user("list");
  assert.match(stdout, /^\S{36} old\\u001b\[2J\\u000a\\u202e\n\S{36} Zoë 李\n$/);
});
