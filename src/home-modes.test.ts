import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { closeHome } from "./home-modes.ts";

test("of a home that everybody may use, its owner alone may use secrets and write files, and what was open is told", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "lodge-modes-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const modes: Record<string, [number, number]> = {
    drives: [0o777, 0o711],
    tls: [0o777, 0o700],
    "master.key": [0o640, 0o600],
    "master.key.next": [0o604, 0o600],
    "lodge.db": [0o666, 0o600],
    "lodge.db-wal": [0o666, 0o600],
    "lodge.db-before-0004_resources": [0o644, 0o600],
    database: [0o620, 0o600],
    env: [0o777, 0o700],
    "identity.json": [0o666, 0o644],
    "drives/drive": [0o666, 0o600],
    "drives/image": [0o444, 0o444],
    "tls/cert.pem": [0o644, 0o644],
    "tls/key.pem": [0o644, 0o600],
  };
  for (const [name, [mode]] of Object.entries(modes)) {
    if (["drives", "tls"].includes(name)) mkdirSync(join(dir, name));
    else writeFileSync(join(dir, name), "");
    chmodSync(join(dir, name), mode);
  }
  chmodSync(dir, 0o775);
  const outside = mkdtempSync(join(tmpdir(), "lodge-modes-"));
  t.after(() => rmSync(outside, { recursive: true }));
  writeFileSync(join(outside, "elsewhere"), "");
  chmodSync(join(outside, "elsewhere"), 0o666);
  symlinkSync(join(outside, "elsewhere"), join(dir, "env.link"));

  const opened = closeHome({ dir, uid: null });
  for (const [name, [, closed]] of Object.entries(modes)) {
    assert.equal((statSync(join(dir, name)).mode & 0o777).toString(8), closed.toString(8), name);
  }
  assert.equal(statSync(dir).mode & 0o777, 0o711);
  assert.equal(
    statSync(join(outside, "elsewhere")).mode & 0o777,
    0o666,
    "where a link leads is not the home's",
  );
  const told = new Map(opened.map(({ path, was }) => [path.slice(dir.length + 1), was]));
  assert.equal(told.get(""), "its group could read and write it, others could read it");
  assert.equal(told.get("master.key"), "its group could read it");
  assert.equal(told.get("database"), "its group could write it");
  assert.equal(told.get("identity.json"), "its group could write it, others could write it");
  const kept = ["drives/image", "tls/cert.pem"];
  assert.deepEqual(
    [...told.keys()].sort(),
    ["", ...Object.keys(modes).filter((name) => !kept.includes(name))].sort(),
  );
  assert.deepEqual(closeHome({ dir, uid: null }), [], "once");
});

test("a drive's file that is lent to a group of its own stays so, and is nobody else's", {
  skip: process.getuid?.() === 0 ? false : "only root has drives belong to others",
}, (t) => {
  const dir = mkdtempSync(join(tmpdir(), "lodge-modes-"));
  t.after(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, "drives"), { mode: 0o711 });
  chmodSync(dir, 0o711);
  const [lent, own] = [join(dir, "drives", "lent"), join(dir, "drives", "own")];
  for (const [file, gid] of [
    [lent, 5001],
    [own, 5000],
  ] as const) {
    writeFileSync(file, "");
    chownSync(file, 5000, gid);
    chmodSync(file, 0o664);
  }
  assert.deepEqual(
    new Map(closeHome({ dir, uid: 5000 }).map(({ path, was }) => [path, was])),
    new Map([
      [lent, "others could read it"],
      [own, "its group could read and write it, others could read it"],
    ]),
  );
  assert.equal(statSync(lent).mode & 0o777, 0o660);
  assert.equal(statSync(own).mode & 0o777, 0o600);
});
