import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { DRIVE, type FakeCloud, startFakeCloud } from "../../../testing/fake-cloud.ts";
import { meter } from "../terminal/meter.ts";
import { download } from "./download.ts";
import { findEndpoint } from "./endpoint.ts";
import { GzipFile } from "./gzip-file.ts";
import { PAUSES_MS } from "./retry.ts";
import { type Sink, SparseFile } from "./sink.ts";
import { mostChunks, type TransferDependencies, Unfinished } from "./transfer.ts";
import { type Upload, upload } from "./upload.ts";

const CHUNK = 64 * 1024;

let cloud: FakeCloud;
let folder: string;
let printed: string;
let pauses: number[];
let dependencies: TransferDependencies;

beforeEach(async () => {
  cloud = await startFakeCloud();
  folder = mkdtempSync(join(tmpdir(), "transfer-"));
  printed = "";
  pauses = [];
  const screen = { write: (text: string) => (printed += text) };
  dependencies = {
    endpoint: await findEndpoint(cloud.env),
    meter: meter(screen, { write: () => {} }),
    signal: new AbortController().signal,
    pause: async (ms) => void pauses.push(ms),
  };
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await cloud.close();
});

function uploadOf(content: Uint8Array, changes: Partial<Upload> = {}): Promise<void> {
  const file = join(folder, "image.raw");
  writeFileSync(file, content);
  const job = {
    file,
    gzipped: false,
    drive: null,
    name: "image.raw",
    shared: false,
    gzip: "auto" as const,
    chunkBytes: CHUNK,
    offset: 0,
  };
  const print = async (line: string) => {
    printed += `${line}\n`;
  };
  return upload({ ...job, ...changes }, print, dependencies);
}

test("an upload of an odd size arrives whole, several chunks at a time, with a dot for each", async () => {
  const image = randomBytes(10 * CHUNK + 12_345);
  cloud.crowd = 4;
  await uploadOf(image);
  assert.ok(cloud.bytes.equals(image));
  assert.equal(
    printed,
    `Created drive ${DRIVE} of size ${image.length}\nUploading 11 chunks of ${CHUNK} bytes: ........... completed\n`,
  );
  assert.equal(cloud.mostAtOnce, 4);
  assert.equal(cloud.last.body, `name image.raw\nsize ${image.length}\n`);
});

const written = () =>
  cloud.writes.map(({ offset, bytes }) => [offset, bytes]).sort(([a = 0], [b = 0]) => a - b);

test("of a drive that an upload made, chunks of zeroes are not sent, nor the zeroes at the ends of others", async () => {
  const image = Buffer.alloc(6 * CHUNK + 100);
  image[2 * CHUNK + 10_000] = 1;
  image[2 * CHUNK + 20_000] = 1;
  image[4 * CHUNK - 1] = 1;
  image[6 * CHUNK + 99] = 1;
  await uploadOf(image);
  assert.ok(cloud.bytes.equals(image));
  assert.deepEqual(written(), [
    [2 * CHUNK + 8192, 12_288],
    [4 * CHUNK - 4096, 4096],
    [6 * CHUNK, 100],
  ]);
  assert.equal(
    printed,
    `Created drive ${DRIVE} of size ${image.length}\nUploading 7 chunks of ${CHUNK} bytes: ....... completed\n`,
  );
});

test("a drive that an upload did not make is sent every chunk, zeroes and holes too", async () => {
  for (const gzip of ["auto", "always", "never"] as const) {
    cloud.bytes = Buffer.alloc(5 * CHUNK + 1, "what was there before");
    cloud.writes.length = 0;
    const image = Buffer.alloc(cloud.bytes.length);
    image[2 * CHUNK + 10_000] = 1;
    await uploadOf(image, { drive: DRIVE, gzip });
    assert.ok(cloud.bytes.equals(image));
    assert.equal(cloud.writes.length, 6);

    cloud.bytes.fill("what was there before");
    const hole = join(folder, "hole.raw");
    writeFileSync(hole, "");
    truncateSync(hole, cloud.bytes.length);
    await uploadOf(image, { drive: DRIVE, gzip, file: hole });
    assert.ok(cloud.bytes.equals(Buffer.alloc(cloud.bytes.length)));
  }
});

test("chunks that hold something are under way together, however many that hold nothing are between them", async () => {
  const image = Buffer.alloc(200 * CHUNK);
  for (let chunk = 0; chunk < 200; chunk += 20) image[chunk * CHUNK] = 1;
  cloud.crowd = 4;
  await uploadOf(image, { gzip: "never" });
  assert.ok(cloud.bytes.equals(image));
  assert.equal(cloud.mostAtOnce, 4);
  assert.match(printed, /: \.{200} completed\n$/);
});

test("around the data of a chunk, another drive is sent zeroes, and nothing that was sent before", async () => {
  cloud.bytes = Buffer.alloc(60 * CHUNK, "what was there before");
  const file = join(folder, "parts.raw");
  const image = Buffer.concat([randomBytes(20 * CHUNK), Buffer.alloc(40 * CHUNK)]);
  writeFileSync(file, image.subarray(0, 20 * CHUNK));
  truncateSync(file, image.length);
  const handle = openSync(file, "r+");
  for (let chunk = 20; chunk < 60; chunk++) {
    image.write("data", chunk * CHUNK + CHUNK / 2);
    writeSync(handle, "data", chunk * CHUNK + CHUNK / 2);
  }
  closeSync(handle);
  await uploadOf(Buffer.from(""), { file, drive: DRIVE });
  assert.ok(cloud.bytes.equals(image));
});

test("a gzipped image's zeroes are not sent to a drive that an upload made, and are to another", async () => {
  const image = Buffer.concat([Buffer.alloc(3 * CHUNK), randomBytes(CHUNK), Buffer.alloc(CHUNK)]);
  await uploadOf(gzipSync(image), { gzipped: true });
  assert.ok(cloud.bytes.equals(image));
  assert.deepEqual(written(), [[3 * CHUNK, CHUNK]]);

  cloud.bytes.fill(1);
  await uploadOf(gzipSync(image), { gzipped: true, drive: DRIVE });
  assert.ok(cloud.bytes.equals(image));
});

test("holes of an image are not read", async () => {
  const file = join(folder, "sparse.raw");
  const [sizeBytes, at] = [3 * 2 ** 30, 2 ** 31 + 5];
  writeFileSync(file, "");
  truncateSync(file, sizeBytes);
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.from("data"), 0, 4, at);
  closeSync(handle);
  const before = readBytes();
  await uploadOf(Buffer.from(""), { file, chunkBytes: 64 * 2 ** 20 });
  assert.ok(readBytes() - before < 64 * 2 ** 20, `${readBytes() - before} bytes were read`);
  assert.deepEqual(written(), [[2 ** 31, 4096]]);
});

/** How many bytes this process has read by now (proc(5)). */
const readBytes = () => Number(/^rchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);

test("chunks are gzipped always, never, or where they become smaller by it at least", async () => {
  const image = Buffer.concat([Buffer.alloc(CHUNK, "text "), randomBytes(3 * CHUNK)]);
  const gzippedAt = () => cloud.writes.filter((write) => write.gzipped).map(({ offset }) => offset / CHUNK);
  for (const [gzip, chunks] of [
    ["always", [0, 1, 2, 3]],
    ["never", []],
  ] as const) {
    cloud.writes.length = 0;
    await uploadOf(image, { gzip });
    assert.ok(cloud.bytes.equals(image));
    assert.deepEqual(gzippedAt().sort(), chunks, gzip);
  }
  // Whether the text is depends on how fast this machine is just now.
  cloud.writes.length = 0;
  await uploadOf(image);
  assert.ok(cloud.bytes.equals(image));
  assert.ok(gzippedAt().every((chunk) => chunk === 0));
});

test("no more chunks are under way at a time than are held in 64 MiB, and one in any case", async () => {
  const image = randomBytes(70 * 2 ** 20);
  for (const [mib, most] of [
    [16, 4],
    [30, 2],
    [65, 1],
  ] as const) {
    cloud.mostAtOnce = 0;
    await uploadOf(image, { chunkBytes: mib * 2 ** 20, gzip: "never" });
    assert.ok(cloud.bytes.equals(image));
    assert.ok(cloud.mostAtOnce <= most, `${cloud.mostAtOnce} of ${mib} MiB`);
  }
  assert.deepEqual([1, 2 ** 20, 4 * 2 ** 20, 2 ** 30].map(mostChunks), [32, 32, 16, 1]);
});

test("a shared drive is made with claim:type shared", async () => {
  await uploadOf(Buffer.from("x"), { shared: true, name: "Common disk" });
  assert.equal(cloud.last.body, "name Common disk\nsize 1\nclaim:type shared\n");
});

test("a gzipped image, of several members and with padding, is uploaded as what it holds", async () => {
  const image = randomBytes(3 * CHUNK + 7);
  const padding = Buffer.alloc(512);
  const [first, second, third] = [
    image.subarray(0, 1000),
    image.subarray(1000, 2 * CHUNK),
    image.subarray(2 * CHUNK),
  ].map((part) => gzipSync(part)) as [Buffer, Buffer, Buffer];
  for (const gz of [
    Buffer.concat([first, second, third, padding]),
    Buffer.concat([first, padding, second, third]),
    Buffer.concat([first, second, padding, third, padding]),
  ]) {
    await uploadOf(gz, { gzipped: true });
    assert.ok(cloud.bytes.equals(image));
  }
  await uploadOf(Buffer.concat([first, second, padding, third]), {
    gzipped: true,
    drive: DRIVE,
    offset: CHUNK + 1,
  });
  assert.ok(cloud.bytes.equals(image));
});

test("a gzipped image with junk behind its end, or behind the padding there, makes no drive", async () => {
  const gz = gzipSync(randomBytes(CHUNK));
  for (const rest of [
    Buffer.from("junk"),
    Buffer.from("\0\0\0junk"),
    Buffer.concat([Buffer.alloc(9000), gz]).subarray(0, -1),
  ])
    await assert.rejects(
      uploadOf(Buffer.concat([gz, rest]), { gzipped: true }),
      /image\.raw is not a whole gzip file/,
    );
  assert.deepEqual(cloud.calls, []);
});

test("a file that is not gzip, and an empty one, make no drive", async () => {
  await assert.rejects(
    uploadOf(Buffer.from("plain"), { gzipped: true }),
    /image\.raw is not a whole gzip file/,
  );
  await assert.rejects(
    uploadOf(gzipSync(randomBytes(CHUNK)).subarray(0, 500), { gzipped: true }),
    /whole gzip/,
  );
  await assert.rejects(uploadOf(Buffer.alloc(0)), /is empty: there is nothing to upload/);
  assert.deepEqual(cloud.calls, []);
});

test("a pipe that nobody writes to, and a folder, are refused at once", async () => {
  const file = join(folder, "pipe");
  execFileSync("mkfifo", [file]);
  for (const what of [file, folder])
    await assert.rejects(uploadOf(Buffer.alloc(1), { file: what }), {
      message: `${what} is not a regular file`,
    });
  assert.deepEqual(cloud.calls, []);
});

test("chunks that fail for passing reasons are tried again, with ever longer pauses, until all have arrived", async () => {
  const image = randomBytes(6 * CHUNK);
  const failures = new Map<string, number>();
  cloud.fault = (path) => {
    if (!path.includes("/write/")) return null;
    const before = failures.get(path) ?? 0;
    failures.set(path, before + 1);
    if (before === 0) return "hang up";
    if (before === 1) return { status: 503, type: "system", sentence: "Try later" };
    return null;
  };
  await uploadOf(image);
  assert.ok(cloud.bytes.equals(image));
  assert.deepEqual(
    pauses.toSorted((a, b) => a - b),
    [...Array(6).fill(PAUSES_MS[0]), ...Array(6).fill(PAUSES_MS[1])],
  );
});

test("an upload that fails for good says up to where all has arrived, and resumes there", async () => {
  const image = randomBytes(8 * CHUNK + 99);
  const refusal = { status: 500, type: "failed", sentence: "The disk is broken" };
  cloud.fault = (path) => (path.endsWith(`/write/${5 * CHUNK}`) ? refusal : null);
  const unfinished = await uploadOf(image).catch((error: unknown) => error);
  assert.ok(unfinished instanceof Unfinished);
  assert.equal(unfinished.message, "failed: The disk is broken");
  assert.deepEqual([unfinished.drive, unfinished.offset], [DRIVE, 5 * CHUNK]);
  assert.equal(pauses.filter((ms) => ms === PAUSES_MS.at(-1)).length, 1);

  cloud.fault = () => null;
  cloud.calls.length = 0;
  printed = "";
  await uploadOf(image, { drive: DRIVE, offset: unfinished.offset });
  assert.ok(cloud.bytes.equals(image));
  assert.equal(printed, `Uploading 4 chunks of ${CHUNK} bytes: .... completed\n`);
  assert.equal(cloud.calls.length, 4);
});

test("what cannot pass is not tried again: a full drive, a claimed one, wrong credentials", async () => {
  for (const [status, type] of [
    [507, "full"],
    [409, "busy"],
    [401, "auth"],
  ] as const) {
    cloud.fault = (path) => (path.includes("/write/") ? { status, type, sentence: "No." } : null);
    await assert.rejects(uploadOf(Buffer.from("x")), { name: "Unfinished", message: `${type}: No.` });
  }
  assert.deepEqual(pauses, []);
});

test("an upload that is broken off says where it can be resumed", async () => {
  const controller = new AbortController();
  dependencies = { ...dependencies, signal: controller.signal };
  cloud.fault = (path) => {
    if (path.endsWith(`/write/${CHUNK}`)) controller.abort();
    return path.includes("/write/") ? "hang up" : null;
  };
  await assert.rejects(uploadOf(randomBytes(3 * CHUNK)), { message: "interrupted", offset: 0, drive: DRIVE });
});

function downloadTo(file: string, offset = 0, gzipped = false): Promise<void> {
  const open = () => (gzipped ? GzipFile.open(file, offset) : SparseFile.open(file, offset));
  return download({ drive: DRIVE, chunkBytes: CHUNK, offset, open }, dependencies);
}

test("a download of an odd size is whole, fetched several chunks at a time", async () => {
  cloud.bytes = randomBytes(9 * CHUNK + 4321);
  cloud.crowd = 4;
  const file = join(folder, "drive.raw");
  writeFileSync(file, Buffer.alloc(20 * CHUNK, "old"));
  await downloadTo(file);
  assert.ok(readFileSync(file).equals(cloud.bytes));
  assert.equal(printed, `Downloading 10 chunks of ${CHUNK} bytes: .......... completed\n`);
  assert.equal(cloud.mostAtOnce, 4);
});

test("zeroes become holes, and the length is the drive's even when it ends in them", async () => {
  cloud.bytes = Buffer.alloc(16 * CHUNK + 5);
  cloud.bytes.write("data", 3 * CHUNK + 100);
  const file = join(folder, "drive.raw");
  await downloadTo(file);
  assert.ok(readFileSync(file).equals(cloud.bytes));
  assert.ok(statSync(file).blocks * 512 <= 16 * 1024, `${statSync(file).blocks} blocks`);
});

test("a download resumes after short answers, broken answers and a failure for good", async () => {
  cloud.bytes = randomBytes(6 * CHUNK);
  let count = 0;
  cloud.fault = () => (++count % 3 === 0 ? "cut" : null);
  const file = join(folder, "drive.raw");
  await downloadTo(file);
  assert.ok(readFileSync(file).equals(cloud.bytes));

  cloud.fault = (path) => (path.includes(`/read/${4 * CHUNK}/`) ? "hang up" : null);
  const unfinished = await downloadTo(file).catch((error: unknown) => error);
  assert.ok(unfinished instanceof Unfinished);
  assert.equal(unfinished.offset, 4 * CHUNK);
  assert.equal(statSync(file).size, 4 * CHUNK);

  cloud.fault = () => null;
  cloud.calls.length = 0;
  await downloadTo(file, unfinished.offset);
  assert.ok(readFileSync(file).equals(cloud.bytes));
  assert.equal(cloud.calls.filter((call) => call.includes("/read/")).length, 2);
});

test("a gzipped download inflates to the drive, resumed or not", async () => {
  cloud.bytes = randomBytes(3 * CHUNK + 1);
  const file = join(folder, "drive.raw.gz");
  await downloadTo(file, 0, true);
  assert.ok(gunzipSync(readFileSync(file)).equals(cloud.bytes));

  cloud.fault = (path) =>
    path.includes(`/read/${2 * CHUNK}/`) ? { status: 400, type: "usage", sentence: "" } : null;
  await assert.rejects(downloadTo(file, 0, true), { offset: 2 * CHUNK });
  cloud.fault = () => null;
  await downloadTo(file, 2 * CHUNK, true);
  assert.ok(gunzipSync(readFileSync(file)).equals(cloud.bytes));
});

test("a download has several chunks encoded at once, and appended in order", {
  timeout: 60_000,
}, async () => {
  cloud.bytes = randomBytes(8 * CHUNK);
  const two = Promise.withResolvers<void>();
  const appended: number[] = [];
  let encoded = 0;
  const sink: Sink = {
    async encode(bytes) {
      if (++encoded === 2) two.resolve();
      await two.promise;
      return Uint8Array.of(cloud.bytes.indexOf(bytes) / CHUNK);
    },
    append: async ([chunk = -1], chunkBytes) => void appended.push(chunk, chunkBytes),
    finish: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  await download({ drive: DRIVE, chunkBytes: CHUNK, offset: 0, open: async () => sink }, dependencies);
  assert.deepEqual(appended, Array.from({ length: 8 }, (_, chunk) => [chunk, CHUNK]).flat());
});

test("a file that ends before the offset is not resumed, and a drive that is not there makes no file", async () => {
  const file = join(folder, "drive.raw");
  cloud.bytes = randomBytes(CHUNK);
  writeFileSync(file, "short");
  await assert.rejects(downloadTo(file, 100), /ends at 5, before the offset 100/);
  cloud.fault = () => ({ status: 404, type: "missing", sentence: "No such drive" });
  const other = join(folder, "other.raw");
  await assert.rejects(downloadTo(other), { message: "missing: No such drive" });
  assert.equal(statSync(other, { throwIfNoEntry: false }), undefined);
});
