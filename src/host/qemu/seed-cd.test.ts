import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { inspect } from "node:util";
import type { Seed } from "../host.ts";
import { run } from "../process/process.ts";
import { findSandboxer, type Sandboxer } from "../process/sandbox.ts";
import { makeSeedCd } from "./seed-cd.ts";

const SEED: Seed = [
  { name: "meta-data", content: '{"instance-id":"one"}\n' },
  { name: "user-data", content: "#!/bin/sh\necho ö\n" },
];

/** Nobody else has it. */
const UID = process.getuid?.() === 0 ? 3_990_000 + (process.pid % 1000) : null;

let sandboxer: Sandboxer;
before(async () => {
  sandboxer = await findSandboxer();
});

/** As a server's directory is: its user may come through. */
let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodge-seed-"));
  await chmod(folder, 0o711);
});
after(() => rm(folder, { recursive: true }));

const make = (seed: Seed, signal = new AbortController().signal) =>
  makeSeedCd(seed, { folder: join(folder, "seed"), sandboxer, uid: UID, signal });

/** What xorriso reads back from the image. */
async function opened(t: TestContext, image: Buffer) {
  const folder = await mkdtemp(join(tmpdir(), "lodge-cd-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "cd.iso");
  await writeFile(file, image);
  const about = await run(["xorriso", "-no_rc", "-indev", file, "-pvd_info", "-lsl", "/"]);
  await run(["xorriso", "-no_rc", "-osirrox", "on", "-indev", file, "-extract", "/", join(folder, "root")]);
  return { about, read: (name: string) => readFile(join(folder, "root", name), "utf8") };
}

test("a seed's CD is labelled cidata, and has the files of the seed, byte for byte", async (t) => {
  const { about, read } = await opened(t, await make(SEED));
  assert.match(about, /Volume Id *: cidata\n/);
  for (const { name, content } of SEED) assert.equal(await read(name), content);
  assert.equal(about.match(/^-r/gm)?.length, SEED.length);
  assert.match(about, /^-r--r--r-- .*'user-data'$/m);
  assert.deepEqual(await readdir(folder), [], "the files that it was made of are gone");
});

/** ECMA-119, 8.4 to 8.5; Joliet: a descriptor of type 2 with the escape sequence %/E, names in UCS-2 with the high byte first. */
test("systems without Rock Ridge find the names whole, by Joliet", async () => {
  const image = await make(SEED);
  const descriptor = image.subarray(17 * 2048, 18 * 2048);
  assert.equal(descriptor[0], 2);
  assert.equal(descriptor.toString("latin1", 1, 6), "CD001");
  assert.equal(descriptor.toString("latin1", 88, 91), "%/E");
  const wide = (text: string) => Buffer.from(text, "utf16le").swap16();
  assert.ok(descriptor.includes(wide("cidata")), "its label");
  for (const { name } of SEED) assert.ok(image.includes(wide(name)), name);
});

test("the same seed makes the same CD, at any time", async () => {
  const one = await make(SEED);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  assert.deepEqual(await make(SEED), one);
});

test("the longest seed fits, and so does an empty file", async (t) => {
  const long = "x".repeat(16 * 1024);
  const seed: Seed = [
    { name: "meta-data", content: long },
    { name: "user-data", content: "" },
  ];
  const image = await make(seed);
  const { read } = await opened(t, image);
  assert.equal(await read("meta-data"), long);
  assert.equal(await read("user-data"), "");
  assert.ok(image.length < 2 ** 20, `${image.length} bytes`);
});

test("what a CD is made of is there for its server's user alone", async () => {
  let isDone = false;
  const made = make(SEED).finally(() => {
    isDone = true;
  });
  const modes = new Set<string>();
  while (!isDone) {
    for (const name of ["", ...SEED.map((file) => file.name)]) {
      const found = await stat(join(folder, "seed", name)).catch(() => null);
      if (found !== null) modes.add(`${(found.mode & 0o777).toString(8)} ${name}`);
    }
  }
  await made;
  assert.deepEqual([...modes].sort(), ["600 meta-data", "600 user-data", "700 "]);
});

test("whoever gives it up is told why, and leaves nothing of it", async () => {
  const abort = new AbortController();
  const made = make(SEED, abort.signal);
  abort.abort(new Error("given up"));
  await assert.rejects(made, { message: "given up" });
  assert.deepEqual(await readdir(folder), []);
});

/** Why it could not be made, with all that is behind that: a log has it whole. */
async function reasonOf(made: Promise<unknown>): Promise<string> {
  const error = await made.then(
    () => assert.fail("it was made"),
    (reason: unknown) => reason,
  );
  return inspect(error, { depth: null, maxStringLength: null, showHidden: true });
}

test("why a CD could not be made says nothing of what was to be on it", async (t) => {
  const [key, password] = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", "what nobody is to know"];
  const seed = (userData: string): Seed => [
    { name: "meta-data", content: JSON.stringify({ "public-keys": [key] }) },
    { name: "user-data", content: userData },
  ];
  // Where the maker's user may not go and nothing shows it what it is to read, it says what it lacks.
  const closed = await mkdtemp(join(tmpdir(), "lodge-closed-"));
  t.after(() => rm(closed, { recursive: true }));
  const unseen = { sandboxer: { ...sandboxer, bwrap: null }, uid: UID, signal: new AbortController().signal };
  const unread = () => makeSeedCd(seed(password), { ...unseen, folder: join(closed, "seed") });
  const tooLong = () => make(seed(password.repeat(2 ** 17)));
  const failures: [() => Promise<Buffer>, RegExp][] = [[tooLong, /longer than \d+ bytes/]];
  if (UID !== null) failures.push([unread, /WorkerFailed: xorrisofs: /]);
  for (const [made, reason] of failures) {
    const said = await reasonOf(made());
    assert.match(said, reason);
    for (const secret of [key, password]) assert.ok(!said.includes(secret), said.slice(0, 2_000));
  }
});
