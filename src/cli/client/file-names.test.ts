import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { DRIVE, type FakeCloud, startFakeCloud } from "../../../testing/fake-cloud.ts";
import { BIN, type Run, runToEnd } from "../../../testing/run.ts";

let cloud: FakeCloud;
let folder: string;
const image = Buffer.alloc(3_000_000, "Lodge keeps what it is given. ");

beforeEach(async () => {
  cloud = await startFakeCloud();
  folder = join(mkdtempSync(join(tmpdir(), "names-")), "files");
  mkdirSync(folder);
});
afterEach(async () => {
  rmSync(join(folder, ".."), { recursive: true });
  await cloud.close();
});

/** A tool in the folder of the files; the words are in the shell's own notation, which has a word for every byte. */
const shell = (words: string): Promise<Run> =>
  runToEnd(["bash", "-c", `cd "$1"; PATH="$2:$PATH"; ${words}`, "bash", folder, BIN], "", cloud.env);

const bytesOf = (name: Buffer) => Buffer.concat([Buffer.from(`${folder}/`), name]);
const names = () => readdirSync(folder, { encoding: "buffer" }).map((name) => name.toString("latin1"));

/** The operands of a download into the file of that word. */
const beforeFile = (word: string) =>
  word.startsWith("-- ") ? `-- ${DRIVE} ${word.slice(3)}` : `${DRIVE} ${word}`;

/** The name in the shell's notation and in bytes, and the name of a drive that comes of it. */
const NAMES: readonly [word: string, name: Buffer, drive: string | null][] = [
  ["$'caf\\xe9.raw'", Buffer.from("caf\xe9.raw", "latin1"), "caf\ufffd.raw"],
  ["$'\\xff\\xfe\\x80'", Buffer.from([0xff, 0xfe, 0x80]), "\ufffd\ufffd\ufffd"],
  [
    "$'\\xed\\xa0\\x80 \\xf0\\x9f\\x98\\x80\\xc3'",
    Buffer.from("eda08020f09f9880c3", "hex"),
    "\ufffd\ufffd\ufffd 😀\ufffd",
  ],
  ["$'it\\'s \\xc3\\xa9 \\xef\\xbf\\xbd'", Buffer.from("it's é \ufffd"), "it's é \ufffd"],
  ["$'two\\nlines\\x1b[2J'", Buffer.from("two\nlines\x1b[2J"), null],
  ["-- -z", Buffer.from("-z"), "-z"],
];
for (const [word, name, drive] of NAMES) {
  test(`an image named ${word} is uploaded, and resumed by the command that is printed`, async () => {
    writeFileSync(bytesOf(name), image);
    const options = drive === null ? "-n name -c 1M" : "-c 1M";
    cloud.fault = (path) =>
      path.endsWith("/write/2097152") ? { status: 507, type: "full", sentence: "Full" } : null;
    const broken = await shell(`elastichosts-upload ${options} ${word}`);
    assert.equal(broken.code, 1);
    assert.equal(cloud.last.body, `name ${drive ?? "name"}\nsize 3000000\n`);
    const [, command = ""] = /^[^\n]*resume with: ([^\n]+)\n$/.exec(broken.stderr) ?? [];
    cloud.fault = () => null;
    const resumed = await shell(command);
    assert.deepEqual([resumed.code, resumed.stderr], [0, ""], command);
    assert.equal(resumed.stdout, "Uploading 1 chunks of 1048576 bytes: . completed\n");
    assert.ok(cloud.bytes.equals(image));
  });

  test(`a drive is downloaded into a file named ${word}, and resumed`, async () => {
    cloud.bytes = image;
    for (const gzipped of ["", "-z"]) {
      cloud.fault = (path) =>
        path.includes("/read/2097152/") ? { status: 400, type: "usage", sentence: "No" } : null;
      const broken = await shell(`elastichosts-download ${gzipped} -c 1M ${beforeFile(word)}`);
      assert.equal(broken.code, 1);
      assert.deepEqual(names(), [name.toString("latin1")]);
      const [, command = ""] = /^[^\n]*resume with: ([^\n]+)\n$/.exec(broken.stderr) ?? [];
      cloud.fault = () => null;
      const resumed = await shell(command);
      assert.deepEqual([resumed.code, resumed.stderr], [0, ""], command);
      const content = readFileSync(bytesOf(name));
      assert.ok((gzipped === "" ? content : gunzipSync(content)).equals(image));
    }
  });
}

test("a gzipped image, and a file of one call, may have a name that is no UTF-8", async () => {
  writeFileSync(bytesOf(Buffer.from([0xff])), gzipSync(image));
  assert.equal((await shell("elastichosts-upload -z $'\\xff'")).code, 0);
  assert.ok(cloud.bytes.equals(image));
  writeFileSync(bytesOf(Buffer.from([0xfe])), "other");
  assert.equal((await shell(`elastichosts -f $'\\xfe' drives ${DRIVE} write`)).code, 0);
  assert.equal(cloud.bytes.subarray(0, 5).toString(), "other");
});

test("a file that is not there, and a drive's name that is no UTF-8, are refused in one line", async () => {
  const missing = await shell("elastichosts-upload $'caf\\xe9'");
  assert.match(missing.stderr, /^elastichosts-upload: ENOENT: [^\n]*caf\ufffd'\n$/);
  const name = await shell("elastichosts-upload -n $'caf\\xe9' image");
  assert.match(name.stderr, /the drive's name is to be one line of UTF-8/);
  assert.deepEqual([missing.code, name.code, cloud.calls.length], [1, 2, 0]);
});
