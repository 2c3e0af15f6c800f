/** Downloading a drive as a file, against a real cloud. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { CONTENT_TYPES, exchange } from "../../testing/conformance/exchange.ts";
import { makeUser } from "../../testing/user.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";
/** More than one read may ask for. */
const BYTES = randomBytes(9 * 2 ** 20 + 5);

describe("download", () => {
  let cloud: Cloud;
  let bob = "";
  const words: Record<string, string> = {};

  before(async () => {
    cloud = await openCloud();
    bob = (await makeUser(cloud, "bob")).auth;
    const drive = { name: 'Bücher "2"; a.b', size: BYTES.length };
    words.DRIVE = (await cloud.make("drives/create", drive)).get("drive") ?? "";
    const { status } = await cloud.ask(`drives/${words.DRIVE}/write`, { body: BYTES });
    assert.equal(status, 204);
    words.BOB = bob;
  });
  after(() => cloud?.close());

  it("answers all of a drive, as a file that is called as the drive is", async () => {
    const answer = await cloud.ask(`drives/${words.DRIVE}/download`);
    assert.equal(answer.status, 200);
    assert.ok(answer.bytes.equals(BYTES));
    assert.equal(answer.headers.get("content-type"), "application/octet-stream");
    assert.equal(
      answer.headers.get("content-disposition"),
      `attachment; filename="B_cher _2__ a.b.img"; filename*=UTF-8''B%C3%BCcher%20%222%22%3B%20a.b.img`,
    );
    const info = await cloud.info(`drives/${words.DRIVE}/info`);
    assert.equal(info.get("read:bytes"), String(BYTES.length));
    assert.equal(info.get("read:requests"), "1");
  });

  it("answers what is behind an offset, so that one that broke off is gone on with", async () => {
    const answer = await cloud.ask(`drives/${words.DRIVE}/download/9M`);
    assert.ok(answer.bytes.equals(BYTES.subarray(9 * 2 ** 20)));
  });

  it("is for whoever may read the drive", async () => {
    const path = `drives/${words.DRIVE}/download`;
    assert.equal((await cloud.ask(path, { auth: bob })).status, 404);
    await cloud.ask(`drives/${words.DRIVE}/set`, { body: `readers ${bob.split(":")[0]}\n` });
    assert.ok((await cloud.ask(path, { auth: bob })).bytes.equals(BYTES));
  });

  for (const type of CONTENT_TYPES) {
    for (const row of [
      {
        name: "an offset at the end is 400 usage",
        path: `drives/DRIVE/download/${BYTES.length}`,
        code: "offset_past_end",
      },
      {
        name: "an offset that is none is 400 usage",
        path: "drives/DRIVE/download/x",
        code: "malformed_parameter",
      },
    ])
      it(`${row.name}, in ${type}`, async () => {
        await exchange(cloud, { ...row, status: 400, error: "usage" }, type, words);
      });
    it(`a drive that is not there is 404 missing, in ${type}`, async () => {
      const row = {
        name: "",
        path: `drives/${NOBODY}/download`,
        status: 404,
        error: "missing",
        code: "no_such_drive",
      };
      await exchange(cloud, row, type, words);
    });
  }
});
