/** Every row and key of the specification's tables about drives, in both content types, against a real cloud. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { sendRaw } from "../../testing/clients/raw.ts";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { CONTENT_TYPES, exchange } from "../../testing/conformance/exchange.ts";
import { makeUser } from "../../testing/user.ts";
import { badCreations, changes, creations, NOBODY, refusals } from "./drive-rows.ts";

describe("drives", () => {
  let cloud: Cloud;
  before(async () => {
    // Of the machine's temporary folder nothing is needed.
    cloud = await openCloud({ TMPDIR: "/missing" });
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
      assert.equal(headers.get("x-lodge-error"), "write_past_end");
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

  it("an Idempotency-Key makes one drive, and with another body it is 400 usage and makes none", async () => {
    const create = (name: string) =>
      cloud.ask("drives/create", {
        body: JSON.stringify({ name, size: 1 }),
        headers: { "content-type": "application/json", "idempotency-key": "drive-of-this-test" },
      });
    const [first, again, other] = [await create("once"), await create("once"), await create("other")];
    assert.deepEqual([first.status, again.status, again.text], [200, 200, first.text]);
    assert.deepEqual(
      [other.status, other.headers.get("x-elastic-error"), other.headers.get("x-lodge-error")],
      [400, "usage", "idempotency_key_reused"],
    );
    const names = (await cloud.ask("drives/info")).text.match(/^name (once|other)$/gm);
    assert.deepEqual(names, ["name once"]);
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

  it("a gzipped write that is too large for memory needs no temporary folder of the machine's", async () => {
    const bytes = randomBytes(6 * 2 ** 20);
    const drive = (await cloud.make("drives/create", { name: "scratch", size: bytes.length })).get("drive");
    const headers = { "content-encoding": "gzip" };
    const { status, text } = await cloud.ask(`drives/${drive}/write`, { body: gzipSync(bytes), headers });
    assert.equal(status, 204, text);
    const read = await cloud.ask(`drives/${drive}/read/3M/3M`);
    assert.ok(read.bytes.equals(bytes.subarray(3 * 2 ** 20)));
  });

  it("a read that is pipelined behind a write has what was written", async () => {
    const drive = (await cloud.make("drives/create", { name: "pipelined", size: "4M" })).get("drive");
    const authorization = `Authorization: Basic ${Buffer.from(cloud.auth).toString("base64")}`;
    const { hostname, port } = new URL(cloud.url);
    for (let round = 1; round <= 5; round++) {
      const bytes = Buffer.alloc(2 ** 20, round);
      const socket = connect(Number(port), hostname);
      socket.write(
        `POST /drives/${drive}/write HTTP/1.1\r\nHost: x\r\n${authorization}\r\nContent-Length: ${bytes.length}\r\n\r\n`,
      );
      socket.write(bytes);
      socket.write(
        `GET /drives/${drive}/read/0/1M HTTP/1.1\r\nHost: x\r\n${authorization}\r\nConnection: close\r\n\r\n`,
      );
      const answers = await buffer(socket);
      assert.match(answers.toString("latin1", 0, 500), /^HTTP\/1\.1 204 .*\r\n\r\nHTTP\/1\.1 200 /s);
      assert.ok(answers.subarray(-bytes.length).equals(bytes), "old bytes came");
    }
  });

  it("a destroyed drive is gone for everything", async () => {
    const drive = (await cloud.make("drives/create", { name: "gone", size: 1 })).get("drive");
    await cloud.act(`drives/${drive}/destroy`);
    assert.equal((await cloud.ask(`drives/${drive}/info`)).status, 404);
    assert.equal((await cloud.ask(`drives/${drive}/destroy`, { method: "POST" })).status, 404);
    assert.doesNotMatch((await cloud.ask("drives/list")).text, new RegExp(drive ?? "-"));
  });

  it("another user's drive reads as absent, until readers let them read it, and then they may not change it", async () => {
    const { auth } = await makeUser(cloud, "bob");
    const drive = (await cloud.make("drives/create", { name: "mine", size: 10 })).get("drive");
    const absent = await cloud.ask(`drives/${drive}/info`, { auth });
    const unknown = await cloud.ask(`drives/${NOBODY}/info`, { auth });
    assert.equal(absent.status, 404);
    assert.equal(absent.text.replace(drive ?? "", NOBODY), unknown.text);
    await cloud.make(`drives/${drive}/set`, { readers: auth.split(":")[0] ?? "" });
    assert.equal((await cloud.ask(`drives/${drive}/info`, { auth })).status, 200);
    assert.equal((await cloud.ask(`drives/${drive}/read/0/10`, { auth })).status, 200);
    const change = await cloud.ask(`drives/${drive}/set`, { auth, body: "name theirs\n" });
    assert.deepEqual([change.status, change.headers.get("x-elastic-error")], [404, "missing"]);
    assert.match(change.text, /not changed by you/);
    assert.equal((await cloud.ask("drives/list", { auth })).text, "");
  });
});
