import assert from "node:assert/strict";
import { test } from "node:test";
import { EVERYBODY } from "../api/authorize.ts";
import type { UserId } from "../base/ids.ts";
import { ensureAttachable } from "./claims.ts";
import { type DriveRow, driveOf } from "./drive.ts";

const ANN = "ann" as UserId;
const drive = (user: string, properties: object, standard: object | null = null) =>
  driveOf(
    {
      ...{
        uuid: "d",
        user,
        host: "local",
        generation: 1,
        size_bytes: 1,
        cipher: "none",
        wrapped_secret: null,
        claim_type: "shared",
      },
      ...{ read_bytes: 0, read_requests: 0, write_bytes: 0, write_requests: 0 },
      properties: JSON.stringify(properties),
      standard: standard && JSON.stringify(standard),
    } satisfies DriveRow,
    [],
  );
const standard = drive(
  "cloud",
  { readers: EVERYBODY },
  { media: "disk", format: null, rawSizeBytes: 1, sha256: "" },
);

for (const [what, found, media, says] of [
  ["their own as a disk", drive("ann", {}), "disk", null],
  ["their own as a cdrom", drive("ann", {}), "cdrom", null],
  ["another's", drive("bob", {}), "cdrom", /there is none$/],
  ["another's that they may read", drive("bob", { readers: "ann" }), "cdrom", /there is none$/],
  ["none that there is", null, "cdrom", /there is none$/],
  ["a standard image as a cdrom", standard, "cdrom", null],
  ["a standard image as a disk", standard, "disk", /it is a standard image/],
] as const) {
  test(`a user may ${says === null ? "" : "not "}attach ${what}`, () => {
    const attach = () => ensureAttachable(found, ANN, { key: "ide:0:0", drive: "d", media });
    if (says === null) assert.equal(attach(), found);
    else
      assert.throws(
        attach,
        ({ type, message }) => type === "missing" && /^ide:0:0 names/.test(message) && says.test(message),
      );
  });
}
