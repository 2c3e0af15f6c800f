import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { DRIVE, type FakeCloud, startFakeCloud, USER } from "../../../testing/fake-cloud.ts";
import { runTool } from "../../../testing/run.ts";
import { onTerminal } from "../../../testing/terminal.ts";

let cloud: FakeCloud;
let folder: string;
beforeEach(async () => {
  cloud = await startFakeCloud();
  folder = mkdtempSync(join(tmpdir(), "elastichosts-"));
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await cloud.close();
});

const run = (args: readonly string[], input?: string, env: NodeJS.ProcessEnv = cloud.env) =>
  runTool("elastichosts", args, env, input);

test("the words are the URL, every call is a POST, and the answer is printed as it came", async () => {
  const { stdout, stderr, code } = await run(["drives", DRIVE, "info"]);
  assert.deepEqual([stdout, stderr, code], [`drive ${DRIVE}\nname TestDrive\nsize 0\n`, "", 0]);
  assert.deepEqual(cloud.calls, [`POST /drives/${DRIVE}/info`]);
  assert.equal(cloud.last.headers["content-type"], "application/x-www-form-urlencoded");
  assert.equal(cloud.last.headers["content-length"], "0");
});

test("EHURI may lack its trailing slash and may have a path of its own", async () => {
  const EHURI = `${cloud.env.EHURI}region`;
  await run(["drives", "list"], "", { ...cloud.env, EHURI });
  await run(["/drives/list"], "", { ...cloud.env, EHURI: `${EHURI}/` });
  assert.deepEqual(cloud.calls, ["POST /region/drives/list", "POST /region/drives/list"]);
});

test("-c sends standard input as it is", async () => {
  const { code } = await run(["-c", "drives", "create"], "name TestDrive\nsize 10000000\n");
  assert.equal(code, 0);
  assert.equal(cloud.last.body, "name TestDrive\nsize 10000000\n");
  assert.equal(cloud.last.headers["content-type"], "application/octet-stream");
  assert.equal(cloud.bytes.length, 10_000_000);
});

test("-f sends a file with its length, not chunked", async () => {
  const file = join(folder, "image.raw");
  const image = Buffer.alloc(3_000_001, "lodge");
  writeFileSync(file, image);
  cloud.bytes = Buffer.alloc(image.length);
  const { code, stdout } = await run(["-f", file, "drives", DRIVE, "write"]);
  assert.deepEqual([code, stdout], [0, ""]);
  assert.ok(cloud.bytes.equals(image));
});

test("-j asks for JSON and says that JSON is sent", async () => {
  await run(["-j", "-c", "servers", "create"], '{"name":"TestServer"}');
  assert.equal(cloud.last.headers["content-type"], "application/json");
  assert.equal(cloud.last.headers.accept, "application/json");
});

test("-v shows what goes over the wire, without the secret", async () => {
  const { stderr } = await run(["-v", "drives", "list"]);
  assert.match(stderr, /^> POST \/drives\/list HTTP\/1\.1\n> Host: 127\.0\.0\.1:\d+\n/);
  assert.match(stderr, /^< HTTP\/1\.1 200 OK$/m);
  assert.ok(!stderr.includes("secret") && !stderr.includes(Buffer.from(cloud.env.EHAUTH).toString("base64")));
});

test("an error is one line with its type and its sentence", async () => {
  cloud.fault = () => ({ status: 404, type: "missing", sentence: "There is no such drive" });
  const { stdout, stderr, code } = await run(["drives", DRIVE, "info"]);
  assert.deepEqual([stdout, stderr, code], ["", "elastichosts: missing: There is no such drive\n", 1]);
});

test("an answer that breaks off, and a cloud that is not there, are failures", async () => {
  cloud.fault = () => "cut";
  assert.equal((await run(["drives", "list"])).code, 1);
  await cloud.close();
  const { stderr, code } = await run(["drives", "list"]);
  assert.match(
    stderr,
    /^elastichosts: cannot reach http:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED [^\n]*\n$/,
  );
  assert.equal(code, 1);
});

test("a wrong call is told in one line and ends with status 2", async () => {
  const calls: [args: string[], env: NodeJS.ProcessEnv, said: RegExp][] = [
    [[], cloud.env, /no command was given/],
    [["-x", "drives", "list"], cloud.env, /-x/],
    [["-c", "-f", "file", "drives", "create"], cloud.env, /exclude each other/],
    [["drives", "list"], { EHAUTH: "user:secret" }, /EHURI is not set/],
    [["drives", "list"], { EHURI: cloud.env.EHURI }, /EHAUTH is not set/],
    [["drives", "list"], { ...cloud.env, EHURI: "example.org" }, /begins with http/],
  ];
  for (const [args, env, said] of calls) {
    const { stderr, code } = await run(args, "", env);
    assert.match(stderr, said);
    assert.match(stderr, /^elastichosts: [^\n]+\n$/);
    assert.equal(code, 2);
  }
  assert.deepEqual(cloud.calls, []);
});

test("--help tells every option", async () => {
  const { stdout, code } = await run(["--help"], "", {});
  for (const option of ["-c", "-f FILE", "-j", "-v", "EHURI", "EHAUTH"])
    assert.ok(stdout.includes(option), option);
  assert.equal(code, 0);
});

const hasScript = (() => {
  try {
    return execFileSync("script", ["--version"]).length > 0;
  } catch {
    return false;
  }
})();

test("a missing secret is asked for on the terminal without echo", { skip: !hasScript }, async () => {
  const tool = join(import.meta.dirname, "elastichosts.ts");
  const env = { ...process.env, ...cloud.env, EHAUTH: USER };
  const [program, ...words] = onTerminal(`'${process.execPath}' '${tool}' drives list`);
  const child = spawn(program, words, { env, stdio: ["pipe", "pipe", "inherit"] });
  let screen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (!screen.includes("Secret API key") && (screen + text).includes("Secret API key")) {
      child.stdin.write("secrex\x7ft\r");
    }
    screen += text;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  assert.equal(code, 0);
  assert.ok(screen.startsWith(`Secret API key of ${USER}: \r\n`), JSON.stringify(screen));
  assert.ok(screen.includes(`drive ${DRIVE}`));
});

test("a missing secret without a terminal is a clear error", async () => {
  const tool = join(import.meta.dirname, "elastichosts.ts");
  const env = { ...process.env, ...cloud.env, EHAUTH: USER };
  // A session of its own has no terminal, whatever the tests run in.
  const child = spawn(process.execPath, [tool, "drives", "list"], { env, detached: true });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  assert.match(said, /^elastichosts: EHAUTH holds no secret API key and there is no terminal[^\n]*\n$/);
  assert.equal(code, 2);
});
