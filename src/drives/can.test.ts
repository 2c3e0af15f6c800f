import assert from "node:assert/strict";
import { test } from "node:test";
import { ensure, type Reason } from "../api/reason.ts";
import type { UserId } from "../base/ids.ts";
import { type DriveState, driveCan } from "./can.ts";

const [OWNER, READER] = ["owner", "reader"] as UserId[] as [UserId, UserId];

const FREE: DriveState = {
  uuid: "d",
  user: OWNER,
  claimType: "exclusive",
  claimed: [],
  imaging: null,
  imagedOnto: [],
};
const onto = (state: "queued" | "running" | "failed") => ({ imaging: { source: "s", state, error: null } });
const from = (user: UserId) => ({ imagedOnto: [{ drive: "t", user }] });

const IMAGED = "drive d is being imaged";
const IMAGED_FROM = "drive d is being imaged from";
const IN_USE = "drive d is in use by server other";
const IN_USE_BY_ME = "drive d is in use by server me";

const CODES: Readonly<Record<string, Reason["code"]>> = {
  [IMAGED]: "drive_imaged",
  [IMAGED_FROM]: "drive_imaged_from",
  [IN_USE]: "drive_in_use",
  [IN_USE_BY_ME]: "drive_in_use",
};

/** The reason of that sentence. */
const reason = (sentence: string | null): Reason | null =>
  sentence === null ? null : { code: CODES[sentence] ?? assert.fail(sentence), sentence };

type Case = readonly [
  what: string,
  state: Partial<DriveState>,
  change: string | null,
  imageFrom: string | null,
  disk: string | null,
  cdrom: string | null,
];
const cases: readonly Case[] = [
  ["is free", {}, null, null, null, null],
  ["this server has", { claimed: ["me"] }, IN_USE_BY_ME, null, null, null],
  ["another server has", { claimed: ["other"] }, IN_USE, null, IN_USE, IN_USE],
  ["is shared, and others have", { claimType: "shared", claimed: ["other"] }, IN_USE, null, null, null],
  ["waits to be imaged", onto("queued"), IMAGED, IMAGED, IMAGED, IMAGED],
  ["is imaged", onto("running"), IMAGED, IMAGED, IMAGED, IMAGED],
  ["could not be imaged", onto("failed"), null, null, null, null],
  ["its owner images from", from(OWNER), IMAGED_FROM, null, IMAGED_FROM, null],
  ["a reader images from", from(READER), null, null, null, null],
  [
    "is shared and imaged from",
    { claimType: "shared", ...from(OWNER) },
    IMAGED_FROM,
    null,
    IMAGED_FROM,
    null,
  ],
];

for (const [what, state, change, imageFrom, disk, cdrom] of cases) {
  const drive = { ...FREE, ...state };
  for (const act of ["write", "resize", "destroy", "changeClaimType", "imageOnto"] as const) {
    test(`${act} of a drive that ${what}: ${change ?? "can be done"}`, () => {
      assert.deepEqual(driveCan[act](drive), reason(change));
    });
  }
  test(`imaging from a drive that ${what}: ${imageFrom ?? "can be done"}`, () => {
    assert.deepEqual(driveCan.imageFrom(drive), reason(imageFrom));
  });
  test(`a server's start with a drive that ${what}, as a disk: ${disk ?? "can be done"}`, () => {
    assert.deepEqual(driveCan.attach(drive, "me", "disk"), reason(disk));
  });
  test(`a server's start with a drive that ${what}, as a cdrom: ${cdrom ?? "can be done"}`, () => {
    assert.deepEqual(driveCan.attach(drive, "me", "cdrom"), reason(cdrom));
  });
}

test("what cannot be done is busy, with the reason's code and sentence", () => {
  ensure(null);
  assert.throws(() => ensure(reason(IMAGED)), { type: "busy", code: "drive_imaged", message: IMAGED });
});
