/** Imaging a drive from a URL, in both content types, against a real cloud. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp, readFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { writeCertificate } from "../../testing/certificate.ts";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { CONTENT_TYPES, exchange } from "../../testing/conformance/exchange.ts";
import { openSourceServer, type SourceServer, sendContent } from "../../testing/source-server.ts";
import { until } from "../../testing/until.ts";
import { makeUser } from "../../testing/user.ts";
import { meanwhile, refusals } from "./fetch-rows.ts";

const MIB = 2 ** 20;
const CONTENT = randomBytes(MIB);
const SUM = createHash("sha256").update(CONTENT).digest("hex");

describe("imaging from a URL", () => {
  let cloud: Cloud;
  let source: SourceServer;
  const words: Record<string, string> = {};
  const closings: (() => void)[] = [];
  let goOn = () => {};

  const make = async (name: string, size: number, auth = cloud.auth) =>
    /^drive (\S+)/m.exec(
      (
        await cloud.ask("drives/create", {
          auth,
          body: `name ${name}\nsize ${size}\nreaders ${words.ANN ?? ""}\n`,
        })
      ).text,
    )?.[1] ?? assert.fail();

  const fetchFrom = async (drive: string, url: string, more = "") => {
    const answer = await cloud.ask(`drives/${drive}/fetch`, { body: `url ${url}\n${more}` });
    assert.deepEqual([answer.status, answer.text], [204, ""]);
  };

  const settled = (drive: string) =>
    until("the drive is fetched", async () => {
      const info = await cloud.info(`drives/${drive}/info`);
      return info.has("imaging") ? null : info;
    });

  const read = async (drive: string, length: number) =>
    (await cloud.ask(`drives/${drive}/read/0/${length}`)).bytes;

  before(async () => {
    source = await openSourceServer({ after: (work) => void closings.push(work) });
    source.answer = (request, response) => {
      if (request.url?.startsWith("/held") !== true) return sendContent(request, response, CONTENT);
      response.writeHead(200, { "content-length": 2 * MIB }).write(CONTENT);
      goOn = () => void response.end(CONTENT);
    };
    const folder = await mkdtemp(join(tmpdir(), "lodge-test-"));
    closings.push(() => rmSync(folder, { recursive: true }));
    const { cert, key } = writeCertificate(folder, ["IP:127.0.0.1"]);
    const overTls = createServer({ cert: await readFile(cert), key: await readFile(key) }, (_, response) => {
      response.end(CONTENT);
    });
    overTls.listen(0, "127.0.0.1");
    await once(overTls, "listening");
    closings.push(() => overTls.close());
    words.HTTPS = `https://127.0.0.1:${(overTls.address() as AddressInfo).port}/`;
    cloud = await openCloud({
      NODE_EXTRA_CA_CERTS: cert,
      LODGE_FETCH: "1",
      LODGE_FETCH_ALLOW: "127.0.0.1",
      LODGE_IMAGINGS: "1",
    });
    const bob = (await makeUser(cloud, "bob")).auth;
    words.BOBDRIVE = await make("theirs", 4096, bob);
    words.ANN = cloud.auth.split(":")[0] ?? "";
    words.BOBSOURCE = await make("read", 4096, bob);
    words.ANN = "";
    words.IDLE = await make("idle", 2 * MIB);
    words.HELD = await make("held", 2 * MIB);
    words.BUSY = await make("busy", 2 * MIB);
    words.WAITS = await make("waits", 2 * MIB);
    await cloud.make("servers/create", { name: "holder", cpu: 500, mem: 32, "ide:0:0": words.HELD });
  });
  after(async () => {
    await cloud?.close();
    for (const close of closings) close();
  });

  it("fetches a drive: it holds the content and zeroes behind, and the URL is told nowhere", async () => {
    const drive = await make("fetched", 2 * MIB);
    await fetchFrom(drive, `${source.url}image?token=S3CRET`, `sha256 ${SUM.toUpperCase()}\n`);
    const info = await settled(drive);
    assert.equal(info.get("imaging:error"), undefined);
    assert.ok((await read(drive, 2 * MIB)).equals(Buffer.concat([CONTENT, Buffer.alloc(MIB)])));
    assert.equal(source.asked.at(-1)?.url, "/image?token=S3CRET");
    assert.ok(!cloud.logged.includes("S3CRET"));
    const events = await cloud.ask("profile/events");
    assert.match(events.text, /drives\/DRIVE\/fetch/);
    assert.ok(!events.text.includes("S3CRET"));
  });

  it("fetches a drive over TLS, from whom an authority vouches for", async () => {
    const drive = await make("over-tls", MIB);
    await fetchFrom(drive, words.HTTPS ?? "", `sha256 ${SUM}\n`);
    assert.equal((await settled(drive)).get("imaging:error"), undefined);
    assert.ok((await read(drive, MIB)).equals(CONTENT));
  });

  for (const { what, url, more = "", says } of [
    {
      what: "another checksum",
      url: "image",
      more: `sha256 ${"0".repeat(64)}\n`,
      says: /^the content has the SHA-256/,
    },
    {
      what: "an address that is not public",
      url: "http://10.0.0.1/?S3CRET",
      says: /^http:\/\/10\.0\.0\.1 has no address/,
    },
    { what: "this machine by IPv6", url: "http://[::1]/", says: /^http:\/\/\[::1\] has no address/ },
    {
      what: "a cloud's metadata",
      url: "http://169.254.169.254/",
      says: /has no address that is fetched from$/,
    },
  ]) {
    it(`${what} leaves imaging:error, and a drive of zeroes that can be fetched again`, async () => {
      const drive = await make("bad", 2 * MIB);
      await fetchFrom(drive, url.includes("://") ? url : `${source.url}${url}?token=S3CRET`, more);
      const info = await settled(drive);
      assert.match(info.get("imaging:error") ?? "", says);
      assert.ok(!info.get("imaging:error")?.includes("S3CRET"));
      assert.ok((await read(drive, MIB)).equals(Buffer.alloc(MIB)));
      await fetchFrom(drive, source.url);
      assert.equal((await settled(drive)).get("imaging:error"), undefined);
      assert.ok((await read(drive, MIB)).equals(CONTENT));
    });
  }

  describe("while one is under way", () => {
    before(async () => {
      await fetchFrom(words.BUSY ?? "", `${source.url}held?token=S3CRET`);
      await fetchFrom(words.WAITS ?? "", source.url);
      await until("half of it is there", async () =>
        (await cloud.info(`drives/${words.BUSY}/info/full`)).get("imaging") === "50%" ? true : null,
      );
    });
    for (const type of CONTENT_TYPES) {
      describe(type, () => {
        for (const row of [...refusals, ...meanwhile]) {
          it(row.name, async () => {
            await exchange(cloud, row, type, words);
          });
        }
      });
    }

    it("the URL is kept wrapped, and not at all once it is done", async () => {
      const files = ["lodge.db", "lodge.db-wal"].map((name) =>
        readFile(join(cloud.home, name)).catch(() => Buffer.alloc(0)),
      );
      for (const bytes of await Promise.all(files)) assert.ok(!bytes.includes("S3CRET"));
    });

    it("destroying one that is fetched ends that, and the next has its turn", async () => {
      const [gone, next] = [await make("gone", 2 * MIB), await make("next", 2 * MIB)];
      // Of one account, in the order of asking: behind the two that go on and wait.
      await fetchFrom(gone, `${source.url}held`);
      await fetchFrom(next, source.url);
      goOn();
      for (const drive of [words.BUSY ?? "", words.WAITS ?? ""]) await settled(drive);
      await until("half of it is there", async () =>
        (await cloud.info(`drives/${gone}/info/full`)).get("imaging") === "50%" ? true : null,
      );
      await cloud.act(`drives/${gone}/destroy`);
      assert.equal((await cloud.ask(`drives/${gone}/info`)).status, 404);
      assert.equal((await settled(next)).get("imaging:error"), undefined);
      assert.ok((await read(next, MIB)).equals(CONTENT));
      await fetchFrom(words.BUSY ?? "", `${source.url}held`);
      await fetchFrom(words.WAITS ?? "", source.url);
    });

    it("kill -9 of the daemon has it fetched again from the start, and it is whole then", async () => {
      await cloud.kill();
      await cloud.start();
      await until("it is fetched again", async () =>
        (await cloud.info(`drives/${words.BUSY}/info/full`)).get("imaging") === "50%" ? true : null,
      );
      goOn();
      for (const drive of [words.BUSY ?? "", words.WAITS ?? ""])
        assert.equal((await settled(drive)).get("imaging:error"), undefined);
      assert.ok((await read(words.BUSY ?? "", 2 * MIB)).equals(Buffer.concat([CONTENT, CONTENT])));
      assert.ok((await read(words.WAITS ?? "", MIB)).equals(CONTENT));
    });
  });
});

describe("a cloud whose operator has not allowed it", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud?.close());

  it("fetches nothing, and says so before all else", async () => {
    for (const drive of [
      "no-drive",
      (await cloud.make("drives/create", { name: "d", size: 4096 })).get("drive"),
    ]) {
      const answer = await cloud.ask(`drives/${drive}/fetch`, { body: "url http://example.com/\n" });
      assert.equal(answer.status, 404);
      assert.equal(answer.headers.get("x-lodge-error"), "fetch_not_offered");
      assert.match(answer.text, /its operator has not allowed it/);
    }
  });
});
