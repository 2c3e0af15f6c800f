import assert from "node:assert/strict";
import { test } from "node:test";
import type { UserId } from "../base/ids.ts";
import { type DriveState, driveCan, ensure } from "./can.ts";

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
  ["this server has", { claimed: ["me"] }, "drive d is in use by server me", null, null, null],
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
      assert.equal(driveCan[act](drive), change);
    });
  }
  test(`imaging from a drive that ${what}: ${imageFrom ?? "can be done"}`, () => {
    assert.equal(driveCan.imageFrom(drive), imageFrom);
  });
  test(`a server's start with a drive that ${what}, as a disk: ${disk ?? "can be done"}`, () => {
    assert.equal(driveCan.attach(drive, "me", "disk"), disk);
  });
  test(`a server's start with a drive that ${what}, as a cdrom: ${cdrom ?? "can be done"}`, () => {
    assert.equal(driveCan.attach(drive, "me", "cdrom"), cdrom);
  });
}

test("what cannot be done is busy, with the reason", () => {
  ensure(null);
  assert.throws(() => ensure(IMAGED), { type: "busy", message: IMAGED });
});
