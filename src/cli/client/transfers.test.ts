import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { DRIVE, type FakeCloud, startFakeCloud } from "../../../testing/fake-cloud.ts";
import { runTool } from "../../../testing/run.ts";
import { long } from "../../../testing/share.ts";

let cloud: FakeCloud;
let folder: string;
let file: string;
const image = Buffer.alloc(10_000_000, "Lodge keeps what it is given. ");

beforeEach(async () => {
  cloud = await startFakeCloud();
  folder = mkdtempSync(join(tmpdir(), "elastichosts-"));
  file = join(folder, "image.raw");
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await cloud.close();
});

test("an upload prints what the specification's example shows, with chunks of 4 MiB", async () => {
  writeFileSync(file, image.subarray(0, 8_000_000));
  const { stdout, stderr, code } = await runTool("elastichosts-upload", [file], cloud.env);
  assert.equal(
    stdout,
    `Created drive ${DRIVE} of size 8000000\nUploading 2 chunks of 4194304 bytes: .. completed\n`,
  );
  assert.deepEqual([stderr, code], ["", 0]);
  assert.ok(cloud.bytes.equals(image.subarray(0, 8_000_000)));
  assert.equal(cloud.last.body, "name image.raw\nsize 8000000\n");
});

test("an upload that is refused says in one line how to resume it", async () => {
  writeFileSync(file, image);
  const full = { status: 507, type: "full", sentence: "The drive ends before" };
  cloud.fault = (path) => (path.endsWith("/write/8388608") ? full : null);
  const { stdout, stderr, code } = await runTool("elastichosts-upload", [file], cloud.env);
  assert.equal(stdout, `Created drive ${DRIVE} of size 10000000\nUploading 3 chunks of 4194304 bytes: ..\n`);
  assert.equal(
    stderr,
    "elastichosts-upload: full: The drive ends before; " +
      `resume with: elastichosts-upload -d ${DRIVE} -o 8388608 ${file}\n`,
  );
  assert.equal(code, 1);

  cloud.fault = () => null;
  const resumed = await runTool("elastichosts-upload", ["-d", DRIVE, "-o", "8M", file], cloud.env);
  assert.equal(resumed.stdout, "Uploading 1 chunks of 4194304 bytes: . completed\n");
  assert.ok(cloud.bytes.equals(image));
});

/** What the kernel tells of the one process whose command line has this word (proc(5)), asked in this very turn. */
function processWith(word: string): { readonly workers: number; readonly mostMib: number } {
  for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(word)) continue;
      const threads = readdirSync(`/proc/${pid}/task`);
      const names = threads.map((id) => readFileSync(`/proc/${pid}/task/${id}/comm`, "utf8").trim());
      const mostKib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      return {
        workers: names.filter((name) => name === "libuv-worker").length,
        mostMib: Number(mostKib) / 1024,
      };
    } catch {
      // A process that has ended is not the one.
    }
  }
  throw new Error(`no process has the word ${word}`);
}

test("a transfer has a thread for each core, beside those that read and write", async () => {
  const nproc = join(folder, "nproc");
  writeFileSync(nproc, "#!/bin/sh\necho 9\n", { mode: 0o755 });
  writeFileSync(file, image);
  const workers: number[] = [];
  cloud.fault = (path) => {
    if (/\/(write|read)\//.test(path)) workers.push(processWith(file).workers);
    return null;
  };
  const env = { ...cloud.env, PATH: `${folder}:${process.env.PATH}` };
  assert.equal((await runTool("elastichosts-upload", [file], env)).code, 0);
  assert.equal((await runTool("elastichosts-download", ["-z", DRIVE, file], env)).code, 0);
  assert.equal(workers.length, 6);
  assert.equal(Math.max(...workers), 13);
});

test("a transfer holds a part of an image in memory, however large that is", long, async () => {
  const noise = randomBytes(4 * 2 ** 20);
  const text = Buffer.alloc(4 * 2 ** 20, "Lodge keeps what it is given. ");
  let mostMib = 0;
  cloud.fault = (path) => {
    if (/\/(write|read)\//.test(path)) mostMib = Math.max(mostMib, processWith(file).mostMib);
    return null;
  };
  for (const [gzip, chunk] of [
    ["never", noise],
    ["always", text],
  ] as const) {
    writeFileSync(file, Buffer.concat(Array(90).fill(chunk)));
    assert.equal((await runTool("elastichosts-upload", ["--gzip", gzip, file], cloud.env)).code, 0);
    assert.ok(cloud.bytes.equals(readFileSync(file)));
  }
  assert.equal((await runTool("elastichosts-download", [DRIVE, file], cloud.env)).code, 0);
  // The engine alone takes some 100 MiB, and leaves what it dropped lying about for a while; the image has 360 MiB.
  assert.ok(mostMib > 0 && mostMib < 300, `${mostMib} MiB`);
});

test("a download prints a line like the upload's and makes the same image, raw or gzipped", async () => {
  cloud.bytes = image;
  const raw = await runTool("elastichosts-download", [DRIVE, file], cloud.env);
  assert.deepEqual(
    [raw.stdout, raw.stderr, raw.code],
    ["Downloading 3 chunks of 4194304 bytes: ... completed\n", "", 0],
  );
  assert.ok(readFileSync(file).equals(image));

  await runTool("elastichosts-download", ["-z", "-c", "1M", DRIVE, `${file}.gz`], cloud.env);
  assert.ok(gunzipSync(readFileSync(`${file}.gz`)).equals(image));
});

test("a download to standard output keeps its line out of it", async () => {
  cloud.bytes = Buffer.from("the whole drive");
  const { stdout, stderr } = await runTool("elastichosts-download", [DRIVE, "-"], cloud.env);
  assert.equal(stdout, "the whole drive");
  assert.equal(stderr, "Downloading 1 chunks of 4194304 bytes: . completed\n");
});

test("a download with -r goes on where its file ends", async () => {
  cloud.bytes = image;
  writeFileSync(file, image.subarray(0, 4_194_304));
  const { stdout } = await runTool("elastichosts-download", ["-r", DRIVE, file], cloud.env);
  assert.equal(stdout, "Downloading 2 chunks of 4194304 bytes: .. completed\n");
  assert.ok(readFileSync(file).equals(image));
});

test("a wrong call of a transfer is told in one line and ends with status 2", async () => {
  const calls: [tool: string, args: string[], said: RegExp][] = [
    ["upload", [], /one FILE is to be given/],
    ["upload", ["-c", "lots", "file"], /-c takes a number of bytes, at least 1,.* not "lots"/],
    ["upload", ["-c", "0", "file"], /-c takes/],
    ["upload", ["-n", "two\nlines", "file"], /one line/],
    ["upload", ["--gzip", "often", "file"], /--gzip takes auto, always, never; not "often"/],
    ["download", [], /one DRIVE is to be given/],
    ["download", ["-c", "5M", DRIVE], /-c takes a number of bytes, from 1 to 4194304/],
    ["download", ["-r", DRIVE, "-"], /-r needs a FILE/],
    ["download", ["-r", "-o", "1", DRIVE], /exclude each other/],
  ];
  for (const [tool, args, said] of calls) {
    const { stderr, code } = await runTool(`elastichosts-${tool}`, args, cloud.env);
    assert.match(stderr, said);
    assert.match(stderr, new RegExp(`^elastichosts-${tool}: [^\\n]+\\n$`));
    assert.equal(code, 2);
  }
  const missing = await runTool("elastichosts-upload", [file], cloud.env);
  assert.match(missing.stderr, /^elastichosts-upload: ENOENT: [^\n]+image\.raw[^\n]*\n$/);
  assert.equal(missing.code, 1);
});

test("--help tells every option of a transfer", async () => {
  const options = {
    upload: ["-c", "-d", "-n", "-o", "-s", "-z", "--gzip WHEN"],
    download: ["-c", "-o", "-r", "-z"],
  };
  for (const [tool, letters] of Object.entries(options)) {
    const { stdout, code } = await runTool(`elastichosts-${tool}`, ["--help"], {});
    for (const letter of letters) assert.ok(stdout.includes(`\n  ${letter} `), `${tool} ${letter}`);
    assert.equal(code, 0);
  }
});
