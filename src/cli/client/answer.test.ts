import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, test } from "node:test";
import { DRIVE, type FakeCloud, type Strange, startFakeCloud } from "../../../testing/fake-cloud.ts";
import { runTool } from "../../../testing/run.ts";
import { expandPath } from "../../api/path.ts";
import { COMMANDS } from "../../commands.ts";
import { returnedBy } from "./answer.ts";

let cloud: FakeCloud;
let folder: string;
let file: string;
beforeEach(async () => {
  cloud = await startFakeCloud();
  cloud.bytes = Buffer.alloc(100, "data");
  folder = mkdtempSync(join(tmpdir(), "answer-"));
  file = join(folder, "image.raw");
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await cloud.close();
});

const run = (...words: string[]) => runTool("elastichosts", words, cloud.env);

test("a tool expects of every command what the cloud's own table says that it answers", () => {
  for (const { path, returns } of COMMANDS) {
    const returned = returns === "nothing" || returns === "bytes" ? returns : "properties";
    for (const words of expandPath(path)) {
      assert.equal(returnedBy(words), returned, path);
      assert.equal(returnedBy([`/${words.join("/")}/`]), returned, path);
    }
  }
});

const page = "<html><body>Sign in to go on</body></html>";
const html = { "Content-Type": "text/html; charset=utf-8" };
const REDIRECT: Strange = {
  status: 301,
  headers: { ...html, Location: "https://portal.example/login" },
  body: page,
};
const PORTAL: Strange = { status: 200, headers: html, body: page };
const PLAIN: Strange = { status: 200, headers: { "Content-Type": "text/plain" }, body: "name x\n" };
const EMPTY: Strange = { status: 204, headers: {}, body: "" };
const ACCEPTED: Strange = { status: 202, headers: {}, body: "" };
const PARTIAL: Strange = {
  status: 206,
  headers: { "Content-Type": "application/octet-stream" },
  body: "data".repeat(25),
};

/** What is answered, to which words of `elastichosts`, and what it says of it. */
const STRANGE: readonly [Strange, words: string, said: RegExp][] = [
  [REDIRECT, `drives ${DRIVE} destroy`, /redirects to https:\/\/portal\.example\/login \(HTTP 301\)/],
  [{ ...REDIRECT, status: 307 }, "drives list", /redirects to https:\/\/portal\.example\/login \(HTTP 307\)/],
  [{ ...REDIRECT, headers: { Location: "/x" } }, "drives list", /redirects to http:\/\/127\.0\.0\.1:\d+\/x /],
  [
    { status: 304, headers: {}, body: "" },
    "drives list",
    /answered HTTP 304 instead of HTTP 200 with properties/,
  ],
  [PORTAL, `drives ${DRIVE} destroy`, /answered HTTP 200 with text\/html instead of HTTP 204/],
  [PORTAL, `drives ${DRIVE} write`, /answered HTTP 200 with text\/html instead of HTTP 204/],
  [PORTAL, `servers ${DRIVE} stop`, /instead of HTTP 204/],
  [PORTAL, "servers list", /answered HTTP 200 with text\/html instead of HTTP 200 with properties/],
  [PORTAL, `drives ${DRIVE} read 0 100`, /with text\/html instead of HTTP 200 with bytes/],
  [PLAIN, `drives ${DRIVE} destroy`, /answered HTTP 200 with text\/plain instead of HTTP 204/],
  [PLAIN, `drives ${DRIVE} read 0 7`, /with text\/plain instead of HTTP 200 with bytes/],
  [EMPTY, "drives create", /answered HTTP 204 instead of HTTP 200 with properties/],
  [ACCEPTED, `resources ip 192.0.2.1 destroy`, /answered HTTP 202 instead of HTTP 204/],
  [PARTIAL, `drives ${DRIVE} read 0 100`, /answered HTTP 206 with application\/octet-stream instead/],
];
for (const [answer, words, said] of STRANGE) {
  test(`${words.replace(DRIVE, "DRIVE")} fails where its answer is ${answer.status}: ${said.source}`, async () => {
    cloud.fault = () => answer;
    const { code, stdout, stderr } = await run(...words.split(" "));
    assert.match(stderr, said);
    assert.match(stderr, /^elastichosts: [^\n]+: is EHURI the address of an API\?\n$/);
    assert.deepEqual([code, stdout, cloud.calls.length], [1, "", 1]);
  });
}

/** What is answered to which call of an upload or a download. */
const ASTRAY: readonly [tool: "upload" | "download", call: string, answers: readonly Strange[]][] = [
  ["upload", "/create", [REDIRECT, PORTAL, EMPTY]],
  ["upload", "/write/0", [REDIRECT, PORTAL, PLAIN]],
  ["download", "/info", [REDIRECT, PORTAL]],
  ["download", "/read/0/100", [REDIRECT, PORTAL, PARTIAL]],
];
for (const [tool, call, answers] of ASTRAY) {
  test(`elastichosts-${tool} fails where its ${call} is answered with a redirect, a page or another status`, async () => {
    writeFileSync(file, "image");
    for (const answer of answers) {
      cloud.fault = (path) => (path.endsWith(call) ? answer : null);
      const words = tool === "upload" ? [file] : [DRIVE, join(folder, "copy")];
      const { code, stderr, stdout } = await runTool(`elastichosts-${tool}`, words, cloud.env);
      assert.equal(code, 1, `${answer.status}`);
      assert.match(stderr, /is EHURI the address of an API\?/);
      assert.ok(!stdout.includes("completed"));
    }
    assert.equal(cloud.calls.filter((each) => each.endsWith(call)).length, answers.length);
  });
}

test("a page as the body of an error is left out, and what would steer the terminal, too", async () => {
  cloud.fault = () => ({ status: 502, headers: html, body: page });
  assert.equal((await run("drives", "list")).stderr, "elastichosts: HTTP 502 Bad Gateway\n");
  cloud.fault = () => ({ status: 400, type: "usage", sentence: "no\x1b[2Jsuch\r\n\tkey\x9b" });
  assert.equal((await run("drives", "list")).stderr, "elastichosts: usage: no\\u001b[2Jsuch key\\u009b\n");
});

test("an answer without end is not read to its end", async () => {
  for (const status of [200, 500]) {
    let sentBytes = 0;
    const endless = new Readable({
      read() {
        sentBytes += 65_536;
        setImmediate(() => this.push("x".repeat(65_536)));
      },
    });
    cloud.fault = () => ({
      status,
      headers: { "Content-Type": status === 200 ? "text/plain" : "" },
      body: endless,
    });
    const { code } = await runTool("elastichosts-download", [DRIVE, file], cloud.env);
    assert.equal(code, 1);
    endless.destroy();
    // What the two kernels hold comes on top.
    assert.ok(sentBytes < 64 * 2 ** 20, `${sentBytes} bytes`);
  }
});

test("two blanks behind a key, a CR and other lines do not change which drive an upload writes to", async () => {
  const properties = `name a drive  with blanks\r\ndrives 1\r\ndrive  ${DRIVE.toUpperCase()}\r\nsize 5\r\n`;
  cloud.properties = () => properties;
  writeFileSync(file, "image");
  const { code, stdout } = await runTool("elastichosts-upload", [file], cloud.env);
  assert.match(stdout, new RegExp(`^Created drive ${DRIVE} of size 5\n`));
  assert.equal(code, 0);
  assert.deepEqual(cloud.calls, ["POST /drives/create", `POST /drives/${DRIVE}/write/0`]);
});

test("an answer whose drive or size is none is not gone on with", async () => {
  writeFileSync(file, "image");
  for (const value of ["../servers/x", ""]) {
    cloud.properties = () => `drive ${value}\nsize ${value}\n`;
    const up = await runTool("elastichosts-upload", [file], cloud.env);
    assert.deepEqual([up.code, up.stdout], [1, ""]);
    assert.match(up.stderr, /the answer names no drive: is EHURI/);
    const down = await runTool("elastichosts-download", [DRIVE, join(folder, "copy")], cloud.env);
    assert.deepEqual([down.code, down.stdout], [1, ""]);
    assert.match(down.stderr, /the answer names no size: is EHURI/);
  }
});

test("a name with two blanks goes through a tool as it is, by -n and by -c", async () => {
  writeFileSync(file, "image");
  await runTool("elastichosts-upload", ["-n", " two  blanks ", file], cloud.env);
  assert.equal(cloud.last.body, "name  two  blanks \nsize 5\n");
  await runTool("elastichosts", ["-c", "drives", "create"], cloud.env, "name  two  blanks \nsize 5\n");
  assert.equal(cloud.last.body, "name  two  blanks \nsize 5\n");
});
