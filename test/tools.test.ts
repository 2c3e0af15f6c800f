/** The command line tools against the cloud itself: what they take for success is what it answers. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openCloud } from "../testing/cloud.ts";

const folder = mkdtempSync(join(tmpdir(), "tools-"));
const [file, copy, gzipped] = ["image.raw", "copy.raw", "copy.raw.gz"].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
after(() => rmSync(folder, { recursive: true }));

test("an image goes up, comes down raw and gzipped, also from half a file, and its drive is destroyed", async (t) => {
  const cloud = await openCloud();
  t.after(() => cloud.close());
  const image = Buffer.concat([randomBytes(5_000_001), Buffer.alloc(2 ** 20)]);
  writeFileSync(file, image);
  const up = await cloud.tool("elastichosts-upload", [file]);
  assert.deepEqual([up.code, up.stderr], [0, ""]);
  const [, drive = ""] = /^Created drive (\S+) of size 6048577\n/.exec(up.stdout) ?? [];

  const raw = await cloud.tool("elastichosts-download", [drive, copy]);
  assert.deepEqual([raw.code, raw.stderr], [0, ""]);
  assert.ok(readFileSync(copy).equals(image));
  const words = ["-z", "-c", "1M", drive, gzipped];
  assert.equal((await cloud.tool("elastichosts-download", words)).code, 0);
  truncateSync(gzipped, 3_000_000);
  const resumed = await cloud.tool("elastichosts-download", ["-r", ...words]);
  assert.deepEqual(
    [resumed.code, resumed.stdout],
    [0, "Downloading 4 chunks of 1048576 bytes: .... completed\n"],
  );
  assert.ok(execFileSync("gzip", ["-dc", gzipped], { maxBuffer: 2 ** 25 }).equals(image));

  for (const words of [
    ["drives", "list"],
    ["-j", "drives", drive, "info"],
    ["drives", drive, "read", "0", "512"],
  ]) {
    const { code, stderr } = await cloud.tool("elastichosts", words);
    assert.deepEqual([code, stderr], [0, ""], words.join(" "));
  }
  for (const words of [
    ["-f", file, "drives", drive, "write"],
    ["drives", drive, "destroy"],
  ]) {
    const { code, stderr, stdout } = await cloud.tool("elastichosts", words);
    assert.deepEqual([code, stderr, stdout], [0, "", ""], words.join(" "));
  }
  const gone = await cloud.tool("elastichosts", ["drives", drive, "info"]);
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /^elastichosts: missing: /);
});
