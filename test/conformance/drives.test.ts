/** Every row and key of the specification's tables about drives, in both content types, against a real cloud. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { sendRaw } from "../../testing/clients/raw.ts";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { CONTENT_TYPES, exchange, type Row } from "../../testing/conformance/exchange.ts";
import { makeUser } from "../../testing/user.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const creations: readonly Row[] = [
  {
    name: "a drive with name and size gets every default",
    path: "drives/create",
    give: { name: "Test Drive", size: 10_000_000 },
    status: 200,
    answer: {
      drive: UUID,
      name: "Test Drive",
      size: 10_000_000,
      "claim:type": "exclusive",
      "encryption:cipher": "aes-xts-plain",
      user: UUID,
      status: "active",
      claimed: null,
      imaging: null,
      readers: null,
      tags: null,
      "read:bytes": 0,
      "read:requests": 0,
      "write:bytes": 0,
      "write:requests": 0,
    },
  },
  {
    name: "every optional key is kept and answered",
    path: "drives/create",
    give: {
      name: "all",
      size: "1m",
      "claim:type": "shared",
      readers: `${NOBODY} FFFFFFFF-ffff-ffff-ffff-ffffffffffff`,
      tags: "web  production",
      "user:note": "a value with spaces and ümläuts",
      "encryption:cipher": "none",
      tier: "ssd",
    },
    status: 200,
    answer: {
      size: 2 ** 20,
      "claim:type": "shared",
      readers: `${NOBODY} ffffffff-ffff-ffff-ffff-ffffffffffff`,
      tags: "web production",
      "user:note": "a value with spaces and ümläuts",
      "encryption:cipher": "none",
      tier: "ssd",
    },
  },
  ...[
    ["1", 1],
    ["3k", 3072],
    ["2M", 2 ** 21],
    ["1g", 2 ** 30],
  ].map(([size, bytes]) => ({
    name: `size ${size} is ${bytes} bytes`,
    path: "drives/create",
    give: { name: "sized", size: size ?? "" },
    status: 200,
    answer: { size: bytes ?? 0 },
  })),
];

const badCreations: readonly Row[] = (
  [
    ["no name", { size: 1 }, /^name is missing/],
    ["no size", { name: "d" }, /^size is missing/],
    ["an empty name", { name: "", size: 1 }, /^name is missing/],
    ["size 0", { name: "d", size: 0 }, /^size takes/],
    ["a negative size", { name: "d", size: -1 }, /^size takes .*"-1"/],
    ["a size in words", { name: "d", size: "big" }, /^size takes .*"big"/],
    ["a fraction of a byte", { name: "d", size: "1.5" }, /^size takes/],
    ["a size beyond all numbers", { name: "d", size: "99999999999T" }, /^size takes/],
    [
      "an unknown cipher",
      { name: "d", size: 1, "encryption:cipher": "rot13" },
      /^encryption:cipher takes .*"rot13"/,
    ],
    ["an unknown claim:type", { name: "d", size: 1, "claim:type": "both" }, /^claim:type takes/],
    ["a reader that is no uuid", { name: "d", size: 1, readers: "everybody" }, /^readers takes/],
    ["an unknown tier", { name: "d", size: 1, tier: "tape" }, /^tier takes/],
    ["an unknown key", { name: "d", size: 1, colour: "red" }, /"colour" is not a key/],
    [
      "a key that only the cloud sets",
      { name: "d", size: 1, status: "active" },
      /^status is set by the cloud/,
    ],
    ["user: without a name", { name: "d", size: 1, "user:": "x" }, /"user:" is not a key/],
  ] as const
).map(([what, give, says]) => ({
  name: `${what} is 400 usage`,
  path: "drives/create",
  give,
  status: 400,
  error: "usage",
  says,
}));

/** On a drive DRIVE of 4096 bytes, in this order. */
const changes: readonly Row[] = [
  {
    name: "name, tags and user:* change, and what is not named stays",
    path: "drives/DRIVE/set",
    give: { name: "renamed", tags: "a b", "user:x": "1" },
    status: 200,
    answer: { name: "renamed", tags: "a b", "user:x": "1", size: 4096 },
  },
  {
    name: "an empty value unsets an optional key",
    path: "drives/DRIVE/set",
    give: { tags: "" },
    status: 200,
    answer: { tags: null, "user:x": "1", name: "renamed" },
  },
  {
    name: "null unsets an optional key, as an empty value does in text",
    path: "drives/DRIVE/set",
    give: { "user:x": null },
    status: 200,
    answer: { "user:x": null, name: "renamed" },
  },
  {
    name: "a drive grows",
    path: "drives/DRIVE/set",
    give: { size: "8k" },
    status: 200,
    answer: { size: 8192 },
  },
  {
    name: "a drive shrinks to an odd number of bytes",
    path: "drives/DRIVE/set",
    give: { size: 1001 },
    status: 200,
    answer: { size: 1001 },
  },
  {
    name: "size 0 changes nothing",
    path: "drives/DRIVE/set",
    give: { size: 0 },
    status: 200,
    answer: { size: 1001 },
  },
  {
    name: "claim:type changes on a drive that nobody claims",
    path: "drives/DRIVE/set",
    give: { "claim:type": "shared" },
    status: 200,
    answer: { "claim:type": "shared" },
  },
  {
    name: "a required key cannot be unset",
    path: "drives/DRIVE/set",
    give: { name: "" },
    status: 400,
    error: "usage",
    says: /^name cannot be unset/,
  },
  {
    name: "the cipher is given at creation alone",
    path: "drives/DRIVE/set",
    give: { "encryption:cipher": "none" },
    status: 400,
    error: "usage",
    says: /^encryption:cipher can only be given at creation/,
  },
  {
    name: "one bad key among good ones changes nothing",
    path: "drives/DRIVE/set",
    give: { name: "not this", size: "x" },
    status: 400,
    error: "usage",
  },
  {
    name: "and it is as it was",
    path: "drives/DRIVE/info",
    status: 200,
    answer: { name: "renamed", size: 1001 },
  },
];

const refusals: readonly Row[] = [
  ...["info", "destroy", "set", "read/0/1", "write"].flatMap((verb): Row[] => {
    const method = verb === "info" || verb.startsWith("read") ? "GET" : "POST";
    const give = verb === "set" ? { give: { name: "x" } } : {};
    return [NOBODY, "not-a-uuid"].map((drive) => ({
      name: `${verb} of drive ${drive} is 404 missing`,
      path: `drives/${drive}/${verb}`,
      method,
      ...give,
      status: 404,
      error: "missing",
    }));
  }),
  {
    name: "a read of more than 4 MiB is 400 usage",
    path: "drives/DRIVE/read/0/4194305",
    status: 400,
    error: "usage",
    says: /SIZE is at most 4194304/,
  },
  {
    name: "a read at the end is 400 usage",
    path: "drives/DRIVE/read/1001/1",
    status: 400,
    error: "usage",
    says: /OFFSET 1001/,
  },
  {
    name: "an offset in words is 400 usage",
    path: "drives/DRIVE/read/start/1",
    status: 400,
    error: "usage",
    says: /OFFSET .*"start"/,
  },
  {
    name: "an unknown verb is 404 missing",
    path: "drives/DRIVE/defrag",
    method: "POST",
    status: 404,
    error: "missing",
  },
  { name: "GET of destroy is 405 method", path: "drives/DRIVE/destroy", status: 405, error: "method" },
  {
    name: "avoiding a drive that is not there is 404 missing",
    path: "drives/create",
    give: { name: "d", size: 1, avoid: NOBODY },
    status: 404,
    error: "missing",
    says: /avoid/,
  },
  {
    name: "avoiding a drive on a single host is 507 full and says why",
    path: "drives/create",
    give: { name: "d", size: 1, avoid: "DRIVE" },
    status: 507,
    error: "full",
    says: /only host/,
  },
  {
    name: "a size that no disk holds is 507 full",
    path: "drives/create",
    give: { name: "d", size: "8000T" },
    status: 507,
    error: "full",
    says: /there is room for/,
  },
];

describe("drives", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud.close());

  for (const type of CONTENT_TYPES) {
    describe(type, () => {
      const words: Record<string, string> = {};
      before(async () => {
        const made = await cloud.make("drives/create", { name: "to change", size: 4096 });
        words.DRIVE = made.get("drive") ?? "";
      });

      for (const row of [...creations, ...badCreations, ...changes, ...refusals]) {
        it(row.name, async () => {
          await exchange(cloud, row, type, words);
        });
      }

      it("lists and informs of all, in the order of creation", async () => {
        const headers = { accept: type };
        const list = await cloud.ask("drives/list", { headers });
        const info = await cloud.ask("drives/info", { headers });
        assert.equal(list.headers.get("x-elastic-output"), "list");
        assert.equal(info.headers.get("x-elastic-output"), "properties list");
        const listed = list.text.match(/[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? [];
        const informed =
          type === "text/plain"
            ? info.text.split("\n\n").map((object) => /^drive (\S+)/.exec(object)?.[1])
            : (JSON.parse(info.text) as { drive: string }[]).map(({ drive }) => drive);
        assert.ok(listed.length > 1);
        assert.deepEqual(informed, listed);
      });
    });
  }

  it("what is written is read back, at any offset, plain and gzipped, with suffixes; counters count", async () => {
    const drive = (await cloud.make("drives/create", { name: "bytes", size: "1M" })).get("drive");
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));
    const written = [
      await cloud.ask(`drives/${drive}/write/1k`, { body: bytes }),
      await cloud.ask(`drives/${drive}/write/999999`, {
        body: gzipSync(bytes),
        headers: { "content-encoding": "gzip", "content-type": "application/x-www-form-urlencoded" },
      }),
      await cloud.ask(`drives/${drive}/write`, { body: "start" }),
    ];
    assert.deepEqual(
      written.map(({ status, text }) => [status, text]),
      [
        [204, ""],
        [204, ""],
        [204, ""],
      ],
    );
    const read = await cloud.ask(`drives/${drive}/read/0/1M`);
    assert.equal(read.status, 200);
    assert.equal(read.headers.get("content-type"), "application/octet-stream");
    const expected = Buffer.alloc(2 ** 20);
    expected.write("start");
    bytes.copy(expected, 1024);
    bytes.copy(expected, 999_999);
    assert.ok(read.bytes.equals(expected));
    assert.equal((await cloud.ask(`drives/${drive}/read/1M/1`)).status, 400);
    assert.equal((await cloud.ask(`drives/${drive}/read/1048570/4M`)).bytes.length, 6);
    const info = await cloud.info(`drives/${drive}/info`);
    assert.equal(info.get("write:bytes"), "10005");
    assert.equal(info.get("write:requests"), "3");
    assert.equal(info.get("read:requests"), "2");
    assert.equal(info.get("read:bytes"), String(2 ** 20 + 6));
  });

  it("a write that passes the end is 507 full and changes nothing, plain and gzipped", async () => {
    const drive = (await cloud.make("drives/create", { name: "end", size: 1000 })).get("drive");
    const plain = await cloud.ask(`drives/${drive}/write/500`, { body: Buffer.alloc(501, 1) });
    const gzip = await cloud.ask(`drives/${drive}/write/500`, {
      body: gzipSync(Buffer.alloc(501, 1)),
      headers: { "content-encoding": "gzip" },
    });
    for (const { status, headers } of [plain, gzip]) {
      assert.deepEqual([status, headers.get("x-elastic-error")], [507, "full"]);
    }
    assert.ok((await cloud.ask(`drives/${drive}/read/0/1000`)).bytes.equals(Buffer.alloc(1000)));
    assert.equal((await cloud.ask(`drives/${drive}/write/500`, { body: Buffer.alloc(500, 1) })).status, 204);
  });

  for (const [what, fill] of [
    ["noise", randomBytes(13 * 2 ** 20)],
    ["repetition", Buffer.alloc(13 * 2 ** 20, "Lodge ")],
  ] as const) {
    it(`a long gzipped write of ${what} is all there, or changes nothing when it does not fit`, async () => {
      const size = 12 * 2 ** 20;
      const drive = (await cloud.make("drives/create", { name: "long", size })).get("drive");
      const write = (bytes: Uint8Array) =>
        cloud.ask(`drives/${drive}/write`, {
          body: gzipSync(bytes, { level: 1 }),
          headers: { "content-encoding": "gzip" },
        });
      const start = async () => (await cloud.ask(`drives/${drive}/read/0/4M`)).bytes;
      assert.equal((await write(fill)).headers.get("x-elastic-error"), "full");
      assert.ok((await start()).equals(Buffer.alloc(4 * 2 ** 20)));
      assert.equal((await write(fill.subarray(0, size))).status, 204);
      assert.ok((await start()).equals(fill.subarray(0, 4 * 2 ** 20)));
      assert.ok(
        (await cloud.ask(`drives/${drive}/read/8M/4M`)).bytes.equals(
          fill.subarray(8 * 2 ** 20, 12 * 2 ** 20),
        ),
      );
    });
  }

  it("corrupt, truncated and unknown encodings are 400 usage and change nothing", async () => {
    const drive = (await cloud.make("drives/create", { name: "gzip", size: 100_000 })).get("drive");
    const good = gzipSync(Buffer.alloc(50_000, 7));
    const corrupt = Buffer.from(good);
    corrupt[good.length - 6] = (corrupt[good.length - 6] ?? 0) ^ 0xff;
    const cases: [body: Buffer, encoding: string][] = [
      [Buffer.from("this is not gzip"), "gzip"],
      [good.subarray(0, good.length - 4), "gzip"],
      [corrupt, "gzip"],
      [good, "br"],
    ];
    for (const [body, encoding] of cases) {
      const answer = await cloud.ask(`drives/${drive}/write`, {
        body,
        headers: { "content-encoding": encoding },
      });
      assert.deepEqual([answer.status, answer.headers.get("x-elastic-error")], [400, "usage"], answer.text);
    }
    assert.ok((await cloud.ask(`drives/${drive}/read/0/100000`)).bytes.equals(Buffer.alloc(100_000)));
    const padded = Buffer.concat([good, Buffer.alloc(600)]);
    const answer = await cloud.ask(`drives/${drive}/write`, {
      body: padded,
      headers: { "content-encoding": "gzip" },
    });
    assert.equal(answer.status, 204, answer.text);
  });

  it("a chunked write is 400 usage and changes nothing", async () => {
    const drive = (await cloud.make("drives/create", { name: "chunked", size: 4 })).get("drive");
    const headers = {
      Authorization: `Basic ${Buffer.from(cloud.auth).toString("base64")}`,
      "Transfer-Encoding": "chunked",
    };
    const body = "4\r\nabcd\r\n0\r\n\r\n";
    const answer = await sendRaw(cloud.url, `POST /drives/${drive}/write`, headers, body);
    assert.deepEqual([answer.status, answer.headers.get("x-elastic-error")], [400, "usage"]);
    assert.deepEqual((await cloud.ask(`drives/${drive}/read/0/4`)).bytes, Buffer.alloc(4));
  });

  it("a destroyed drive is gone for everything", async () => {
    const drive = (await cloud.make("drives/create", { name: "gone", size: 1 })).get("drive");
    await cloud.act(`drives/${drive}/destroy`);
    assert.equal((await cloud.ask(`drives/${drive}/info`)).status, 404);
    assert.equal((await cloud.ask(`drives/${drive}/destroy`, { method: "POST" })).status, 404);
    assert.doesNotMatch((await cloud.ask("drives/list")).text, new RegExp(drive ?? "-"));
  });

  it("another user's drive reads as absent, until readers let him read it, and then he may not change it", async () => {
    const { auth } = await makeUser(cloud, "bob");
    const drive = (await cloud.make("drives/create", { name: "mine", size: 10 })).get("drive");
    const absent = await cloud.ask(`drives/${drive}/info`, { auth });
    const unknown = await cloud.ask(`drives/${NOBODY}/info`, { auth });
    assert.equal(absent.status, 404);
    assert.equal(absent.text.replace(drive ?? "", NOBODY), unknown.text);
    await cloud.make(`drives/${drive}/set`, { readers: auth.split(":")[0] ?? "" });
    assert.equal((await cloud.ask(`drives/${drive}/info`, { auth })).status, 200);
    assert.equal((await cloud.ask(`drives/${drive}/read/0/10`, { auth })).status, 200);
    const change = await cloud.ask(`drives/${drive}/set`, { auth, body: "name his\n" });
    assert.deepEqual([change.status, change.headers.get("x-elastic-error")], [404, "missing"]);
    assert.match(change.text, /not changed by you/);
    assert.equal((await cloud.ask("drives/list", { auth })).text, "");
  });
});
