import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { chmod, chown, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Uids } from "../qemu/uids.ts";
import { Loans } from "./loans.ts";
import { volumeName } from "./volume-file.ts";

const UID = 5000;
const RANGE = { first: 6000, last: 6002 };
const root = { skip: process.getuid?.() === 0 ? false : "only root lends files to others" };
const fail = (error: unknown) => assert.fail(String(error));

/** A folder of drives, one drive in it, and who has its file: its group, and the mode. */
async function opened(t: TestContext) {
  const home = await mkdtemp(join(tmpdir(), "lodge-loans-"));
  t.after(() => rm(home, { recursive: true }));
  await mkdir(join(home, "drives"));
  const uuid = randomUUID();
  const path = join(home, volumeName({ uuid, format: "qcow2" }));
  await writeFile(path, "", { mode: 0o600 });
  await chown(path, UID, UID);
  const has = async (file = path) => {
    const { uid, gid, mode } = await stat(file);
    assert.equal(uid, UID, "it stays whose it is");
    return [gid, (mode & 0o777).toString(8)];
  };
  const uids = new Uids(RANGE);
  const loans = new Loans({ home, uid: UID }, uids.fromEnd);
  return { home, uuid, path, has, uids, loans };
}

test(
  "a file that is lent is open to one group, of which nobody else is, and only for what it is lent for",
  root,
  async (t) => {
    const { uuid, has, uids, loans } = await opened(t);
    const [one, two] = [await loans.lend({ uuid }, "read"), await loans.lend({ uuid }, "read")];
    assert.equal(one.id, RANGE.last);
    assert.equal(two.id, one.id);
    assert.deepEqual(await has(), [one.id, "640"]);
    const writer = await loans.lend({ uuid }, "write");
    assert.deepEqual(await has(), [one.id, "660"]);
    await writer.end();
    assert.deepEqual(await has(), [one.id, "640"]);
    await one.end();
    await one.end();
    assert.deepEqual(await has(), [one.id, "640"], "somebody reads it still");
    assert.ok(!uids.upcoming(9).includes(RANGE.last));
    await two.end();
    assert.deepEqual(await has(), [UID, "600"]);
    assert.ok(uids.upcoming(9).includes(RANGE.last), "the group is given back");
  },
);

test(
  "loans that begin and end at once leave the file to whom it belongs, and each of them has it meanwhile",
  root,
  async (t) => {
    const { uuid, has, uids, loans } = await opened(t);
    const use = async (access: "read" | "write") => {
      const loan = await loans.lend({ uuid }, access);
      const [gid, mode] = await has();
      assert.equal(gid, loan.id);
      assert.match(String(mode), access === "write" ? /^660$/ : /^6[46]0$/);
      await loan.end();
    };
    for (let round = 0; round < 20; round++) await Promise.all([use("read"), use("write"), use("read")]);
    assert.deepEqual(await has(), [UID, "600"]);
    assert.equal(uids.upcoming(9).length, 3);
  },
);

test(
  "what a daemon that died had lent is taken back by the next one, but for what runs on",
  root,
  async (t) => {
    const { home, uuid, path, has, loans } = await opened(t);
    await loans.lend({ uuid }, "read");
    const kept = randomUUID();
    const keptPath = join(home, volumeName({ uuid: kept, format: "raw" }));
    await writeFile(keptPath, "");
    await chown(keptPath, UID, RANGE.first);
    await chmod(keptPath, 0o660);
    const image = join(home, volumeName({ uuid: randomUUID(), format: "raw" }));
    await writeFile(image, "");
    await chmod(image, 0o444);
    const uids = new Uids(RANGE);
    const next = new Loans({ home, uid: UID }, uids.fromEnd);
    const adopted = next.adopt(kept, RANGE.first);
    await next.takeBackLeft(fail);
    assert.deepEqual(await has(path), [UID, "600"]);
    assert.deepEqual(await has(keptPath), [RANGE.first, "660"]);
    assert.ok(!uids.upcoming(9).includes(RANGE.first), "its group is nobody else's");
    assert.equal((await stat(image)).mode & 0o777, 0o444, "a standard image is all people's to read");
    await adopted.end();
    assert.deepEqual(await has(keptPath), [UID, "600"]);
  },
);

test("a standard image is lent as it is, and without ids nothing is lent", root, async (t) => {
  const { home, uuid, has, loans } = await opened(t);
  const image = randomUUID();
  const path = join(home, volumeName({ uuid: image, format: "raw" }));
  await writeFile(path, "");
  await chmod(path, 0o444);
  const loan = await loans.lend({ uuid: image }, "read");
  const { gid, mode } = await stat(path);
  assert.deepEqual([gid, mode & 0o777], [0, 0o444]);
  await loan.end();
  const none = await new Loans({ home, uid: UID }, null).lend({ uuid }, "write");
  assert.equal(none.id, null);
  assert.deepEqual(await has(), [UID, "600"]);
});

test("nothing is lent when all ids are taken", root, async (t) => {
  const { has, uids, uuid, loans } = await opened(t);
  for (const server of ["a", "b", "c"]) uids.take(server);
  await assert.rejects(loans.lend({ uuid }, "read"), { code: "no_uid_left" });
  assert.deepEqual(await has(), [UID, "600"]);
});
