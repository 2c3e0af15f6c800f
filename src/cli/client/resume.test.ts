import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { gzipSync } from "node:zlib";
import { DRIVE, type FakeCloud, startFakeCloud } from "../../../testing/fake-cloud.ts";
import { BIN, type Run, runToEnd, runTool } from "../../../testing/run.ts";
import { long } from "../../../testing/share.ts";

const CHUNK = 64 * 1024;

let cloud: FakeCloud;
let folder: string;
let file: string;
beforeEach(async () => {
  cloud = await startFakeCloud();
  cloud.bytes = randomBytes(6 * CHUNK + 99);
  folder = mkdtempSync(join(tmpdir(), "resume-"));
  file = join(folder, "drive.raw.gz");
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await cloud.close();
});

const download = (...args: string[]) =>
  runTool("elastichosts-download", ["-z", "-c", String(CHUNK), ...args], cloud.env);

/** What gzip itself finds in the file: it fails where a byte of it is wrong. */
const gunzipped = () => execFileSync("gzip", ["-dc", file], { maxBuffer: 2 ** 26, stdio: "pipe" });

/** The words of the command that a tool says goes on, without its name. */
function printedWords({ stderr }: Run): string[] {
  const [, words = ""] = /resume with: elastichosts-download (.*)\n$/.exec(stderr) ?? [];
  return words.split(" ");
}

/** A download that breaks off behind four chunks. */
async function brokenOff(): Promise<Run> {
  const refusal = { status: 400, type: "usage", sentence: "No more" };
  cloud.fault = (path) => (path.includes(`/read/${4 * CHUNK}/`) ? refusal : null);
  const run = await download(DRIVE, file);
  assert.equal(run.code, 1);
  cloud.fault = () => null;
  return run;
}

test("a gzipped download is right when it is resumed by the command that it prints", async () => {
  const words = printedWords(await brokenOff());
  const { stdout, code } = await runTool("elastichosts-download", words, cloud.env);
  assert.deepEqual([code, stdout], [0, `Downloading 3 chunks of ${CHUNK} bytes: ... completed\n`]);
  assert.ok(gunzipped().equals(cloud.bytes));
});

const RESTS: readonly [what: string, rest: (next: Buffer) => Uint8Array][] = [
  ["a part of the next chunk", (next) => gzipSync(next).subarray(0, 20_000)],
  ["the next chunk without its last byte", (next) => gzipSync(next).subarray(0, -1)],
  ["the header of the next chunk", (next) => gzipSync(next).subarray(0, 10)],
  ["the next chunk whole", (next) => gzipSync(next)],
  ["zeroes, as a power failure leaves them", () => Buffer.alloc(5000)],
];
for (const [what, rest] of RESTS) {
  test(`a gzipped download is resumed behind its whole chunks where ${what} follows them`, async () => {
    const words = printedWords(await brokenOff());
    appendFileSync(file, rest(cloud.bytes.subarray(4 * CHUNK, 5 * CHUNK)));
    const left = readFileSync(file);
    assert.equal((await runTool("elastichosts-download", words, cloud.env)).code, 0);
    assert.ok(gunzipped().equals(cloud.bytes));

    writeFileSync(file, left);
    const found = await download("-r", DRIVE, file);
    assert.equal(found.code, 0, found.stderr);
    assert.ok(gunzipped().equals(cloud.bytes));
  });
}

test("-r begins a gzipped download anew without a file, and has nothing to fetch for a whole one", async () => {
  assert.equal((await download("-r", DRIVE, file)).code, 0);
  assert.ok(gunzipped().equals(cloud.bytes));
  const again = await download("-r", DRIVE, file);
  assert.deepEqual([again.code, again.stdout], [0, `Downloading 0 chunks of ${CHUNK} bytes:  completed\n`]);
  assert.ok(gunzipped().equals(cloud.bytes));
});

test(
  "a gzipped download is not resumed where its file does not hold all before the offset, and the file stays",
  long,
  async () => {
    await brokenOff();
    const whole = readFileSync(file);
    const broken = Buffer.from(whole);
    broken[broken.length - 100_000] = (broken.at(-100_000) ?? 0) ^ 1;
    const calls: [content: Buffer, words: string[], said: RegExp][] = [
      [whole, ["-o", String(CHUNK + 1)], /has no chunk that ends at the offset 65537: resume with -r/],
      [
        whole,
        ["-o", String(5 * CHUNK)],
        /holds 262144 bytes of the drive whole, and not all before the offset 327680/,
      ],
      [broken, ["-o", String(4 * CHUNK)], /holds 131072 bytes of the drive whole/],
      [Buffer.from("a letter to somebody\n"), ["-r"], /holds no whole chunk of a gzipped download/],
      [Buffer.from("a letter to somebody\n"), ["-o", String(CHUNK)], /holds 0 bytes of the drive whole/],
    ];
    for (const [content, words, said] of calls) {
      writeFileSync(file, content);
      const { code, stderr, stdout } = await download(...words, DRIVE, file);
      assert.match(stderr, said);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.ok(readFileSync(file).equals(content));
    }
  },
);

test("a gzipped download is resumed by the command that it prints when its disk has run full in a chunk", async () => {
  // What a file may be at most stands for the disk: a write across it takes a part, and the next one fails.
  const command = ["-z", "-c", String(CHUNK), DRIVE, file];
  const tool = join(BIN, "elastichosts-download");
  const run = await runToEnd(
    // What is measured of the tests would be written by the tool, too, and said to be too large.
    [...["sh", "-c", 'unset NODE_V8_COVERAGE; ulimit -f 300; exec "$@"', "sh"], tool, ...command],
    "",
    cloud.env,
  );
  assert.equal(run.code, 1);
  assert.match(run.stderr, /^elastichosts-download: EFBIG/);
  assert.equal(statSync(file).size, 300 * 512);
  const { code } = await runTool("elastichosts-download", printedWords(run), cloud.env);
  assert.equal(code, 0);
  assert.ok(gunzipped().equals(cloud.bytes));
});

test("a download to standard output that breaks off prints no command, which would know nothing of what was written", async () => {
  cloud.fault = (path) =>
    path.includes(`/read/${4 * CHUNK}/`) ? { status: 400, type: "usage", sentence: "No more" } : null;
  const { code, stderr } = await download(DRIVE, "-");
  assert.equal(code, 1);
  assert.match(stderr, /: usage: No more; standard output holds the first 262144 bytes of the drive\n$/);
});

test("whole chunks are found in a file of many windows, whatever it holds", async () => {
  cloud.bytes = Buffer.concat([Buffer.alloc(2 ** 23), randomBytes(5 * 2 ** 20 + 1)]);
  assert.equal((await runTool("elastichosts-download", ["-z", "-c", "96k", DRIVE, file], cloud.env)).code, 0);
  truncateSync(file, readFileSync(file).length - 5);
  const { code, stdout } = await runTool(
    "elastichosts-download",
    ["-z", "-r", "-c", "96k", DRIVE, file],
    cloud.env,
  );
  assert.equal(code, 0);
  assert.match(stdout, /^Downloading 1 chunks /);
  assert.ok(gunzipped().equals(cloud.bytes));
});
