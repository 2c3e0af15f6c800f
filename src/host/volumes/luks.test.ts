import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runToEnd } from "../../../testing/run.ts";
import { LUKS_HEADER_BYTES, makeLuksHeader } from "./luks.ts";

const newSecret = () => randomBytes(32).toString("hex");

/** A file with a new header, and some room behind it. */
async function newContainer(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "lodge-luks-"));
  t.after(() => rm(folder, { recursive: true }));
  const [file, uuid, secret] = [join(folder, "container"), randomUUID(), newSecret()];
  const header = await makeLuksHeader(uuid, secret);
  await writeFile(file, header);
  await truncate(file, 4 * 1024 * 1024);
  return { folder, file, uuid, secret, header };
}

/** What cryptsetup says of it when it is given a secret. */
const cryptsetup = (words: readonly string[], secret = "") =>
  runToEnd(["/usr/sbin/cryptsetup", "--batch-mode", ...words], secret);

test("cryptsetup opens the header by its secret, and by no other", async (t) => {
  const { file, secret } = await newContainer(t);
  const open = ["open", "--type=luks1", "--test-passphrase", "--key-file=-", file];
  const { code, stderr } = await cryptsetup(open, secret);
  assert.equal(code, 0, stderr);
  for (const other of [newSecret(), secret.slice(1), `${secret} `]) {
    assert.match((await cryptsetup(open, other)).stderr, /No key available with this passphrase/);
  }
});

test("cryptsetup reads in the header what it writes itself, but for what is random", async (t) => {
  const { folder, file, uuid, secret, header } = await newContainer(t);
  const theirs = join(folder, "theirs");
  await writeFile(theirs, "");
  await truncate(theirs, 4 * 1024 * 1024);
  const options = ["--type=luks1", "--cipher=aes-xts-plain64", "--key-size=512", "--hash=sha256"];
  const made = ["luksFormat", ...options, "--pbkdf-force-iterations=1000", `--uuid=${uuid}`, "--key-file=-"];
  assert.equal((await cryptsetup([...made, theirs], secret)).code, 0);
  const dump = async (of: string) => {
    const { stdout } = await cryptsetup(["luksDump", of]);
    // Bytes of digests and salts, and the file's own name.
    return stdout
      .replaceAll(/\b[0-9a-f]{2}\b/g, "")
      .replaceAll(/\s+/g, " ")
      .replace(of, "");
  };
  assert.match(await dump(file), new RegExp(`UUID: ${uuid.replaceAll(/\b[0-9a-f]{2}\b/g, "")}`));
  assert.equal(await dump(file), await dump(theirs));
  assert.ok(header.length < LUKS_HEADER_BYTES);
});

test("each header has a master key of its own, which its volume's bytes are encrypted with by QEMU", async (t) => {
  const [one, other] = [await newContainer(t), await newContainer(t)];
  const masterKey = async ({ file, secret }: typeof one) => {
    const { stdout } = await cryptsetup(["luksDump", "--dump-master-key", "--key-file=-", file], secret);
    return /MK dump:([\s0-9a-f]+)/.exec(stdout)?.[1]?.replaceAll(/\s+/g, "") ?? "";
  };
  assert.match(await masterKey(one), /^[0-9a-f]{128}$/);
  assert.notEqual(await masterKey(one), await masterKey(other));
  const key = join(one.folder, "key");
  await writeFile(key, one.secret);
  const volume = `driver=luks,key-secret=k,file.driver=file,file.filename=${one.file}`;
  const io = (words: string) =>
    runToEnd(["qemu-io", "--object", `secret,id=k,file=${key}`, "--image-opts", volume, "-c", words]);
  for (const words of ["write -P 7 0 64k", "read -P 7 0 64k"]) {
    const { stdout, stderr } = await io(words);
    assert.match(stdout, /65536\/65536 bytes/, stderr);
    assert.doesNotMatch(stdout, /verification failed/);
  }
});
