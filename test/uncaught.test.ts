/** A daemon within which things are thrown that nobody catches. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openCloud } from "../testing/cloud.ts";

/** From the moment on that the daemon minds it, a callback throws and a promise fails, again and again. */
const THROWING = `
setInterval(() => {
  if (process.listenerCount("uncaughtException") === 0) return;
  Promise.reject(new Error("a planted rejection"));
  throw new Error("a planted exception");
}, 10).unref();`;

test("a daemon starts and serves while exceptions are thrown that nobody catches, and says so", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "lodge-throwing-"));
  t.after(() => rm(dir, { recursive: true }));
  const file = join(dir, "throwing.mjs");
  await writeFile(file, THROWING);
  const cloud = await openCloud({ NODE_OPTIONS: `--import=${file}` });
  t.after(() => cloud.close());
  const made = await cloud.ask("drives/create", { method: "POST", body: "name d\nsize 1M\n" });
  assert.equal(made.status, 200, made.text);
  assert.equal((await cloud.ask("drives/list")).status, 200);
  await cloud.stop();
  await cloud.start();
  assert.equal((await cloud.ask("drives/list")).status, 200);
  const lines = cloud.logged.split("\n").filter((line) => line.includes("nobody caught this"));
  assert(lines.length >= 30 && lines.length < 60, `${lines.length} lines`);
  for (const what of ["a planted exception", "a planted rejection"]) {
    assert(lines.some((line) => line.includes(what)));
  }
});
