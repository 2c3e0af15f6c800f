import assert from "node:assert/strict";
import { test } from "node:test";
import { EVERYBODY } from "../api/authorize.ts";
import type { UserId } from "../base/ids.ts";
import { judgeClaim, judgeWant } from "./claims.ts";
import { type DriveRow, driveOf } from "./drive.ts";

const cases = [
  { claimType: "exclusive", claimed: [], allowed: true },
  { claimType: "exclusive", claimed: ["me"], allowed: true },
  { claimType: "exclusive", claimed: ["other"], allowed: false },
  { claimType: "shared", claimed: ["other", "third"], allowed: true },
] as const;

for (const { claimType, claimed, allowed } of cases) {
  test(`a server ${allowed ? "gets" : "does not get"} an ${claimType} drive that [${claimed}] holds`, () => {
    const judge = () => judgeClaim({ uuid: "d", claimType, claimed }, "me");
    if (allowed) judge();
    else assert.throws(judge, { type: "busy", message: "drive d is in use by server other" });
  });
}

const ANN = "ann" as UserId;
const drive = (user: string, properties: object, standard: object | null = null) =>
  driveOf(
    {
      ...{ uuid: "d", user, size_bytes: 1, cipher: "none", wrapped_secret: null, claim_type: "shared" },
      ...{ read_bytes: 0, read_requests: 0, write_bytes: 0, write_requests: 0 },
      properties: JSON.stringify(properties),
      standard: standard && JSON.stringify(standard),
    } satisfies DriveRow,
    [],
  );
const standard = drive("cloud", { readers: EVERYBODY }, { media: "disk" });

for (const [what, found, media, says] of [
  ["his own as a disk", drive("ann", {}), "disk", null],
  ["his own as a cdrom", drive("ann", {}), "cdrom", null],
  ["another's", drive("bob", {}), "cdrom", /there is none$/],
  ["another's that he may read", drive("bob", { readers: "ann" }), "cdrom", /there is none$/],
  ["none that there is", null, "cdrom", /there is none$/],
  ["a standard image as a cdrom", standard, "cdrom", null],
  ["a standard image as a disk", standard, "disk", /it is a standard image/],
] as const) {
  test(`a user may ${says === null ? "" : "not "}attach ${what}`, () => {
    const judge = () => judgeWant(found, ANN, { key: "ide:0:0", drive: "d", media });
    if (says === null) assert.equal(judge(), found);
    else
      assert.throws(
        judge,
        ({ type, message }) => type === "missing" && /^ide:0:0 names/.test(message) && says.test(message),
      );
  });
}
