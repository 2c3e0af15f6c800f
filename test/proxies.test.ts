/** A cloud behind the reverse proxies that `docs/operating.md` has configurations for, with those very configurations. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { carryImage } from "../testing/clients/image-carried.ts";
import { type Cloud, openCloud } from "../testing/cloud.ts";
import { type ReverseProxy, startReverseProxy } from "../testing/reverse-proxies.ts";
import { runToEnd } from "../testing/run.ts";
import { shareOf } from "../testing/share.ts";

const CHUNK_BYTES = 4 * 2 ** 20;
const NOBODY = "00000000-0000-4000-8000-000000000000";

for (const kind of shareOf(["nginx", "Caddy"] as const, 2)) {
  describe(`a cloud behind ${kind}`, { timeout: 300_000 }, () => {
    let folder: string;
    let cloud: Cloud;
    let proxy: ReverseProxy;
    /** Runs curl, whose standard output is the headers, an empty line and the body. */
    const curl = async (path: string, ...words: string[]) => {
      const { code, stdout, stderr } = await runToEnd([
        ...["curl", "--silent", "--show-error", "--http1.1", "--include", "--noproxy", "*"],
        ...["--cacert", proxy.cert, "--user", cloud.auth, ...words, `${proxy.url}${path}`],
      ]);
      assert.equal(code, 0, stderr);
      return stdout;
    };
    const makeDrive = async () =>
      (await cloud.make("drives/create", { name: "d", size: CHUNK_BYTES })).get("drive") ?? "";

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "lodge-proxied-"));
      cloud = await openCloud({ LODGE_TRUST_PROXY: "127.0.0.1" });
      proxy = await startReverseProxy(kind, cloud.url);
    });
    after(async () => {
      await proxy?.close();
      await cloud?.close();
      await rm(folder, { recursive: true });
    });

    test("the tools carry an image there and back, in chunks of 4 MiB that do not shrink", async () => {
      const env = { EHURI: proxy.url, EHAUTH: cloud.auth, NODE_EXTRA_CA_CERTS: proxy.cert };
      await carryImage(folder, 3 * CHUNK_BYTES, env);
    });

    test("a write of 4 MiB that expects 100 Continue is acknowledged", async () => {
      const [drive, bytes, file] = [await makeDrive(), randomBytes(CHUNK_BYTES), join(folder, "chunk")];
      await writeFile(file, bytes);
      const type = "Content-Type: application/octet-stream";
      const answer = await curl(
        `drives/${drive}/write/0`,
        ...["--header", "Expect: 100-continue", "--header", type, "--data-binary", `@${file}`],
      );
      assert.match(answer, /^HTTP\/1\.1 100 .*\r\n\r\nHTTP\/1\.1 204 /s);
      assert.ok((await cloud.ask(`drives/${drive}/read/0/${CHUNK_BYTES}`)).bytes.equals(bytes));
    });

    test("a write that is refused before its body has come is told so", async () => {
      const file = join(folder, "refused");
      await writeFile(file, randomBytes(CHUNK_BYTES));
      const words = ["--header", "Content-Type: application/octet-stream", "--header", "Expect:"];
      const answer = await curl(`drives/${NOBODY}/write/0`, ...words, "--data-binary", `@${file}`);
      assert.match(answer, /^HTTP\/1\.1 404 .*\r\n\r\nthere is no drive/s);
    });

    test("a read that its caller breaks off is gone on with", async () => {
      const [drive, bytes] = [await makeDrive(), randomBytes(CHUNK_BYTES)];
      const headers = { "content-type": "application/octet-stream" };
      assert.equal((await cloud.ask(`drives/${drive}/write/0`, { body: bytes, headers })).status, 204);
      const url = new URL(`drives/${drive}/read/0/${CHUNK_BYTES}`, proxy.url);
      const asked = request(url, { ca: await readFile(proxy.cert), auth: cloud.auth, agent: false });
      asked.on("error", () => {}).end();
      const [answer] = await once(asked, "response");
      const [first] = (await once(answer, "data")) as [Buffer];
      asked.destroy();
      const rest = `drives/${drive}/read/${first.length}/${CHUNK_BYTES - first.length}`;
      const file = join(folder, "rest");
      const { code } = await runToEnd([
        ...["curl", "--silent", "--noproxy", "*", "--cacert", proxy.cert, "--user", cloud.auth],
        ...["--output", file, `${proxy.url}${rest}`],
      ]);
      assert.equal(code, 0);
      assert.ok(Buffer.concat([first, await readFile(file)]).equals(bytes));
    });

    test("an error has its status, its headers and its sentence", async () => {
      const answer = await curl(`drives/${NOBODY}/info`, "--header", "X-Request-Id: mine");
      assert.match(answer, /^HTTP\/1\.1 404 /);
      for (const [name, value] of [
        ["x-elastic-error", "missing"],
        ["x-lodge-error", "no_such_drive"],
        ["x-request-id", "mine"],
      ]) {
        assert.match(answer, new RegExp(`^${name}: ${value}\r$`, "im"));
      }
      assert.match(answer, /\r\n\r\n.*there is no drive/s);
    });

    test("HEAD is answered with headers alone", async () => {
      const answer = await curl("drives/list", "--head");
      assert.match(answer, /^HTTP\/1\.1 200 /);
      assert.match(answer, /^x-elastic-output: list\r$/im);
      assert.ok(answer.endsWith("\r\n\r\n"));
    });

    test("a login that fails is told with the caller's address, whatever they say it is", async () => {
      const forged = ["--header", "X-Forwarded-For: 203.0.113.9"];
      const answer = await curl(
        "drives/list",
        "--interface",
        "127.0.0.9",
        "--user",
        `${NOBODY}:no`,
        ...forged,
      );
      assert.match(answer, /^HTTP\/1\.1 401 /);
      const line = cloud.logged.split("\n").find((each) => each.includes("login failed")) ?? "{}";
      const { address, account } = JSON.parse(line) as Record<string, string>;
      assert.deepEqual([address, account], ["127.0.0.9", NOBODY]);
    });
  });
}
