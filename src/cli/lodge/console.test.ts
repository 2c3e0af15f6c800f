import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { BIN, runToEnd } from "../../../testing/run.ts";
import { Logins } from "../../accounts/login.ts";
import { addUser, createUser, newUser } from "../../accounts/users.ts";
import { openHome } from "../../home.ts";
import { openStore } from "../../store/open.ts";

test("a link into the console is of the first admin, or of the user that is named, and no other can be asked for", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "lodge-console-"));
  t.after(() => rm(dir, { recursive: true }));
  const home = openHome(dir);
  const store = await openStore(home);
  t.after(() => store.close());
  const link = (...words: string[]) => runToEnd([join(BIN, "lodge"), "console", ...words, "--home", dir]);
  assert.match((await link()).stderr, /it is not known where the API is: start Lodge first/);
  await writeFile(home.file("env"), "export EHURI=http://127.0.0.1:8090/\nexport EHAUTH=x\n");
  assert.match((await link()).stderr, /there is no admin yet/);
  const admin = newUser("admin");
  await addUser(store, admin);
  const user = await createUser(store, "user");
  const logins = new Logins(store, assert.ifError);
  for (const [words, uuid] of [
    [[], admin.uuid],
    [["--user", user.uuid], user.uuid],
  ] as const) {
    const { code, stdout, stderr } = await link(...words);
    assert.equal(code, 0, stderr);
    const [, of = "", secret = ""] =
      /^http:\/\/127\.0\.0\.1:8090\/console\/#code=([^.]+)\.(\S+)\n/.exec(stdout) ?? [];
    assert.equal(of, uuid);
    assert.equal((await logins.authenticate(of, secret, "code"))?.user, uuid);
  }
  assert.equal((await link("--user", "nobody")).code, 2);
  assert.match((await link("--user", "00000000-0000-4000-8000-000000000000")).stderr, /there is no user/);
});
