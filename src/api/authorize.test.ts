import assert from "node:assert/strict";
import { test } from "node:test";
import { LodgeError } from "../base/errors.ts";
import { CLOUD_USER, type UserId } from "../base/ids.ts";
import { type AccessedObject, type Action, authorize, EVERYBODY, noSuchObject } from "./authorize.ts";

const OWNER = "11111111-1111-4111-8111-111111111111" as UserId;
const READER = "22222222-2222-4222-8222-222222222222" as UserId;
const STRANGER = "33333333-3333-4333-8333-333333333333" as UserId;
const DRIVE = "44444444-4444-4444-8444-444444444444";

const drive = (more: Partial<AccessedObject> = {}): AccessedObject => ({
  kind: "drive",
  uuid: DRIVE,
  owner: OWNER,
  ...more,
});

const IMAGE = drive({ owner: CLOUD_USER, standard: true });
const READ_ONLY = `drive_read_only: drive ${DRIVE} may be read but not changed by you`;
const ABSENT = `no_such_drive: there is no drive ${DRIVE}`;

/** What reading and changing end in; null where they may. */
const rows: readonly [
  what: string,
  user: UserId,
  object: AccessedObject,
  read: string | null,
  change: string | null,
][] = [
  ["the owner of a drive", OWNER, drive(), null, null],
  ["the owner of a drive that has readers", OWNER, drive({ readers: [READER] }), null, null],
  ["a reader of a drive", READER, drive({ readers: [STRANGER, READER] }), null, READ_ONLY],
  ["anybody, of a drive that all may read,", STRANGER, drive({ readers: [EVERYBODY] }), null, READ_ONLY],
  ["a stranger to a drive", STRANGER, drive({ readers: [READER] }), ABSENT, ABSENT],
  ["a stranger to a drive without readers", STRANGER, drive(), ABSENT, ABSENT],
  ["any user, of a standard image,", STRANGER, IMAGE, null, READ_ONLY],
  ["the cloud itself, of a standard image,", CLOUD_USER, IMAGE, null, READ_ONLY],
  ["the owner of a server", OWNER, drive({ kind: "server" }), null, null],
  [
    "a stranger to a server",
    STRANGER,
    drive({ kind: "server" }),
    `no_such_server: there is no server ${DRIVE}`,
    `no_such_server: there is no server ${DRIVE}`,
  ],
  ["the owner of an address", OWNER, { kind: "ip", uuid: "203.0.113.9", owner: OWNER }, null, null],
  [
    "a stranger to an address",
    STRANGER,
    { kind: "ip", uuid: "203.0.113.9", owner: OWNER },
    "no_such_resource: there is no ip 203.0.113.9",
    "no_such_resource: there is no ip 203.0.113.9",
  ],
  [
    "a stranger to a VLAN",
    STRANGER,
    { kind: "vlan", uuid: DRIVE, owner: OWNER },
    `no_such_resource: there is no vlan ${DRIVE}`,
    `no_such_resource: there is no vlan ${DRIVE}`,
  ],
];

/** The code and the sentence that come of it. */
function outcome(user: UserId, action: Action, object: AccessedObject): string | null {
  try {
    authorize({ user }, action, object);
    return null;
  } catch (error) {
    assert.ok(error instanceof LodgeError && error.type === "missing");
    return `${error.code}: ${error.message}`;
  }
}

for (const [what, user, object, read, change] of rows) {
  const may = (refusal: string | null) => (refusal === null ? "may" : "may not");
  test(`${what} ${may(read)} read it and ${may(change)} change it`, () => {
    assert.deepEqual([outcome(user, "read", object), outcome(user, "change", object)], [read, change]);
  });
}

test("an object that is not there is refused in the words for one that the caller may not read", () => {
  for (const kind of ["drive", "server", "ip", "vlan"] as const) {
    const { code, message } = noSuchObject({ kind, uuid: DRIVE });
    assert.equal(outcome(STRANGER, "read", drive({ kind })), `${code}: ${message}`);
  }
});

test("what came in the place of a uuid is quoted and cut short in the error", () => {
  assert.equal(
    noSuchObject({ kind: "drive", uuid: "\n".repeat(1000) }).message,
    `there is no drive "${"\\n".repeat(60)}"…`,
  );
});
