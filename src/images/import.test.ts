/** Importing standard images into a home whose daemon does not run: what comes, and what is refused. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { openFileServer } from "../../testing/file-server.ts";
import { GZIP_STREAMS } from "../../testing/gzip-streams.ts";
import { DEBIAN, KNOPPIX, openImageHome, refused } from "../../testing/images/home.ts";
import { createUser } from "../accounts/users.ts";

const MIB = 2 ** 20;

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test("a CD is imported byte for byte under its name in the catalogue, and nobody may write on its file", async (t) => {
  const home = await openImageHome(t);
  const bytes = randomBytes(3 * MIB + 700);
  const printed = await home.import(await home.file(bytes), { uuid: KNOPPIX.toUpperCase() });
  assert.deepEqual(printed, [
    `imported ${KNOPPIX} Knoppix Linux 6.0.1 Live CD (${bytes.length} bytes)`,
    `sha256 ${sha256(bytes)}`,
  ]);
  const content = await home.content(KNOPPIX);
  assert.equal(content.length, 3 * MIB + 1024, "whole sectors");
  assert.ok(content.subarray(0, bytes.length).equals(bytes));
  const { mode, uid } = await stat(join(home.home, "drives", `${KNOPPIX}.raw`));
  assert.deepEqual([mode & 0o777, uid], [0o444, process.getuid?.()]);
  assert.match(await home.state(KNOPPIX), / cdrom ready 3146428 Knoppix Linux 6\.0\.1 Live CD$/);
});

test("a gzipped image is measured gunzipped, in several members and padded with zeroes as well", async (t) => {
  const home = await openImageHome(t);
  const member = gzipSync(Buffer.alloc(5 * MIB, "Lodge"));
  const padded = Buffer.concat([member, member, Buffer.alloc(600)]);
  const [imported] = await home.import(await home.file(padded), { uuid: DEBIAN, sha256: sha256(padded) });
  assert.equal(imported, `imported ${DEBIAN} Debian Linux 5.0 (gunzipped, ${10 * MIB} bytes)`);
  assert.match(await home.state(DEBIAN), new RegExp(` disk ready ${padded.length}, gunzipped ${10 * MIB} `));
});

for (const { what, gzip, holds } of GZIP_STREAMS) {
  test(`an image that is ${what} is ${holds === null ? "refused" : "measured whole"}`, async (t) => {
    const home = await openImageHome(t);
    const imported = home.import(await home.file(gzip), { uuid: DEBIAN });
    if (holds === null) await assert.rejects(imported, refused("usage", /gzip is damaged/));
    else assert.match((await imported)[0] ?? "", new RegExp(`gunzipped, ${holds.length} bytes`));
  });
}

const gzip = gzipSync(randomBytes(100_000));
const damaged = Buffer.from(gzip);
damaged[50_000] = (damaged[50_000] ?? 0) ^ 0xff;

const wrong: readonly [
  what: string,
  bytes: Buffer,
  flags: { uuid: string; sha256?: string },
  says: RegExp,
][] = [
  ["gzip that is not said to be", gzip, { uuid: KNOPPIX }, /is gzip: say so with --gzip/],
  [
    "what is no gzip under an image of the table",
    randomBytes(100).fill(0, 0, 1),
    { uuid: DEBIAN },
    /is not gzip/,
  ],
  ["damaged gzip", damaged, { uuid: DEBIAN }, /gzip is damaged/],
  ["gzip that is cut off", gzip.subarray(0, -5), { uuid: DEBIAN }, /gzip is damaged/],
  ["nothing", Buffer.alloc(0), { uuid: KNOPPIX }, /is empty/],
  [
    "a wrong checksum",
    Buffer.from("content"),
    { uuid: KNOPPIX, sha256: "0".repeat(64) },
    /^the content has the SHA-256 [0-9a-f]{64}, not 0{64}$/,
  ],
];

for (const [what, bytes, flags, says] of wrong) {
  test(`${what} is refused, and nothing is left of it`, async (t) => {
    const home = await openImageHome(t);
    await assert.rejects(home.import(await home.file(bytes), flags), refused("usage", says));
    assert.match(await home.state(flags.uuid), / without content /);
    assert.deepEqual(await home.files(), []);
  });
}

test("a content for which the disk has no room is 507 full at once, and nothing is left of it", async (t) => {
  const home = await openImageHome(t);
  const file = await home.file(Buffer.from("\x00"));
  await truncate(file, 8 * 2 ** 40);
  await assert.rejects(home.import(file, { uuid: KNOPPIX }), refused("full", /there is room for \d+ bytes/));
  assert.deepEqual(await home.files(), []);
  assert.match(await home.state(KNOPPIX), / without content /);
});

test("the uuid of a user's drive is taken", async (t) => {
  const home = await openImageHome(t);
  await home.withStore(async (store) => {
    const { uuid: user } = await createUser(store, "ann");
    const columns = { phase: "ready", size_bytes: 1, cipher: "none", claim_type: "exclusive" } as const;
    await store.transaction((tx) =>
      tx
        .insertInto("drives")
        .values({ uuid: KNOPPIX, user, properties: "{}", ...columns })
        .execute(),
    );
  });
  const file = await home.file(Buffer.from("content"));
  await assert.rejects(
    home.import(file, { uuid: KNOPPIX }),
    refused("usage", /is the uuid of a user's drive/),
  );
  await assert.rejects(home.remove(KNOPPIX), refused("missing", /there is no image/));
});

test("an image that is there is replaced only after it was removed", async (t) => {
  const home = await openImageHome(t);
  await home.import(await home.file(Buffer.from("old")), { uuid: KNOPPIX });
  const file = await home.file(Buffer.from("new"));
  await assert.rejects(home.import(file, { uuid: KNOPPIX }), refused("busy", /remove it first/));
  assert.equal(await home.remove(KNOPPIX), "Knoppix Linux 6.0.1 Live CD");
  assert.deepEqual(await home.files(), []);
  await assert.rejects(home.remove(KNOPPIX), refused("missing", /there is no image/));
  await home.import(file, { uuid: KNOPPIX });
  assert.equal((await home.content(KNOPPIX)).subarray(0, 3).toString(), "new");
});

test("of two imports of one image at once, one comes about and the other finds it busy", async (t) => {
  const home = await openImageHome(t);
  const file = await home.file(randomBytes(3 * MIB));
  // In a home that is new to both.
  const outcomes = await Promise.all(
    [1, 2].map(async () => {
      const child = home.startImport(file);
      const [[code], said] = await Promise.all([once(child, "close"), text(child.stderr ?? assert.fail())]);
      return { code: code as number, said };
    }),
  );
  const [done, refusal] = outcomes.sort((one, other) => one.code - other.code);
  assert.deepEqual(done, { code: 0, said: "" });
  assert.match(
    refusal?.said ?? "",
    /^lodge: (process \d+ is at work on image|image \S+ is imported already)/,
  );
  assert.match(await home.state(KNOPPIX), / ready /);
});

test("what is no file and no web server's, or comes encoded, is refused", async (t) => {
  const home = await openImageHome(t);
  const server = await openFileServer(t, gzipSync("content"));
  server.headers = { "content-encoding": "gzip" };
  await assert.rejects(home.import(server.url, { uuid: KNOPPIX }), refused("failed", /or sends it encoded/));
  server.headers = {};
  await assert.rejects(
    home.import(`${server.url}/else`, { uuid: KNOPPIX }),
    refused("failed", /answers 404/),
  );
  for (const [from, type, says] of [
    ["ftp://127.0.0.1/x", "usage", /is not a URL of http or https/],
    ["http://ann:secret@127.0.0.1/x", "usage", /with a password in it/],
    ["http://127.0.0.1:1/x", "failed", /cannot be read/],
    [join(home.home, "not-there"), "usage", /not-there cannot be read/],
    [home.home, "usage", /is not a file/],
  ] as const) {
    await assert.rejects(home.import(from, { uuid: KNOPPIX }), refused(type, says));
  }
});
