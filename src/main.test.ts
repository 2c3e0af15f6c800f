import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runToEnd } from "../testing/run.ts";

/** Has a program tell the modules that it loaded, those of packages by their URLs and those of Node by `node:` alike. */
const TELL = `data:text/javascript,${encodeURIComponent(`
import { registerHooks } from "node:module";
const urls = [];
registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });
process.on("exit", () => console.error(JSON.stringify([...urls, ...process.moduleLoadList])));
`)}`;

/** What a start loads before it knows its settings. */
async function loaded(): Promise<readonly string[]> {
  const main = join(import.meta.dirname, "main.ts");
  const { code, stderr } = await runToEnd([process.execPath, "--import", TELL, main, "--help"]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stderr) as string[];
}

test("a daemon has nothing in memory that only other settings need, and nothing of Node's WebSockets", async () => {
  const all = await loaded();
  const some = (part: string) => all.filter((each) => each.includes(part));
  for (const used of ["/node_modules/better-sqlite3/", "/http/server.ts", "NativeModule _http_server"])
    assert.notDeepEqual(some(used), [], used);
  for (const unused of [
    "/node_modules/postgres/",
    "/node_modules/prom-client/",
    "internal/deps/undici/undici",
  ])
    assert.deepEqual(some(unused), [], unused);
});
