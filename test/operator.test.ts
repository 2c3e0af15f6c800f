/** The operator's words to a daemon that runs, as they type them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openCloud } from "../testing/cloud.ts";

test("lodge status tells of a daemon that runs, and lodge adopt and forget refuse what the store knows", async (t) => {
  const cloud = await openCloud();
  t.after(() => cloud.close());
  const lodge = (...words: string[]) => cloud.tool("lodge", [...words, "--home", cloud.home]);
  const server = (await cloud.make("servers/create", { name: "s", cpu: 200, mem: 32 })).get("server") ?? "";
  const status = await lodge("status");
  assert.equal(status.code, 0, status.stderr);
  assert.match(status.stdout, /^ *local +answers: 1 server, 0 drives$/m);
  assert.match(status.stdout, /^Nothing is late, and nothing is there unknown\.$/m);
  for (const word of ["adopt", "forget"]) {
    const { code, stderr } = await lodge(word, server);
    assert.equal(code, 1);
    assert.match(stderr, /^lodge: no host has a server or drive .* that the store does not know$/m);
  }
  assert.equal((await cloud.info(`servers/${server}/info`)).get("status"), "active");
  await cloud.stop();
  const { code, stderr } = await lodge("status");
  assert.deepEqual([code, stderr], [1, "lodge: Lodge is not running with this home\n"]);
});
