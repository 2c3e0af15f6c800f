import assert from "node:assert/strict";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { ConsoleSite } from "./site.ts";

async function folderOf(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "lodge-console-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

/** Puts a build in place as its maker does. */
async function place(folder: string, files: Readonly<Record<string, string>>, listed = Object.keys(files)) {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, `${path}.gz`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, gzipSync(text));
  }
  const list = { sources: "x", files: listed.map((path) => ({ path, type: "text/plain" })) };
  await writeFile(join(folder, "files.json.new"), JSON.stringify(list));
  await rename(join(folder, "files.json.new"), join(folder, "files.json"));
}

function siteOf(folder: string) {
  const troubles: unknown[] = [];
  return { site: new ConsoleSite(folder, (error) => troubles.push(error)), troubles };
}

const textOf = (found: Awaited<ReturnType<ConsoleSite["find"]>>) =>
  found === null || found === "unbuilt" ? found : Buffer.from(found.plain).toString();

test("what is listed is found, any page's path is the page, and what is hashed and not there is nothing", async (t) => {
  const folder = await folderOf(t);
  await place(folder, { "index.html": "page", "assets/a-1.js": "script" });
  await writeFile(join(folder, "secret.gz"), gzipSync("secret"));
  const { site, troubles } = siteOf(folder);
  for (const [path, text] of [
    ["", "page"],
    ["index.html", "page"],
    ["servers/1/devices", "page"],
    ["assets/a-1.js", "script"],
    ["assets/a-2.js", null],
    ["secret", "page"],
    ["../secret", "page"],
    ["assets/../../secret", null],
  ] as const) {
    assert.equal(textOf(await site.find(path)), text, path);
  }
  assert.deepEqual(troubles, []);
});

test("until it is built there is none; a build that is none is told, and nothing of it is served", async (t) => {
  const folder = await folderOf(t);
  assert.equal(await siteOf(folder).site.find(""), "unbuilt");
  for (const path of ["../up", "/etc/passwd", ".hidden", "a//b"]) {
    await place(folder, { "index.html": "page" }, ["index.html", path]);
    const { site, troubles } = siteOf(folder);
    assert.equal(await site.find(""), "unbuilt", path);
    assert.equal(troubles.length, 1, path);
  }
});

test("a build that inflates to more than a console may be is none", async (t) => {
  const folder = await folderOf(t);
  await place(folder, { "index.html": "0".repeat(17 * 1024 * 1024) });
  const { site, troubles } = siteOf(folder);
  assert.equal(await site.find(""), "unbuilt");
  assert.equal(troubles.length, 1);
});
