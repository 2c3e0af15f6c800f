import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { DRIVE, type FakeCloud, startFakeCloud } from "../../../testing/fake-cloud.ts";
import { BIN, runToEnd, runUnread } from "../../../testing/run.ts";
import { long } from "../../../testing/share.ts";

let cloud: FakeCloud;
let folder: string;
let file: string;
const image = Buffer.alloc(10_000_000, "Lodge keeps what it is given. ");

beforeEach(async () => {
  cloud = await startFakeCloud();
  folder = mkdtempSync(join(tmpdir(), "outputs-"));
  file = join(folder, "image.raw");
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await cloud.close();
});

/** Runs a tool by the shell, with what stands behind its words: a redirection, or a pipe. Its own status is answered. */
const shell = (tool: string, args: readonly string[], behind: string) =>
  runToEnd(
    ["bash", "-c", `"$0" "$@" ${behind}; exit "\${PIPESTATUS[0]}"`, join(BIN, tool), ...args],
    "",
    cloud.env,
  );

test("an upload whose reader goes after the first line stores the image whole", async () => {
  writeFileSync(file, image);
  const { code, stdout, stderr } = await shell("elastichosts-upload", ["-c", "512k", file], "| head -1");
  assert.deepEqual([code, stdout, stderr], [0, `Created drive ${DRIVE} of size 10000000\n`, ""]);
  assert.ok(cloud.bytes.equals(image));
});

test("an upload that nobody listens to stores the image whole, and tells its drive on standard error", async () => {
  writeFileSync(file, image);
  const { code, stderr } = await runUnread("elastichosts-upload", [file], cloud.env, "stdout");
  assert.deepEqual([code, stderr], [0, `Created drive ${DRIVE} of size 10000000\n`]);
  assert.ok(cloud.bytes.equals(image));
});

test(
  "a transfer whose lines find a full disk does its work, says so once and ends with 1",
  long,
  async () => {
    writeFileSync(file, image);
    const up = await shell("elastichosts-upload", [file], ">/dev/full");
    assert.equal(up.code, 1);
    assert.match(
      up.stderr,
      /^Created drive [^\n]+\nelastichosts-upload: standard output cannot be written: ENOSPC[^\n]+\n$/,
    );
    assert.ok(cloud.bytes.equals(image));
    const down = await shell("elastichosts-download", [DRIVE, file], ">/dev/full");
    assert.equal(down.code, 1);
    assert.match(down.stderr, /^elastichosts-download: standard output cannot be written: ENOSPC[^\n]+\n$/);
    assert.ok(readFileSync(file).equals(image));
  },
);

test("a download that nobody listens to makes its file whole", async () => {
  cloud.bytes = image;
  const { code } = await runUnread("elastichosts-download", [DRIVE, file], cloud.env, "stdout");
  assert.equal(code, 0);
  assert.ok(readFileSync(file).equals(image));
});

test("a download to standard output whose reader goes ends with 1 and without a word", async () => {
  // Gzipped, too, it is more than a pipe holds while nobody reads.
  cloud.bytes = Buffer.from(randomBytes((image.length * 3) / 4).toString("base64"));
  for (const words of [[], ["-z"]]) {
    const { code, stdout, stderr } = await shell(
      "elastichosts-download",
      [...words, DRIVE, "-"],
      "| head -c 4",
    );
    assert.equal(code, 1);
    assert.equal(stdout.length, 4);
    assert.match(stderr, /^Downloading 3 chunks of 4194304 bytes: [.]*\n$/);
  }
  const full = await shell("elastichosts-download", [DRIVE, "-"], ">/dev/full");
  assert.equal(full.code, 1);
  assert.match(full.stderr, /\nelastichosts-download: standard output cannot be written: ENOSPC[^\n]+\n$/);
});

test("a failure has its status where nobody hears of it", async () => {
  writeFileSync(file, image);
  cloud.fault = () => ({ status: 404, type: "missing", sentence: "There is no such drive" });
  for (const [tool, ...args] of [
    ["elastichosts-upload", file],
    ["elastichosts-download", DRIVE, file],
    ["elastichosts", "drives", DRIVE, "destroy"],
  ] as const) {
    assert.equal((await runUnread(tool, args, cloud.env, "stderr")).code, 1);
    assert.equal((await runUnread(tool, [], cloud.env, "stderr")).code, 2);
  }
});

test("a call that shows what goes over the wire is made where nobody looks", async () => {
  const { code, stdout } = await runUnread(
    "elastichosts",
    ["-v", "drives", DRIVE, "info"],
    cloud.env,
    "stderr",
  );
  assert.deepEqual([code, stdout], [0, `drive ${DRIVE}\nname TestDrive\nsize 0\n`]);
});

test("an answer that does not arrive makes the status 1: in silence where its reader has gone, else with a line", async () => {
  const gone = await runUnread("elastichosts", ["drives", "list"], cloud.env, "stdout");
  assert.deepEqual([gone.code, gone.stderr], [1, ""]);
  const full = await shell("elastichosts", ["drives", "list"], ">/dev/full");
  assert.equal(full.code, 1);
  assert.match(full.stderr, /^elastichosts: standard output cannot be written: ENOSPC[^\n]+\n$/);
  assert.deepEqual(cloud.calls, ["POST /drives/list", "POST /drives/list"]);
});

for (const tool of ["elastichosts", "elastichosts-upload", "elastichosts-download", "lodge"]) {
  test(`${tool} does nothing where its standard output is closed from the start`, async () => {
    const { code, stderr } = await shell(tool, ["--help"], ">&-");
    assert.deepEqual([code, stderr], [1, `${tool}: standard output is closed\n`]);
  });
}
