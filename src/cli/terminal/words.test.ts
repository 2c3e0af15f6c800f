import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ownWords, shellWord } from "./words.ts";

const folder = mkdtempSync(join(tmpdir(), "words-"));
after(() => rmSync(folder, { recursive: true }));

test("words are those of the kernel where Node has lost bytes, and else as Node has them", () => {
  const cmdline = join(folder, "cmdline");
  writeFileSync(cmdline, Buffer.from("node\0--flag\0tool.ts\0-n\0\0caf\xe9\0", "latin1"));
  const argv = ["/node", "/tool.ts", "-n", "", "caf\ufffd"];
  assert.deepEqual(ownWords(argv, cmdline), ["-n", "", "caf\udce9"]);
  assert.deepEqual(ownWords(argv, join(folder, "none")), argv.slice(2));
  assert.deepEqual(ownWords(["/node", "/tool.ts", "é"], join(folder, "none")), ["é"]);
});

test("a word is shown as a shell takes it, with octal bytes for what shows nothing", () => {
  assert.equal(shellWord("image-1.raw"), "image-1.raw");
  assert.equal(shellWord(""), "''");
  assert.equal(shellWord("it's é"), "'it'\\''s é'");
  assert.equal(shellWord("caf\udce9.raw"), "'caf'$'\\351''.raw'");
  assert.equal(shellWord("a\nb"), "'a'$'\\012''b'");
});
