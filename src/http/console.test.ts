import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { openCloud } from "../../testing/state-cloud.ts";
import { serveState } from "../../testing/state-http.ts";
import { ConsoleSite } from "../console/site.ts";

async function served(t: TestContext, isBuilt = true) {
  const folder = await mkdtemp(join(tmpdir(), "lodge-console-"));
  t.after(() => rm(folder, { recursive: true }));
  if (isBuilt) {
    await mkdir(join(folder, "assets"));
    await writeFile(join(folder, "index.html.gz"), gzipSync("the page"));
    await writeFile(join(folder, "assets/a-1.js.gz"), gzipSync("the script"));
    const files = [
      { path: "index.html", type: "text/html; charset=utf-8" },
      { path: "assets/a-1.js", type: "text/javascript; charset=utf-8" },
    ];
    await writeFile(join(folder, "files.json"), JSON.stringify({ sources: "x", files }));
  }
  const { url } = await serveState(
    t,
    await openCloud(t),
    new ConsoleSite(folder, (error) => assert.fail(String(error))),
  );
  return (path: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(url + path, { headers, redirect: "manual" });
}

/** What a browser is told of every page, whatever is on it. */
function assertGuarded({ headers }: Response) {
  assert.equal(
    headers.get("content-security-policy"),
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  );
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.equal(headers.get("referrer-policy"), "no-referrer");
  assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
}

test("a page of the console may do what the console does, and nobody may frame it", async (t) => {
  const ask = await served(t);
  for (const path of ["console", "console/", "console/servers?q=x"]) {
    const answer = await ask(path);
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), "the page");
    assert.equal(answer.headers.get("cache-control"), "no-cache");
    assertGuarded(answer);
  }
});

test("what is hashed is kept for good, comes as it was compressed, and plain to whoever takes nothing else", async (t) => {
  const ask = await served(t);
  for (const [encoding, answered] of [
    ["gzip, br", "gzip"],
    ["identity", null],
  ] as const) {
    const answer = await ask("console/assets/a-1.js", { "accept-encoding": encoding });
    assert.equal(answer.headers.get("content-encoding"), answered);
    assert.equal(answer.headers.get("cache-control"), "public, max-age=31536000, immutable");
    assert.equal(await answer.text(), "the script");
  }
  assert.equal((await ask("console/assets/gone.js")).status, 404);
});

test("a browser is led from the API's address to the console; a program is answered as before", async (t) => {
  const ask = await served(t);
  const led = await ask("", { accept: "text/html,application/xhtml+xml" });
  assert.deepEqual([led.status, led.headers.get("location")], [302, "/console/"]);
  assert.equal((await ask("")).status, 401);
  assert.equal((await ask("", { accept: "application/json" })).status, 401);
});

test("until the console is built its address says so, guarded as pages are, looks again by itself, and the API answers", async (t) => {
  const ask = await served(t, false);
  const answer = await ask("console/");
  assert.equal(answer.status, 503);
  assert.match(await answer.text(), /The console is being built/);
  assert.equal(answer.headers.get("refresh"), "3");
  assertGuarded(answer);
  assert.equal((await ask("health")).status, 200);
});
