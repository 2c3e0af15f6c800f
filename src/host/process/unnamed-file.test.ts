import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readlink } from "node:fs/promises";
import { test } from "node:test";
import { confine } from "./process.ts";
import { unnamedFile } from "./unnamed-file.ts";

const uid = process.getuid?.() === 0 ? 61_000 : null;

test("a process under the uid reads by its descriptor what has no name and is nobody else's", async () => {
  const file = await unnamedFile("a secret", uid);
  try {
    assert.match(await readlink(`/proc/self/fd/${file.fd}`), / \(deleted\)$/);
    const { mode, nlink } = await file.stat();
    assert.equal(mode & 0o777, 0o600);
    assert.equal(nlink, 0);
    const [command = "", ...words] = confine({ uid, netns: null }, ["cat", "/dev/fd/3"]);
    const child = spawn(command, words, { stdio: ["ignore", "pipe", "inherit", file.fd] });
    const [said] = (await once(child.stdout ?? child, "data")) as [Buffer];
    assert.equal(said.toString(), "a secret");
    await once(child, "close");
  } finally {
    await file.close();
  }
});
