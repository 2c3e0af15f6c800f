import assert from "node:assert/strict";
import { test } from "node:test";
import type { UserId } from "../base/ids.ts";
import { NO_IO } from "./counters.ts";
import { accessedDrive, type Drive, type DriveRow, driveOf, driveSeenBy } from "./drive.ts";

const [OWNER, READER, OTHER] = ["owner", "reader", "other"] as UserId[] as [UserId, UserId, UserId];
const EVERYBODY = "ffffffff-ffff-ffff-ffff-ffffffffffff";

const drive = (readers?: string): Drive => ({
  uuid: "d",
  user: OWNER,
  host: "local",
  generation: 1,
  sizeBytes: 1,
  cipher: "none",
  wrappedSecret: null,
  claimType: "shared",
  attributes: { name: "n", tags: "t", avoid: "a", ...(readers === undefined ? {} : { readers }) },
  io: NO_IO,
  standard: null,
  claimed: ["s1", "s2"],
  imaging: { source: "s", state: "failed", error: "it names s" },
  imagedOnto: [],
});

test("what may be done with a drive hangs on its owner and its readers", () => {
  assert.deepEqual(accessedDrive(drive(`${OTHER} ${READER}`)), {
    ...{ kind: "drive", uuid: "d", owner: OWNER, readers: [OTHER, READER], standard: false },
  });
  assert.deepEqual(accessedDrive(drive()).readers, []);
});

test("its owner sees all of a drive", () => {
  const owned = drive(`${OTHER} ${READER}`);
  assert.equal(driveSeenBy(owned, OWNER, []), owned);
});

test("a reader sees of a drive's readers and claims what is theirs, and neither what it avoids nor why an imaging failed", () => {
  const seen = driveSeenBy(drive(`${OTHER} ${READER} ${EVERYBODY}`), READER, ["s2"]);
  assert.deepEqual(seen.attributes, { name: "n", tags: "t", readers: `${READER} ${EVERYBODY}` });
  assert.deepEqual(seen.claimed, ["s2"]);
  assert.equal(seen.imaging, null);
  assert.deepEqual(driveSeenBy(drive(`${OTHER} ${EVERYBODY}`), READER, []).attributes.readers, EVERYBODY);
});

const ROW: DriveRow = {
  ...{ uuid: "d", user: OWNER, host: "local", generation: 1, size_bytes: 1, cipher: "none" },
  ...{ wrapped_secret: null, claim_type: "shared", properties: '{"name":"n"}', standard: null },
  ...{ read_bytes: 0, read_requests: 0, write_bytes: 0, write_requests: 0 },
};

test("a drive whose row is damaged is an error that names it", () => {
  assert.equal(driveOf(ROW, []).attributes.name, "n");
  const damaged = { code: "record_damaged", message: "what the store says of drive d is damaged" };
  for (const properties of ["{", "null", "[]", '{"name":1}']) {
    assert.throws(() => driveOf({ ...ROW, properties }, []), damaged, properties);
  }
  for (const standard of ["{", "null", '{"media":"disk"}']) {
    assert.throws(() => driveOf({ ...ROW, standard }, []), damaged, standard);
  }
});
