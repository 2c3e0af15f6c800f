import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { homeDirectory, openHome } from "./home.ts";

test("the home is where a flag says, else where LODGE_HOME says, else where the system keeps such things", () => {
  assert.equal(homeDirectory("/here", { LODGE_HOME: "/srv/cloud" }, true), "/here");
  assert.equal(homeDirectory(undefined, { LODGE_HOME: "/srv/cloud" }, true), "/srv/cloud");
  assert.equal(homeDirectory(undefined, {}, true), "/var/lib/lodge");
  assert.equal(homeDirectory(undefined, { XDG_DATA_HOME: "/data" }, false), "/data/lodge");
});

test("a home keeps its identity and its master key, which only its owner reads", (t) => {
  const dir = join(mkdtempSync(join(tmpdir(), "lodge-home-")), "home");
  t.after(() => rmSync(join(dir, ".."), { recursive: true }));
  const first = openHome(dir);
  first.ensureMasterKey();
  const second = openHome(dir);
  second.ensureMasterKey();
  assert.deepEqual([second.id, second.uid, second.masterKey], [first.id, first.uid, first.masterKey]);
  assert.match(first.id, /^[0-9a-f]{8}$/);
  assert.equal(statSync(first.file("master.key")).mode & 0o777, 0o600);
});

test("a damaged master key is told, not replaced", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "lodge-home-"));
  t.after(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, "master.key"), "not a key\n");
  assert.throws(() => openHome(dir).masterKey, /master\.key is damaged: .*64 hex digits.* backup/);
});

test("a damaged identity is told by its file's name, not replaced", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "lodge-home-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, "identity.json");
  for (const text of ["", "{}", '{"id":"../../x","uid":2000000001}', '{"id":"0123abcd","uid":0}']) {
    writeFileSync(file, text);
    assert.throws(
      () => openHome(dir),
      { type: "failed", message: /identity\.json is damaged: .* backup/ },
      text,
    );
    assert.equal(readFileSync(file, "utf8"), text);
  }
});
