/** Importing standard images into a home whose daemon does not run: what comes, what is refused, what interrupts it. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { openFileServer } from "../../testing/file-server.ts";
import { createUser } from "../accounts/users.ts";
import { LodgeError } from "../base/errors.ts";
import { driveRecords } from "../drives/records.ts";
import { openStore } from "../store/open.ts";
import { description, type ImportFlags, importImage } from "./import.ts";
import { listImages } from "./list.ts";
import { removeImage } from "./remove.ts";

const MIB = 2 ** 20;
const LODGE = resolve(import.meta.dirname, "../cli/lodge/lodge.ts");
/** Of the catalogue: an image, which is gzipped, and a CD. */
const DEBIAN = "980cf63c-f21e-4382-997b-6541d5809629";
const KNOPPIX = "a1cd7ea0-6539-4cb6-b35f-03c9a6b61917";

/** What a test imports into. */
async function openHome(context: TestContext) {
  const above = await mkdtemp(join(tmpdir(), "lodge-import-"));
  context.after(() => rm(above, { recursive: true }));
  const home = join(above, "home");
  const inDrives = (name: string) => join(home, "drives", name);
  return {
    home,
    async file(bytes: Uint8Array) {
      const name = join(above, "content");
      await writeFile(name, bytes);
      return name;
    },
    import: (from: string, flags: ImportFlags) => importImage(from, { home, ...flags }, SILENT),
    /** The words of its line in the list. */
    state: async (uuid: string) =>
      (await listImages(home)).find((line) => line.startsWith(uuid))?.replace(/ +/g, " ") ?? "",
    content: (uuid: string) => readFile(inDrives(`${uuid}.raw`)),
    part: (uuid: string) =>
      stat(inDrives(`${uuid}.part`)).then(
        ({ size }) => size,
        () => null,
      ),
    files: () => readdir(join(home, "drives")),
  };
}

const SILENT = { write: () => true };

const refused = (type: string, says: RegExp) => (error: unknown) => {
  assert.ok(error instanceof LodgeError, String(error));
  assert.equal(error.type, type);
  assert.match(error.message, says);
  return true;
};

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** The command as a process of its own, for what kills it. */
function startImport(home: string, from: string, before: readonly string[] = []): ChildProcess {
  const words = [...before, process.execPath, LODGE, "image", "import", from];
  const flags = ["--home", home, "--uuid", KNOPPIX];
  return spawn(words[0] ?? "", [...words.slice(1), ...flags], { stdio: ["ignore", "inherit", "pipe"] });
}

async function untilPart(home: Awaited<ReturnType<typeof openHome>>, bytes: number): Promise<void> {
  while (((await home.part(KNOPPIX)) ?? 0) < bytes) await delay(5);
}

test("a CD is imported byte for byte under its name in the catalogue, and nobody may write on its file", async (t) => {
  const home = await openHome(t);
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
  const home = await openHome(t);
  const member = gzipSync(Buffer.alloc(5 * MIB, "Lodge"));
  const padded = Buffer.concat([member, member, Buffer.alloc(600)]);
  const [imported] = await home.import(await home.file(padded), { uuid: DEBIAN, sha256: sha256(padded) });
  assert.equal(imported, `imported ${DEBIAN} Debian Linux 5.0 (gunzipped, ${10 * MIB} bytes)`);
  assert.match(await home.state(DEBIAN), new RegExp(` disk ready ${padded.length}, gunzipped ${10 * MIB} `));
});

const gzip = gzipSync(randomBytes(100_000));
const damaged = Buffer.from(gzip);
damaged[50_000] = (damaged[50_000] ?? 0) ^ 0xff;

const wrong: readonly [what: string, bytes: Buffer, flags: ImportFlags, says: RegExp][] = [
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
    const home = await openHome(t);
    await assert.rejects(home.import(await home.file(bytes), flags), refused("usage", says));
    assert.match(await home.state(flags.uuid ?? ""), / without content /);
    assert.deepEqual(await home.files(), []);
  });
}

test("a content for which the disk has no room is 507 full at once, and nothing is left of it", async (t) => {
  const home = await openHome(t);
  const file = await home.file(Buffer.from("\x00"));
  await truncate(file, 8 * 2 ** 40);
  await assert.rejects(home.import(file, { uuid: KNOPPIX }), refused("full", /there is room for \d+ bytes/));
  assert.deepEqual(await home.files(), []);
  assert.match(await home.state(KNOPPIX), / without content /);
});

test("the uuid of a user's drive is taken", async (t) => {
  const home = await openHome(t);
  await listImages(home.home);
  const store = await openStore({ file: (name) => join(home.home, name) });
  const { uuid: user } = await createUser(store, "ann");
  const columns = { phase: "ready", size_bytes: 1, cipher: "none", claim_type: "exclusive" } as const;
  await store.transaction((tx) =>
    tx
      .insertInto("drives")
      .values({ uuid: KNOPPIX, user, properties: "{}", ...columns })
      .execute(),
  );
  await store.close();
  const file = await home.file(Buffer.from("content"));
  await assert.rejects(
    home.import(file, { uuid: KNOPPIX }),
    refused("usage", /is the uuid of a user's drive/),
  );
  await assert.rejects(removeImage(KNOPPIX, home.home), refused("missing", /there is no image/));
});

test("an image that is there is replaced only after it was removed", async (t) => {
  const home = await openHome(t);
  await home.import(await home.file(Buffer.from("old")), { uuid: KNOPPIX });
  const file = await home.file(Buffer.from("new"));
  await assert.rejects(home.import(file, { uuid: KNOPPIX }), refused("busy", /remove it first/));
  assert.equal(await removeImage(KNOPPIX, home.home), `removed ${KNOPPIX} Knoppix Linux 6.0.1 Live CD`);
  assert.deepEqual(await home.files(), []);
  await assert.rejects(removeImage(KNOPPIX, home.home), refused("missing", /there is no image/));
  await home.import(file, { uuid: KNOPPIX });
  assert.equal((await home.content(KNOPPIX)).subarray(0, 3).toString(), "new");
});

test("of two imports of one image at once, one comes about and the other finds it busy", async (t) => {
  const home = await openHome(t);
  const file = await home.file(randomBytes(3 * MIB));
  // In a home that is new to both.
  const outcomes = await Promise.all(
    [1, 2].map(async () => {
      const child = startImport(home.home, file);
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

test("an import from a URL that breaks off goes on by a range, as long as the content there is the same", async (t) => {
  const home = await openHome(t);
  const server = await openFileServer(t, randomBytes(21 * MIB));
  server.stopAfter = 18 * MIB;
  const flags = { uuid: KNOPPIX };
  await assert.rejects(home.import(server.url, flags), refused("failed", /cannot be read/));
  assert.match(await home.state(KNOPPIX), / cdrom half imported \d+ of 22020096 /);
  server.stopAfter = undefined;
  await home.import(server.url, flags);
  assert.deepEqual(
    server.asked.map(({ range, "if-range": validator }) => [range, validator]),
    [
      [undefined, undefined],
      ["bytes=16777216-", '"one"'],
    ],
  );
  assert.ok((await home.content(KNOPPIX)).equals(server.content));
});

test("an import starts again where the content changed meanwhile, or where that cannot be told", async (t) => {
  const home = await openHome(t);
  const server = await openFileServer(t, randomBytes(17 * MIB));
  server.stopAfter = 16 * MIB;
  await assert.rejects(home.import(server.url, { uuid: KNOPPIX }), refused("failed", /cannot be read/));
  Object.assign(server, { content: randomBytes(10 * MIB), etag: null, stopAfter: 9 * MIB });
  await assert.rejects(home.import(server.url, { uuid: KNOPPIX }), refused("failed", /cannot be read/));
  assert.match(await home.state(KNOPPIX), / without content /, "there is nothing to go on with");
  server.stopAfter = undefined;
  await home.import(server.url, { uuid: KNOPPIX });
  assert.ok((await home.content(KNOPPIX)).equals(server.content));
  assert.equal(server.asked.at(-1)?.range, undefined);
});

test("what is no file and no web server's, or comes encoded, is refused", async (t) => {
  const home = await openHome(t);
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

test("while one process imports an image, another finds it busy; kill -9 leaves what came, for the next to go on", async (t) => {
  const home = await openHome(t);
  const server = await openFileServer(t, randomBytes(21 * MIB));
  Object.assign(server, { stopAfter: 18 * MIB, onStop: "hang" });
  const child = startImport(home.home, server.url);
  const gone = once(child, "exit");
  await untilPart(home, 16 * MIB);
  assert.match(await home.state(KNOPPIX), / being imported /);
  const atWork = refused("busy", new RegExp(`^process ${child.pid} is at work on image ${KNOPPIX}$`));
  await assert.rejects(home.import(server.url, { uuid: KNOPPIX }), atWork);
  await assert.rejects(removeImage(KNOPPIX, home.home), atWork);
  child.kill("SIGKILL");
  await gone;
  assert.match(await home.state(KNOPPIX), / half imported /);

  const store = await openStore({ file: (name) => join(home.home, name) });
  const { uuid: user } = await createUser(store, "ann");
  const records = driveRecords(store);
  assert.deepEqual(await records.standard(user), [], "users see nothing of it");
  await assert.rejects(records.readable(KNOPPIX, user), refused("missing", /there is no drive/));
  server.stopAfter = undefined;
  await home.import(server.url, { uuid: KNOPPIX });
  assert.equal(server.asked.at(-1)?.range, "bytes=16777216-");
  assert.ok((await home.content(KNOPPIX)).equals(server.content));
  assert.equal((await records.readable(KNOPPIX, user)).sizeBytes, 21 * MIB);
  await store.close();
});

test("an import of a file that finds the disk full goes on where it was once there is room", async (t) => {
  const home = await openHome(t);
  const bytes = randomBytes(21 * MIB);
  const file = await home.file(bytes);
  // A limit on the size of files stands for a disk: both end a write in its midst.
  const child = startImport(home.home, file, ["prlimit", `--fsize=${18 * MIB}`]);
  const [end, said] = await Promise.all([once(child, "close"), text(child.stderr ?? assert.fail())]);
  assert.deepEqual(end, [1, null], said);
  assert.match(said, /what came so far is kept.*\nlodge: the disk of this host is full/);
  assert.equal(await home.part(KNOPPIX), 18 * MIB);
  await home.import(file, { uuid: KNOPPIX });
  assert.ok((await home.content(KNOPPIX)).equals(bytes));
});

test("what was cut off as it was done already is done again", async (t) => {
  const home = await openHome(t);
  const file = await home.file(Buffer.from("content"));
  await home.import(file, { uuid: KNOPPIX });
  const store = await openStore({ file: (name) => join(home.home, name) });
  await store.transaction((tx) => tx.updateTable("drives").set({ phase: "creating" }).execute());
  await store.close();
  assert.match(await home.state(KNOPPIX), / half imported /);
  await home.import(file, { uuid: KNOPPIX });
  assert.equal((await home.content(KNOPPIX)).subarray(0, 7).toString(), "content");
});

test("a removal that was cut off is finished by the next removal or import", async (t) => {
  const home = await openHome(t);
  const half = async () => {
    const store = await openStore({ file: (name) => join(home.home, name) });
    const work = { worker: { pid: 1, startTicks: -1 }, source: null };
    const standard = { media: "cdrom", format: null, rawSizeBytes: null, sha256: null, work };
    await store.transaction((tx) =>
      tx
        .updateTable("drives")
        .set({ phase: "destroying", standard: JSON.stringify(standard) })
        .execute(),
    );
    await store.close();
    assert.match(await home.state(KNOPPIX), / half removed /);
  };
  await home.import(await home.file(Buffer.from("one")), { uuid: KNOPPIX });
  await half();
  await removeImage(KNOPPIX, home.home);
  assert.deepEqual(await home.files(), []);
  await home.import(await home.file(Buffer.from("two")), { uuid: KNOPPIX });
  await half();
  await home.import(await home.file(Buffer.from("three")), { uuid: KNOPPIX });
  assert.equal((await home.content(KNOPPIX)).subarray(0, 5).toString(), "three");
});

const CATALOGUE = [
  { uuid: DEBIAN, name: "Debian", media: "disk", format: "gzip" },
  { uuid: KNOPPIX, name: "Knoppix", media: "cdrom" },
] as const;
const OWN = "11111111-2222-4333-8444-555555555555";

for (const [flags, expected] of [
  [{ uuid: DEBIAN }, { name: "Debian", media: "disk", format: "gzip" }],
  [
    { uuid: DEBIAN, name: "Mine", gzip: true },
    { name: "Mine", media: "disk", format: "gzip" },
  ],
  [
    { uuid: KNOPPIX, cdrom: true },
    { name: "Knoppix", media: "cdrom", format: null },
  ],
  [
    { uuid: OWN, name: "Own" },
    { name: "Own", media: "disk", format: null },
  ],
  [
    { uuid: OWN, name: "Own", cdrom: true },
    { name: "Own", media: "cdrom", format: null },
  ],
  [{}, /--uuid takes the UUID/],
  [{ uuid: "x" }, /--uuid takes the UUID/],
  [{ uuid: OWN }, /--name is needed/],
  [{ uuid: OWN, name: "a\nb" }, /--name takes a line/],
  [{ uuid: DEBIAN, cdrom: true }, /is no CD/],
  [{ uuid: KNOPPIX, gzip: true }, /a CD is attached as it is/],
] satisfies [ImportFlags, object][]) {
  test(`an image is described by ${JSON.stringify(flags)} and the catalogue`, () => {
    if (expected instanceof RegExp) {
      assert.throws(() => description(flags, CATALOGUE), refused("usage", expected));
    } else assert.deepEqual(description(flags, CATALOGUE), { uuid: flags.uuid, ...expected });
  });
}
