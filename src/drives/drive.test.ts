import assert from "node:assert/strict";
import { test } from "node:test";
import type { UserId } from "../base/ids.ts";
import { NO_IO } from "./counters.ts";
import { accessTo, type Drive, driveSeenBy } from "./drive.ts";

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

const cases: [readers: string | undefined, user: UserId, read: boolean, change: boolean][] = [
  [undefined, OWNER, true, true],
  [undefined, READER, false, false],
  [`${READER}`, READER, true, false],
  [`${OTHER} ${READER}`, READER, true, false],
  [`${OTHER}`, READER, false, false],
  [EVERYBODY, READER, true, false],
  [`${OTHER} ${EVERYBODY}`, READER, true, false],
];
for (const [readers, user, read, change] of cases) {
  const may = read ? (change ? "read and change" : "read but not change") : "neither read nor change";
  test(`of a drive of the owner's with readers [${readers ?? ""}] the ${user} may ${may}`, () => {
    assert.deepEqual(accessTo(drive(readers), user), { read, change });
  });
}

test("its owner sees all of a drive", () => {
  const owned = drive(`${OTHER} ${READER}`);
  assert.equal(driveSeenBy(owned, OWNER, []), owned);
});

test("a reader sees of a drive's readers and claims what is his, and neither what it avoids nor why an imaging failed", () => {
  const seen = driveSeenBy(drive(`${OTHER} ${READER} ${EVERYBODY}`), READER, ["s2"]);
  assert.deepEqual(seen.attributes, { name: "n", tags: "t", readers: `${READER} ${EVERYBODY}` });
  assert.deepEqual(seen.claimed, ["s2"]);
  assert.equal(seen.imaging, null);
  assert.deepEqual(driveSeenBy(drive(`${OTHER} ${EVERYBODY}`), READER, []).attributes.readers, EVERYBODY);
});
