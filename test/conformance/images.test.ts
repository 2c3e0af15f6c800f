/**
 * The specification's standard images and CDs, with contents of a few bytes: what every user sees of them, what nobody may
 * do with them, how servers use them, and what their operator does beside a running daemon.
 */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { type Asked, type Cloud, openCloud } from "../../testing/cloud.ts";
import { CONTENT_TYPES, exchange, type Row } from "../../testing/conformance/exchange.ts";
import { openFileServer } from "../../testing/file-server.ts";
import { sampleImage } from "../../testing/guest/sample.ts";
import { importInto } from "../../testing/images/import.ts";
import { until } from "../../testing/until.ts";
import { makeUser } from "../../testing/user.ts";

/** The table "Pre-installed system images (gzipped)". */
const IMAGES = {
  "38df0986-4d85-4b76-b502-3878ffc80161": "CentOS Linux 5.5",
  "980cf63c-f21e-4382-997b-6541d5809629": "Debian Linux 5.0",
  "aee5589a-88c3-43ef-bb0a-9cab6e64192d": "Ubuntu Linux 10.04",
  "b9d0eb72-d273-43f1-98e3-0d4b87d372c0": "Windows Web Server 2008",
  "30824e97-05a4-410c-946e-2ba5a92b07cb": "Windows Web Server 2008 R2",
  "9ecf810e-6ad1-40ef-b360-d606f0444671": "Windows Web Server 2008 R2 + SQL Server",
  "10a88d1c-6575-46e3-8d2c-7744065ea530": "Windows Server 2008 Standard R2",
  "2567f25c-8fb8-45c7-95fc-bfe3c3d84c47": "Windows Server 2008 Standard R2 + SQL Server",
};

/** The table "CD / DVD ISOs". */
const CDS = {
  "b86afe3a-b5dc-4184-9ef0-3a52dce63238": "CentOS Linux 5.3 Install CD",
  "ac646eda-62be-4366-8cc9-10afdf6506b5": "CentOS Linux 5.4 Install CD",
  "5f029de7-1729-486b-9bb3-65e326febb4d": "CentOS Linux 5.5 Install CD",
  "adb59223-edcf-418f-a74c-8a9b4788e1d6": "Debian Linux 5.0 Install CD",
  "86f52611-567b-40b9-8db7-933ad4f483d7": "FreeBSD 7.2 Install CD",
  "a080dce0-2f28-4e42-9db6-1c5f410a3da8": "FreeBSD 8.0 Install CD",
  "a1cd7ea0-6539-4cb6-b35f-03c9a6b61917": "Knoppix Linux 6.0.1 Live CD",
  "c06a0aa9-9919-4e0f-92a0-c67b6799a732": "Red Hat Fedora Linux 10 Install CD",
  "9b283809-2990-4f3b-a4e9-8b59a417536c": "Red Hat Fedora Linux 10 Live CD",
  "b3df1320-5f11-4ebd-bd8c-2eef0e2ffe0d": "Red Hat Fedora Linux 11 Install CD",
  "bf3cf10d-d07b-47de-b79c-327983182ef0": "Red Hat Fedora Linux 11 Live CD",
  "d10281f4-3bf1-4a98-bc0c-6dcec04fd995": "Red Hat Fedora Linux 12 Install CD",
  "c0ae458c-d5fb-4d9c-ae3c-778c12fe0649": "Red Hat Fedora Linux 12 Live CD",
  "d2511065-1d4f-46e5-936a-c6b5c32a7556": "Red Hat Fedora Linux 13 Install CD",
  "853bb98a-4fff-4c2f-a265-97c363f19ea5": "Red Hat Fedora Linux 13 Live CD",
  "5d63810b-6e11-4a26-a820-9e0e92c2f35c": "Ubuntu Linux 8.04.2 LTS Server Install CD",
  "b06b793a-2aa6-433b-80b2-1863eacd3391": "Ubuntu Linux 8.10 Server Install CD",
  "95a324fd-3e45-498d-812f-98778bd127b9": "Ubuntu Linux 9.04 Server Install CD",
  "c90a801d-679e-4647-81ac-3146da724c62": "Ubuntu Linux 9.10 Server Install CD",
  "37e0f871-8a71-4b15-9478-ada0109dcce5": "Ubuntu Linux 10.04 Server Install CD",
  "f89af28e-ff00-4fc9-a7ed-22e7fa5a88db": "Windows Server 2008 Trial Install CD",
  "7aead6d3-c3e6-4940-85c7-f5ee61f6ef2b": "Windows Web Server 2008 Trial Install CD",
};

const DEBIAN = "980cf63c-f21e-4382-997b-6541d5809629";
const KNOPPIX = "a1cd7ea0-6539-4cb6-b35f-03c9a6b61917";
const OWN = "11111111-2222-4333-8444-555555555555";

const DISK = Buffer.alloc(100_000, "disk ");
const GZIP = gzipSync(DISK);
const CD = Buffer.alloc(70_001, "cd ");

const LIST_PATHS = ["drives/standard/list", "drives/list/standard"];
const INFO_PATHS = ["drives/standard/info", "drives/info/standard"];

/** By any user, of a CD and of an image. */
const refusals: readonly Row[] = [DEBIAN, KNOPPIX].flatMap((drive) =>
  ["destroy", "set", "write/0"].map((verb) => ({
    name: `${verb} of ${drive} is 404 missing, and says that it may be read`,
    path: `drives/${drive}/${verb}`,
    method: "POST",
    ...(verb === "set" ? { give: { name: "mine" } } : {}),
    status: 404,
    error: "missing",
    says: /^drive \S+ may be read but not changed by you$/m,
  })),
);

describe("standard images", () => {
  let cloud: Cloud;
  let bob = "";
  const lists = async (asked: Asked = {}) => (await cloud.ask("drives/standard/list", asked)).text;

  before(async () => {
    cloud = await openCloud();
    bob = (await makeUser(cloud, "bob")).auth;
  });
  after(() => cloud?.close());

  const server = { name: "s", cpu: 200, mem: 32, persistent: "true" };
  const start = async (uuid: string | undefined, auth = cloud.auth) =>
    cloud.ask(`servers/${uuid}/start`, { method: "POST", auth });
  const claimed = async (auth: string) =>
    /^claimed (.*)$/m.exec((await cloud.ask(`drives/${KNOPPIX}/info`, { auth })).text)?.[1];
  const driveFiles = async (drive: string) =>
    (await readdir(join(cloud.home, "drives"))).filter((name) => name.includes(drive));
  async function makeServer(auth: string, keys: Readonly<Record<string, string>>): Promise<string> {
    const lines = Object.entries({ ...server, ...keys }).map(([key, value]) => `${key} ${value}\n`);
    const answer = await cloud.ask("servers/create/stopped", { auth, body: lines.join("") });
    assert.equal(answer.status, 200, answer.text);
    return /^server (\S+)$/m.exec(answer.text)?.[1] ?? "";
  }

  it("without content are there for their operator alone", async () => {
    const { stdout } = await cloud.tool("lodge", ["image", "list"]);
    for (const [uuid, name] of Object.entries({ ...IMAGES, ...CDS })) {
      assert.match(stdout, new RegExp(`^${uuid} .*without content.* ${name.replaceAll("+", "\\+")}$`, "m"));
    }
    assert.equal(stdout.trimEnd().split("\n").length, 30);
    assert.equal(await lists(), "");
    assert.equal((await cloud.ask(`drives/${DEBIAN}/info`)).status, 404);
  });

  it("are the specification's eight images and twenty-two CDs, by UUID and description", async () => {
    for (const uuid of Object.keys(IMAGES)) await importInto(cloud, GZIP, { uuid });
    for (const uuid of Object.keys(CDS)) await importInto(cloud, CD, { uuid });
    const { text } = await cloud.ask("drives/standard/info", { headers: { accept: "application/json" } });
    const found = JSON.parse(text) as Record<string, unknown>[];
    const expected = (rows: Readonly<Record<string, string>>, keys: object) =>
      Object.entries(rows).map(([drive, name]) => ({
        ...{ drive, name, "claim:type": "shared", readers: "ffffffff-ffff-ffff-ffff-ffffffffffff" },
        ...{ "encryption:cipher": "none", user: "00000000-0000-0000-0000-000000000001", status: "active" },
        ...keys,
      }));
    const disk = { size: GZIP.length, media: "disk", format: "gzip", rawsize: DISK.length };
    const cdrom = { size: CD.length, media: "cdrom", rawsize: CD.length };
    assert.deepEqual(found, [...expected(IMAGES, disk), ...expected(CDS, cdrom)]);
  });

  for (const type of CONTENT_TYPES) {
    it(`are listed and described under both spellings, to every user, in ${type}`, async () => {
      for (const paths of [LIST_PATHS, INFO_PATHS]) {
        const answers = await Promise.all(
          paths.flatMap((path) =>
            [cloud.auth, bob].map((auth) => cloud.ask(path, { auth, headers: { accept: type } })),
          ),
        );
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
        assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
        assert.equal(answers[0]?.text.match(/[0-9a-f]{8}-[0-9a-f-]{27}/g)?.[0], Object.keys(IMAGES)[0]);
      }
    });

    for (const row of refusals) {
      it(`${row.name}, in ${type}`, async () => {
        await exchange(cloud, row, type, {});
      });
    }
  }

  it("are read by every user, and are in nobody's own lists", async () => {
    for (const auth of [cloud.auth, bob]) {
      const info = await cloud.ask(`drives/${DEBIAN}/info`, { auth });
      assert.match(info.text, /^media disk\nformat gzip\nrawsize 100000$/m);
      assert.doesNotMatch(info.text, /^read:|^write:/m, "what others read is nobody's to know");
      assert.ok((await cloud.ask(`drives/${DEBIAN}/read/0/1M`, { auth })).bytes.equals(GZIP));
      assert.ok(
        (await cloud.ask(`drives/${KNOPPIX}/read/70000/10`, { auth })).bytes.equals(CD.subarray(70_000)),
      );
      for (const path of ["drives/list", "drives/info"]) {
        assert.equal((await cloud.ask(path, { auth })).text, "");
      }
    }
    assert.equal(
      (await cloud.ask("drives/list", { auth: "00000000-0000-0000-0000-000000000001:" })).status,
      401,
    );
  });

  it("are no drive that a server may have as a disk, nor become one by another medium", async () => {
    for (const keys of [{ "ide:0:0": KNOPPIX }, { "block:1": DEBIAN, "block:1:media": "disk" }]) {
      const [key = ""] = Object.keys(keys);
      const body = Object.entries({ ...server, ...keys }).map(([name, value]) => `${name} ${value}\n`);
      const answer = await cloud.ask("servers/create", { body: body.join("") });
      assert.deepEqual([answer.status, answer.headers.get("x-elastic-error")], [404, "missing"]);
      assert.match(
        answer.text,
        new RegExp(`^${key} names drive .* standard image.* ${key}:media cdrom$`, "m"),
      );
    }
    const uuid = await makeServer(cloud.auth, { "ide:1:0": KNOPPIX, "ide:1:0:media": "cdrom" });
    for (const body of ["ide:1:0:media disk\n", "ide:1:0:media \n", `scsi:0:0 ${DEBIAN}\n`]) {
      const answer = await cloud.ask(`servers/${uuid}/set`, { body });
      assert.equal(answer.status, 404, body);
    }
    await cloud.make(`servers/${uuid}/set`, { "ide:1:0": DEBIAN });
    await cloud.act(`servers/${uuid}/destroy`);
  });

  it("are used as a CD by servers of several users at once, each of whom sees their own alone", async () => {
    const keys = { "ide:1:0": KNOPPIX, "ide:1:0:media": "cdrom", boot: "ide:1:0" };
    const mine = await makeServer(cloud.auth, keys);
    const also = await makeServer(cloud.auth, { "scsi:0:3": KNOPPIX, "scsi:0:3:media": "cdrom" });
    const theirs = await makeServer(bob, keys);
    for (const [uuid, auth] of [
      [mine, cloud.auth],
      [also, cloud.auth],
      [theirs, bob],
    ] as const) {
      const started = await start(uuid, auth);
      assert.equal(started.status, 204, started.text);
    }
    assert.deepEqual((await claimed(cloud.auth))?.split(" ").sort(), [mine, also].sort());
    assert.equal(await claimed(bob), theirs);
    const all = await cloud.ask("drives/standard/info", { auth: bob });
    assert.deepEqual(all.text.match(/^claimed .*$/gm), [`claimed ${theirs}`]);
    assert.ok((await cloud.ask(`drives/${KNOPPIX}/read/0/1M`, { auth: bob })).bytes.equals(CD));

    const removal = await cloud.tool("lodge", ["image", "remove", KNOPPIX]);
    assert.equal(removal.code, 1);
    assert.match(removal.stderr, /is in use by server/);

    await cloud.kill();
    await cloud.start();
    assert.equal(await claimed(bob), theirs);
    assert.ok(
      (await cloud.ask(`drives/${KNOPPIX}/read/0/1M`)).bytes.equals(CD),
      "after kill -9 of the daemon",
    );

    for (const uuid of [mine, also]) await cloud.act(`servers/${uuid}/destroy`);
    assert.equal(await claimed(cloud.auth), undefined);
    assert.equal((await cloud.ask(`servers/${theirs}/destroy`, { method: "POST", auth: bob })).status, 204);
  });

  it("come, go and come again under a running daemon, which answers what is there at once", async () => {
    assert.doesNotMatch(await lists(), new RegExp(OWN));
    for (const text of ["the first content", "another content"]) {
      const [said] = await importInto(cloud, Buffer.from(text), { uuid: OWN, name: "Own CD", cdrom: true });
      assert.equal(said, `imported ${OWN} Own CD (${text.length} bytes)`);
      assert.match(await lists(), new RegExp(`^${OWN}$`, "m"));
      const { bytes } = await cloud.ask(`drives/${OWN}/read/0/1k`, { auth: bob });
      assert.equal(bytes.toString(), text);
      const removed = await cloud.tool("lodge", ["image", "remove", OWN]);
      assert.deepEqual([removed.code, removed.stdout], [0, `removed ${OWN} Own CD\n`]);
      assert.doesNotMatch(await lists(), new RegExp(OWN));
      assert.equal((await cloud.ask(`drives/${OWN}/info`, { auth: bob })).status, 404);
    }
  });

  it("that are imported by half are left alone when the daemon starts, and go on from where they were", async (t) => {
    const server = await openFileServer(t, randomBytes(11 * 2 ** 20));
    server.stopAfter = 10 * 2 ** 20;
    const flags = { uuid: OWN, name: "Own CD", cdrom: true };
    await assert.rejects(importInto(cloud, server.url, flags));
    await cloud.stop();
    await cloud.start();
    assert.match(
      (await cloud.tool("lodge", ["image", "list"])).stdout,
      new RegExp(`^${OWN} .*half imported`, "m"),
    );
    assert.doesNotMatch(await lists(), new RegExp(OWN));
    const { text } = await cloud.ask("images/info");
    assert.match(text, new RegExp(`^image ${OWN}\n(?:.+\n)*status incomplete\ndone \\d{7,8}$`, "m"));
    server.stopAfter = undefined;
    await importInto(cloud, server.url, flags);
    assert.equal(server.asked.at(-1)?.range, "bytes=8388608-");
    assert.match(await lists(), new RegExp(`^${OWN}$`, "m"));
    assert.equal((await cloud.tool("lodge", ["image", "remove", OWN])).code, 0);
  });

  it("that were removed are missing when a stopped server that names them is started", async () => {
    await importInto(cloud, CD, { uuid: OWN, name: "Own CD", cdrom: true });
    const uuid = await makeServer(bob, { "ide:1:0": OWN, "ide:1:0:media": "cdrom" });
    assert.equal((await cloud.tool("lodge", ["image", "remove", OWN])).code, 0);
    const answer = await start(uuid, bob);
    assert.deepEqual([answer.status, answer.headers.get("x-elastic-error")], [404, "missing"]);
    assert.match(answer.text, /^ide:1:0 names drive/);
  });

  it("become of an admin's drive as it stands: read by everybody, changed by nobody, costing nobody, until an admin removes them", async () => {
    const content = randomBytes(3 * 2 ** 20);
    const drive =
      (await cloud.make("drives/create", { name: "web", size: content.length })).get("drive") ?? "";
    assert.equal((await cloud.ask(`drives/${drive}/write`, { body: content })).status, 204);
    const image = await cloud.make("images/add", { drive, name: "Web of 2027" });
    assert.deepEqual(Object.fromEntries(image), {
      ...{ image: drive, name: "Web of 2027", media: "disk" },
      ...{ size: String(content.length), rawsize: String(content.length), status: "ready" },
    });
    assert.match(await lists({ auth: bob }), new RegExp(`^${drive}$`, "m"));
    assert.equal((await cloud.ask("drives/list")).text, "");
    assert.equal((await cloud.ask(`drives/${drive}/write`, { body: content })).status, 404);
    const read = await cloud.ask(`drives/${drive}/read/0/3M`, { auth: bob });
    assert.ok(read.bytes.equals(content));
    const { stdout } = await cloud.tool("lodge", ["image", "list"]);
    assert.match(stdout, new RegExp(`^${drive}  disk   ready .*  Web of 2027$`, "m"));

    const made = await cloud.ask("drives/create", { auth: bob, body: `name b\nsize ${content.length}\n` });
    const onto = /^drive (\S+)$/m.exec(made.text)?.[1] ?? "";
    const imaged = await cloud.ask(`drives/${onto}/image/${drive}/gunzip`, { auth: bob, method: "POST" });
    assert.equal(imaged.status, 204, imaged.text);
    await until("it is imaged", async () =>
      /^claimed /m.test((await cloud.ask(`drives/${onto}/info`, { auth: bob })).text) ? null : true,
    );
    assert.ok((await cloud.ask(`drives/${onto}/read/0/3M`, { auth: bob })).bytes.equals(content));
    assert.equal((await cloud.ask(`drives/${onto}/destroy`, { auth: bob, method: "POST" })).status, 204);

    const removed = await cloud.ask("images/remove", { body: `image ${drive}\n` });
    assert.equal(removed.status, 204, removed.text);
    assert.equal((await cloud.ask(`drives/${drive}/info`)).status, 404);
    assert.deepEqual(await driveFiles(drive), []);
    const again = await cloud.ask("images/remove", { body: `image ${drive}\n` });
    assert.deepEqual([again.status, again.headers.get("x-lodge-error")], [404, "no_such_image"]);
  });

  it("are built by the cloud itself, read by everybody, and removed without a trace", async () => {
    const content = await readFile(sampleImage());
    const begun = await cloud.make("images/build", { system: "sample" });
    const uuid = begun.get("image") ?? "";
    assert.deepEqual([begun.get("system"), begun.get("status")], ["sample", "importing"]);
    const info = await until("it is ready", async () => {
      const { text } = await cloud.ask("images/info");
      assert.doesNotMatch(text, /^error /m);
      return /^status ready\nsystem sample$/m.test(text) ? text : null;
    });
    const sha256 = createHash("sha256").update(content).digest("hex");
    assert.match(info, new RegExp(`^sha256 ${sha256}$`, "m"), "it is what lodge sample-image makes");
    const read = await cloud.ask(`drives/${uuid}/read/0/3M`, { auth: bob });
    assert.ok(read.bytes.equals(content.subarray(0, 3 * 2 ** 20)));
    const removed = await cloud.ask("images/remove", { body: `image ${uuid}\n` });
    assert.equal(removed.status, 204, removed.text);
    assert.deepEqual(await driveFiles(uuid), []);
    assert.deepEqual(await readdir(join(cloud.home, "scratch")), []);
  });

  it("are a CD that servers have where an admin says so, and then it is not removed", async () => {
    const drive = (await cloud.make("drives/create", { name: "tools", size: 1_048_576 })).get("drive") ?? "";
    await cloud.make("images/add", { drive, media: "cdrom" });
    const uuid = await makeServer(bob, { "ide:1:0": drive, "ide:1:0:media": "cdrom" });
    const started = await start(uuid, bob);
    assert.equal(started.status, 204, started.text);
    const refused = await cloud.ask("images/remove", { body: `image ${drive}\n` });
    assert.deepEqual([refused.status, refused.headers.get("x-lodge-error")], [409, "drive_in_use"]);
    assert.equal((await cloud.ask(`servers/${uuid}/destroy`, { method: "POST", auth: bob })).status, 204);
    assert.equal((await cloud.tool("lodge", ["image", "remove", drive])).code, 0);
    assert.deepEqual(await driveFiles(drive), []);
  });
});
