/** The specification's table about imaging and the rulings about it, in both content types, against a real cloud. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { CONTENT_TYPES, exchange } from "../../testing/conformance/exchange.ts";
import { importInto, removeFrom } from "../../testing/images/import.ts";
import { long } from "../../testing/share.ts";
import { until } from "../../testing/until.ts";
import { makeUser } from "../../testing/user.ts";
import { hold, PACKER, workers } from "../../testing/workers.ts";
import { meanwhile, refusals } from "./imaging-rows.ts";

const DEBIAN = "980cf63c-f21e-4382-997b-6541d5809629";
const MIB = 2 ** 20;
/** What there is to see of an imaging is looked at while its packer is held: there has to be something left of it then. */
const SLOW_BYTES = 256 * MIB;

describe("imaging", () => {
  let cloud: Cloud;
  let bob = "";
  const words: Record<string, string> = {};

  async function make(name: string, bytes: Buffer | number, more: Readonly<Record<string, string>> = {}) {
    const size = typeof bytes === "number" ? bytes : bytes.length;
    const drive = (await cloud.make("drives/create", { name, size, ...more })).get("drive") ?? "";
    if (typeof bytes !== "number") {
      const written = await cloud.ask(`drives/${drive}/write`, { body: bytes });
      assert.equal(written.status, 204, written.text);
    }
    return drive;
  }

  const read = async (drive: string, length: number) =>
    (await cloud.ask(`drives/${drive}/read/0/${length}`)).bytes;

  /** Waits as jclouds does. */
  const settled = (drive: string) =>
    until("the drive is imaged", async () => {
      const info = await cloud.info(`drives/${drive}/info`);
      return info.has("claimed") ? null : info;
    });

  const image = (target: string, source: string, conversion = "") =>
    cloud.act(`drives/${target}/image/${source}${conversion}`);

  const claimed = async (drive: string, auth = cloud.auth) =>
    /^claimed (.*)$/m.exec((await cloud.ask(`drives/${drive}/info`, { auth })).text)?.[1] ?? "";

  const noise = randomBytes(MIB);

  before(async () => {
    cloud = await openCloud({ LODGE_IMAGINGS: "1" });
    bob = (await makeUser(cloud, "bob")).auth;
    words.IDLE = await make("idle", 10_000);
    words.SMALL = await make("small", 4096);
    words.BIG = await make("big", 2 * MIB);
    words.SOURCE = await make("source", noise, { readers: bob.split(":")[0] ?? "" });
    words.QUEUED = await make("queued", randomBytes(2 * MIB));
    words.SLOW = await make("slow", SLOW_BYTES, { "encryption:cipher": "none" });
    words.PACKED = await make("packed", SLOW_BYTES);
    words.HELD = await make("held", noise);
    const theirs = await cloud.ask("drives/create", { auth: bob, body: "name theirs\nsize 4096\n" });
    words.BOBDRIVE = /^drive (\S+)/.exec(theirs.text)?.[1] ?? "";
    const server = { name: "holder", cpu: 500, mem: 32, "ide:0:0": words.HELD, persistent: "true" };
    words.HOLDER = (await cloud.make("servers/create", server)).get("server") ?? "";
  });
  after(() => cloud?.close());

  for (const type of CONTENT_TYPES) {
    describe(type, () => {
      for (const row of refusals) {
        it(row.name, async () => {
          await exchange(cloud, row, type, words);
        });
      }
    });
  }

  for (const { what, headers } of [
    { what: "nothing said", headers: {} },
    { what: "a type of JSON", headers: { "content-type": "application/json" } },
    { what: "a type of a form", headers: { "content-type": "application/x-www-form-urlencoded" } },
  ] as const) {
    it(`copies a drive, asked for with an empty body and ${what}`, async () => {
      const target = await make("copy", randomBytes(1_500_000));
      const path = `drives/${target}/image/${words.SOURCE}`;
      const answer = await cloud.ask(path, { method: "POST", headers });
      assert.deepEqual([answer.status, answer.text], [204, ""]);
      const info = await settled(target);
      assert.deepEqual([info.get("imaging"), info.get("imaging:error")], [undefined, undefined]);
      const expected = Buffer.concat([noise, Buffer.alloc(1_500_000 - noise.length)]);
      assert.ok((await read(target, 1_500_000)).equals(expected), "zeroes are behind what was imaged");
    });
  }

  it("gzip packs a drive, and gunzip unpacks what it packed, padding and all", async () => {
    const text = Buffer.alloc(1_000_001, "Lodge never loses a byte. ");
    const [source, packed, unpacked] = [
      await make("t", text),
      await make("p", 100_000),
      await make("u", 1_000_001),
    ];
    await image(packed, source, "/gzip");
    await settled(packed);
    assert.ok(gunzipSync(await read(packed, 100_000)).equals(text));
    await image(unpacked, packed, "/gunzip");
    await settled(unpacked);
    assert.ok((await read(unpacked, text.length)).equals(text));
  });

  for (const { what, held, says } of [
    {
      what: "a corrupt gzip stream",
      held: gzipSync(noise).fill(1, 500_000, 500_100),
      says: /no whole gzip stream/,
    },
    {
      what: "a result that does not fit",
      held: gzipSync(Buffer.alloc(2 * MIB)),
      says: /does not fit: the drive has 1048576/,
    },
  ]) {
    it(`${what} leaves imaging:error, and a target of zeroes that can be imaged again`, async () => {
      const [source, target] = [await make("bad", held), await make("target", noise)];
      await image(target, source, "/gunzip");
      const info = await settled(target);
      assert.match(info.get("imaging:error") ?? "", says);
      assert.equal(info.get("imaging"), undefined);
      assert.ok((await read(target, MIB)).equals(Buffer.alloc(MIB)));
      await image(target, words.SOURCE ?? "");
      assert.equal((await settled(target)).get("imaging:error"), undefined);
      assert.ok((await read(target, MIB)).equals(noise));
    });
  }

  it("a drive whose imaging failed may be destroyed, and so may its source", async () => {
    const [source, target] = [await make("bad", noise), await make("target", MIB)];
    await image(target, source, "/gunzip");
    assert.ok((await settled(target)).has("imaging:error"));
    await cloud.act(`drives/${source}/destroy`);
    assert.ok((await cloud.info(`drives/${target}/info`)).has("imaging:error"));
    await cloud.act(`drives/${target}/destroy`);
  });

  it("copies a drive that a running server holds", async () => {
    const target = await make("copy", 2 * MIB);
    await image(target, words.HELD ?? "");
    await settled(target);
    assert.ok((await read(target, MIB)).equals(noise));
    assert.equal(await claimed(words.HELD ?? ""), words.HOLDER);
  });

  it("copies a standard image like any other drive, gunzip unpacks it, and it stays while it is read", async () => {
    await importInto(cloud, gzipSync(noise), { uuid: DEBIAN });
    const [slow, unpacked] = [await make("slow", SLOW_BYTES), await make("unpacked", MIB)];
    await image(slow, words.SLOW ?? "", "/gzip");
    const goOn = await hold(cloud.pid, PACKER);
    const path = `drives/${unpacked}/image/${DEBIAN}/gunzip`;
    assert.equal((await cloud.ask(path, { method: "POST" })).status, 204);
    assert.equal(await claimed(DEBIAN), unpacked);
    assert.equal(await claimed(DEBIAN, bob), "");
    await assert.rejects(removeFrom(cloud.home, DEBIAN), { type: "busy", message: /is being imaged from$/ });
    goOn();
    assert.equal((await settled(unpacked)).get("imaging:error"), undefined);
    assert.ok((await read(unpacked, MIB)).equals(noise));
    await removeFrom(cloud.home, DEBIAN);
    assert.equal((await cloud.ask(path, { method: "POST" })).status, 404);
    await cloud.act(`drives/${slow}/destroy`);
  });

  describe("while one is under way and another waits", () => {
    let goOn = () => {};
    before(async () => {
      await image(words.PACKED ?? "", words.SLOW ?? "", "/gzip");
      goOn = await hold(cloud.pid, PACKER);
      await image(words.QUEUED ?? "", words.SOURCE ?? "");
    });

    for (const type of CONTENT_TYPES) {
      describe(type, () => {
        for (const row of meanwhile) {
          it(row.name, async () => {
            await exchange(cloud, row, type, words);
          });
        }
      });
    }

    it("claimed of a target names its source, and claimed of a source the targets of who asks", async () => {
      assert.equal(await claimed(words.PACKED ?? ""), words.SLOW);
      assert.equal(await claimed(words.QUEUED ?? ""), words.SOURCE);
      assert.equal(await claimed(words.SLOW ?? ""), words.PACKED);
      assert.equal(await claimed(words.SOURCE ?? ""), words.QUEUED);
      assert.equal(await claimed(words.SOURCE ?? "", bob), "", "not those of others");
    });

    it("drives/info and drives/info/full show it of all drives", async () => {
      for (const [path, pattern] of [
        ["drives/info", /^imaging true$/m],
        ["drives/info/full", /^imaging \d+%$/m],
      ] as const) {
        const { text } = await cloud.ask(path);
        const objects = text.split("\n\n");
        assert.match(objects.find((object) => object.startsWith(`drive ${words.PACKED}`)) ?? "", pattern);
        const queued = objects.find((object) => object.startsWith(`drive ${words.QUEUED}`)) ?? "";
        assert.match(queued, new RegExp(`^claimed ${words.SOURCE}$`, "m"));
        assert.match(queued, /^imaging queued$/m);
        const source = objects.find((object) => object.startsWith(`drive ${words.SOURCE}`)) ?? "";
        assert.match(source, new RegExp(`^claimed ${words.QUEUED}$`, "m"));
      }
    });

    it("reading either drive is fine", async () => {
      for (const drive of ["PACKED", "QUEUED", "SOURCE", "SLOW"]) {
        assert.equal((await read(words[drive] ?? "", 1000)).length, 1000);
      }
    });

    it("one that waits leaves what its target holds, one under way shows zeroes", async () => {
      assert.notEqual((await read(words.QUEUED ?? "", 16)).toString("hex"), Buffer.alloc(16).toString("hex"));
      assert.ok((await read(words.PACKED ?? "", 4096)).equals(Buffer.alloc(4096)));
    });

    it("a server may have the source for a CD", async () => {
      const cd = { name: "cd", cpu: 500, mem: 32, "ide:1:0": words.SOURCE ?? "", "ide:1:0:media": "cdrom" };
      const server = (await cloud.make("servers/create", cd)).get("server");
      assert.deepEqual((await claimed(words.SOURCE ?? "")).split(" "), [server, words.QUEUED]);
      assert.ok((await read(words.SOURCE ?? "", MIB)).equals(noise));
      await cloud.act(`servers/${server}/destroy`);
    });

    it("a reader's imaging goes on though they may no longer read, and is none of the owner's business", async () => {
      const made = await cloud.ask("drives/create", { auth: bob, body: "name copy\nsize 1M\n" });
      const target = /^drive (\S+)/.exec(made.text)?.[1] ?? "";
      const path = `drives/${target}/image/${words.SOURCE}`;
      assert.equal((await cloud.ask(path, { auth: bob, method: "POST" })).status, 204);
      assert.equal(await claimed(words.SOURCE ?? "", bob), target);
      assert.equal(await claimed(words.SOURCE ?? ""), words.QUEUED);
      await cloud.make(`drives/${words.SOURCE}/set`, { readers: "" });
      assert.equal((await cloud.ask(path, { auth: bob, method: "POST" })).status, 404);
      words.COPY = target;
    });

    it(
      "kill -9 of the daemon leaves no process of it, and all is done after the next start",
      long,
      async () => {
        const { pid } = cloud;
        assert.equal((await workers(pid, PACKER)).length, 1);
        await cloud.withoutDaemon(async () => {
          await until("the packer has gone", async () =>
            (await workers(1, PACKER)).length === 0 ? true : null,
          );
          assert.deepEqual(await workers(pid, PACKER), []);
        });
        goOn = () => {};
        const info = await cloud.info(`drives/${words.QUEUED}/info`);
        assert.equal(info.get("imaging"), "queued", "the one that was under way comes first again");
        const packed = await settled(words.PACKED ?? "");
        assert.deepEqual([packed.get("imaging"), packed.get("imaging:error")], [undefined, undefined]);
        assert.equal((await settled(words.QUEUED ?? "")).get("imaging:error"), undefined);
        assert.ok(
          (await read(words.QUEUED ?? "", 2 * MIB)).equals(Buffer.concat([noise, Buffer.alloc(MIB)])),
        );
        const unpacked = gunzipSync(await read(words.PACKED ?? "", 4 * MIB));
        assert.equal(unpacked.length, SLOW_BYTES);
        assert.ok(unpacked.every((byte) => byte === 0));
      },
    );

    it("the reader's is done too, and claims are gone", long, async () => {
      await until("the copy is imaged", async () =>
        (await claimed(words.COPY ?? "", bob)) === "" ? true : null,
      );
      const { bytes } = await cloud.ask(`drives/${words.COPY}/read/0/1M`, { auth: bob });
      assert.ok(bytes.equals(noise));
      for (const drive of ["SOURCE", "SLOW", "PACKED", "QUEUED"])
        assert.equal(await claimed(words[drive] ?? ""), "");
      await cloud.act(`drives/${words.SOURCE}/destroy`);
    });

    after(() => goOn());
  });
});
