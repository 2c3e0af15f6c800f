/** What a download brings of a source that is honest, lies, stalls, breaks off or leads elsewhere. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { LookupAddress } from "node:dns";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { TlsOptions } from "node:tls";
import { writeCertificate } from "../../testing/certificate.ts";
import { openSourceServer, type SourceServer, sendContent } from "../../testing/source-server.ts";
import { LodgeError } from "../base/errors.ts";
import { SourceLost } from "./ask.ts";
import { type DownloadBounds, Downloader, type DownloaderOptions } from "./download.ts";
import { AddressJudge } from "./judge.ts";

const NEVER = new AbortController().signal;
const CONTENT = randomBytes(300_000);
const LOOPBACK = new AddressJudge(["127.0.0.0/8"], () => []);

type Options = Partial<DownloaderOptions> & { readonly mostBytes?: number; readonly signal?: AbortSignal };

/** What comes of a URL. */
function fetched(url: string, { mostBytes = CONTENT.length, signal = NEVER, ...options }: Options = {}) {
  const downloader = new Downloader({ judge: LOOPBACK, ...options });
  return downloader.download({ url, mostBytes, signal }, async ({ bytes, totalBytes }) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) chunks.push(chunk);
    return { content: Buffer.concat(chunks), totalBytes };
  });
}

const isUsage = (says: RegExp) => (error: unknown) =>
  error instanceof LodgeError && error.type === "usage" && says.test(error.message);
const isLost = (says: RegExp) => (error: unknown) => error instanceof SourceLost && says.test(error.message);

async function serving(t: TestContext, answer: SourceServer["answer"]): Promise<SourceServer> {
  const source = await openSourceServer(t);
  source.answer = answer;
  return source;
}

test("a content comes whole, asked for as it is", async (t) => {
  const source = await serving(t, (request, response) => sendContent(request, response, CONTENT));
  const { content, totalBytes } = await fetched(`${source.url}a?token=1`);
  assert.ok(content.equals(CONTENT));
  assert.equal(totalBytes, CONTENT.length);
  assert.equal(source.asked[0]?.url, "/a?token=1");
  assert.equal(source.asked[0]?.headers["accept-encoding"], "identity");
});

test("one whose length is not said comes whole, too", async (t) => {
  const source = await serving(t, (_, response) => {
    response.write(CONTENT.subarray(0, 1000));
    response.end(CONTENT.subarray(1000));
  });
  const { content, totalBytes } = await fetched(source.url);
  assert.ok(content.equals(CONTENT));
  assert.equal(totalBytes, null);
});

test("a length beyond the bound is full before a byte is taken", async (t) => {
  const source = await serving(t, (request, response) => sendContent(request, response, CONTENT));
  await assert.rejects(fetched(source.url, { mostBytes: 299_999 }), {
    type: "full",
    message: "the content has 300000 bytes, and the drive 299999",
  });
});

for (const status of [301, 302, 303, 307, 308]) {
  test(`a redirect with ${status} is followed`, async (t) => {
    const source = await serving(t, (request, response) => {
      if (request.url === "/b") sendContent(request, response, CONTENT);
      else response.writeHead(status, { location: "/b" }).end();
    });
    assert.ok((await fetched(`${source.url}a`)).content.equals(CONTENT));
  });
}

const REDIRECTED: readonly (readonly [what: string, location: string, says: RegExp])[] = [
  ["an address that is not fetched from", "http://10.0.0.1/", /^http:\/\/10\.0\.0\.1 has no address that is/],
  ["this machine in another spelling", "http://0x7f.1/", /^http:\/\/127\.0\.0\.1 has no address that is/],
  ["a cloud's metadata", "http://169.254.169.254/latest", /^http:\/\/169\.254\.169\.254 has no address/],
  ["this machine by IPv6", "http://[::1]/", /^http:\/\/\[::1\] has no address/],
  [
    "this machine mapped into IPv6",
    "http://[::ffff:127.0.0.1]/",
    /^http:\/\/\[::ffff:7f00:1\] has no address/,
  ],
  ["a file", "file:///etc/passwd", /leads to what is not fetched/],
  ["another kind of server", "ftp://127.0.0.1/", /leads to what is not fetched/],
  ["credentials", "http://ann:secret@127.0.0.1/", /leads to what is not fetched/],
  ["nothing", "http://", /leads to what is not fetched/],
];
for (const [what, location, says] of REDIRECTED) {
  test(`a redirect to ${what} is not followed`, async (t) => {
    const source = await serving(t, (_, response) => response.writeHead(302, { location }).end());
    // Of this machine the source's own address alone is fetched from.
    const judge = {
      allows: (address: string, port: number) => address === "127.0.0.1" && port === source.port,
    };
    await assert.rejects(fetched(source.url, { judge }), isUsage(says));
  });
}

test("redirects are followed five times", async (t) => {
  let left = 5;
  const source = await serving(t, (request, response) => {
    if (left-- > 0) response.writeHead(302, { location: "/on" }).end();
    else sendContent(request, response, CONTENT);
  });
  assert.ok((await fetched(source.url)).content.equals(CONTENT));
  left = 6;
  await assert.rejects(fetched(source.url), isUsage(/leads on more than 5 times/));
});

/** A resolver whose answers are these, one after another. */
function resolver(...answers: readonly (readonly string[])[]) {
  const asked: string[] = [];
  const find = async (hostname: string): Promise<readonly LookupAddress[]> => {
    const answer = answers[asked.length] ?? assert.fail("it was looked up too often");
    asked.push(hostname);
    return answer.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
  return { find, asked };
}

test("a name that means another address a moment later is connected to where it was judged", async (t) => {
  const good = await openSourceServer(t, { host: "127.0.0.2" });
  const bad = await openSourceServer(t, { host: "127.0.0.1", port: good.port });
  good.answer = (request, response) => sendContent(request, response, CONTENT);
  const judge = new AddressJudge(["127.0.0.2"], () => []);
  const { find, asked } = resolver(["127.0.0.2"], ["127.0.0.1"]);
  const url = `http://rebinding.example:${good.port}/`;
  assert.ok((await fetched(url, { judge, find })).content.equals(CONTENT));
  assert.deepEqual([asked.length, bad.asked.length], [1, 0]);
  assert.equal(good.asked[0]?.headers.host, `rebinding.example:${good.port}`);
  await assert.rejects(fetched(url, { judge, find }), isUsage(/has no address that is fetched from/));
  assert.equal(bad.asked.length, 0);
});

test("a redirect to the same name is looked up and judged anew", async (t) => {
  const good = await openSourceServer(t, { host: "127.0.0.2" });
  const bad = await openSourceServer(t, { host: "127.0.0.1", port: good.port });
  good.answer = (_, response) => void response.writeHead(302, { location: "/again" }).end();
  const judge = new AddressJudge(["127.0.0.2"], () => []);
  const { find, asked } = resolver(["127.0.0.2"], ["127.0.0.1", "::1", "169.254.169.254"]);
  const url = `http://rebinding.example:${good.port}/`;
  await assert.rejects(fetched(url, { judge, find }), isUsage(/has no address that is fetched from/));
  assert.deepEqual([asked.length, good.asked.length, bad.asked.length], [2, 1, 0]);
});

test("of several addresses of a name those alone are connected to that may be", async (t) => {
  const good = await openSourceServer(t, { host: "127.0.0.2" });
  const bad = await openSourceServer(t, { host: "127.0.0.1", port: good.port });
  good.answer = (request, response) => sendContent(request, response, CONTENT);
  const judge = new AddressJudge(["127.0.0.2"], () => []);
  const { find } = resolver(["127.0.0.1", "::1", "127.0.0.2"]);
  const url = `http://several.example:${good.port}/`;
  assert.ok((await fetched(url, { judge, find })).content.equals(CONTENT));
  assert.equal(bad.asked.length, 0);
});

test("a name that is not there is told in the same words as one that may not be fetched from", async () => {
  const find = async () => {
    throw Object.assign(new Error("queryA ENOTFOUND db.internal"), { code: "ENOTFOUND" });
  };
  const says = isUsage(/^http:\/\/db\.internal has no address that is fetched from$/);
  await assert.rejects(fetched("http://db.internal/", { find }), says);
  await assert.rejects(fetched("http://db.internal/", resolver(["10.0.0.1"])), says);
});

for (const url of [
  "http://ann:secret@127.0.0.1/",
  "ftp://127.0.0.1/",
  "127.0.0.1",
  "",
  `http://a/${"b".repeat(2048)}`,
]) {
  test(`"${url.slice(0, 40)}" is not fetched`, async () => {
    await assert.rejects(fetched(url), isUsage(/a URL of http or https without credentials/));
  });
}

test("over TLS the name is asked for, and a certificate that nobody vouches for is not taken", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "lodge-test-"));
  t.after(() => rm(folder, { recursive: true }));
  const files = writeCertificate(folder, ["DNS:mirror.example"]);
  const [cert, key] = [await readFile(files.cert), await readFile(files.key)];
  const asked: string[] = [];
  const SNICallback: TlsOptions["SNICallback"] = (name, done) => {
    asked.push(name);
    done(null);
  };
  const server = createServer({ cert, key, SNICallback }, () => {
    assert.fail("it was asked for something");
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const downloading = fetched(`https://mirror.example:${port}/`, resolver(["127.0.0.1"]));
  await assert.rejects(
    downloading,
    isLost(/^https:\/\/mirror\.example:\d+ cannot be read: [A-Z_]*(SELF_SIGNED|VERIFY)[A-Z_]*$/),
  );
  assert.deepEqual(asked, ["mirror.example"]);
});

/** Breaks off the first answers after so many bytes. */
const breaking =
  (times: number, most: number, etag: string | null = '"one"') =>
  (request: IncomingMessage, response: ServerResponse) =>
    sendContent(request, response, CONTENT, times-- > 0 ? { etag, most } : { etag });

test("what breaks off goes on where it was, from a source that says that it is the same still", async (t) => {
  const source = await serving(t, breaking(3, 70_000));
  assert.ok((await fetched(source.url)).content.equals(CONTENT));
  assert.equal(source.asked.length, 4);
  assert.equal(source.asked[1]?.headers["if-range"], '"one"');
  assert.match(source.asked[1]?.headers.range ?? "", /^bytes=\d+-$/);
});

test("what breaks off ends at a source that cannot go on: it may be had another time", async (t) => {
  const source = await serving(t, breaking(1, 70_000, null));
  await assert.rejects(fetched(source.url), isLost(/the connection was lost$/));
  assert.equal(source.asked.length, 1);
});

test("what became another content meanwhile is not gone on with", async (t) => {
  let etag = '"one"';
  const source = await serving(t, (request, response) => {
    sendContent(request, response, CONTENT, { etag, most: 70_000 });
    etag = '"two"';
  });
  await assert.rejects(fetched(source.url), isLost(/broke off, and does not go on where it did/));
});

test("a rest that begins elsewhere than it was asked for is not taken", async (t) => {
  const source = await serving(t, (request, response) => {
    if (request.headers.range === undefined) sendContent(request, response, CONTENT, { most: 70_000 });
    else response.writeHead(206, { "content-range": "bytes 0-299999/300000", etag: '"one"' }).end(CONTENT);
  });
  await assert.rejects(fetched(source.url), isLost(/does not go on where it did/));
});

test("a source that breaks off for ever is asked eleven times", async (t) => {
  const source = await serving(t, breaking(1000, 100));
  await assert.rejects(fetched(source.url), isLost(/the connection was lost$/));
  assert.equal(source.asked.length, 11);
});

for (const [status, passes] of [
  [204, false],
  [206, false],
  [401, false],
  [404, false],
  [429, true],
  [500, true],
  [503, true],
] as const) {
  test(`an answer of ${status} ${passes ? "may be another the next time" : "is final"}`, async (t) => {
    const source = await serving(t, (_, response) => response.writeHead(status).end());
    const says = new RegExp(`answers ${status}$`);
    await assert.rejects(fetched(`${source.url}x?secret`), passes ? isLost(says) : isUsage(says));
  });
}

test("a content that comes encoded is not taken", async (t) => {
  const source = await serving(t, (_, response) =>
    response.writeHead(200, { "content-encoding": "gzip", "content-length": 3 }).end("abc"),
  );
  await assert.rejects(fetched(source.url), isUsage(/sends the content encoded/));
});

test("what is not HTTP is told as such, and nothing of it", async (t) => {
  const source = await serving(t, (_, response) => {
    response.socket?.write("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  });
  await assert.rejects(fetched(source.url), isLost(/cannot be read: it does not answer in HTTP$/));
});

test("more headers than it may send end it", async (t) => {
  const source = await serving(t, (_, response) => {
    response.socket?.write(`HTTP/1.1 200 OK\r\n${`x: ${"y".repeat(1000)}\r\n`.repeat(40)}\r\n`);
  });
  await assert.rejects(fetched(source.url), isLost(/does not answer in HTTP$/));
});

const bounds = (some: Partial<DownloadBounds>) => ({ bounds: some });

test("a source that takes the connection and says nothing is given up at a deadline", async (t) => {
  const source = await serving(t, () => {});
  await assert.rejects(fetched(source.url, bounds({ answerMs: 50 })), isLost(/the answer of http.* 50 ms/));
});

test("preliminary answers without end are given up at the same deadline", async (t) => {
  const source = await serving(t, (_, response) => {
    const more = () =>
      !response.destroyed && response.socket?.write("HTTP/1.1 103 Early\r\n\r\n", () => setTimeout(more, 5));
    more();
  });
  await assert.rejects(fetched(source.url, bounds({ answerMs: 100 })), isLost(/the answer of http.* 100 ms/));
});

test("a source that stalls is gone on with, and ends where it comes too slowly", async (t) => {
  const source = await serving(t, (request, response) => {
    const start = Number(/\d+/.exec(request.headers.range ?? "0")?.[0]);
    response.writeHead(start === 0 ? 200 : 206, {
      ...{ "content-length": 300_000 - start, etag: '"one"' },
      ...(start === 0 ? {} : { "content-range": `bytes ${start}-299999/300000` }),
    });
    response.write(CONTENT.subarray(start, start + 10));
  });
  const slow = bounds({ idleMs: 40, floorMs: 150, floorBytesPerSecond: 1e6 });
  await assert.rejects(fetched(source.url, slow), isUsage(/sends less than 1000000 bytes a second/));
  assert.ok(source.asked.length > 1);
});

test("a source that sends a byte now and then ends as too slow", async (t) => {
  const source = await serving(t, (_, response) => {
    response.writeHead(200, { "content-length": 300_000, etag: '"one"' });
    const more = () => !response.destroyed && response.write("x", () => setTimeout(more, 10));
    more();
  });
  const slow = bounds({ floorMs: 100, floorBytesPerSecond: 100_000 });
  await assert.rejects(fetched(source.url, slow), isUsage(/sends less than 100000 bytes a second/));
});

test("whoever takes it slowly is no source that sends it slowly", async (t) => {
  const source = await serving(t, (request, response) => sendContent(request, response, CONTENT));
  const downloader = new Downloader({ judge: LOOPBACK, bounds: { floorMs: 20, floorBytesPerSecond: 1e5 } });
  const order = { url: source.url, mostBytes: CONTENT.length, signal: NEVER };
  const bytes = await downloader.download(order, async (content) => {
    let sum = 0;
    for await (const chunk of content.bytes) {
      sum += chunk.length;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    return sum;
  });
  assert.equal(bytes, CONTENT.length);
});

test("all of it has a deadline", async (t) => {
  const source = await serving(t, (_, response) => {
    response.writeHead(200, { "content-length": 300_000 }).write("x");
  });
  await assert.rejects(fetched(source.url, bounds({ wholeMs: 100 })), isUsage(/took longer than/));
});

test("it ends at once when it is no longer wanted, with the reason why", async (t) => {
  const source = await serving(t, (_, response) => {
    response.writeHead(200, { "content-length": 300_000 }).write("x");
  });
  const ending = new AbortController();
  const downloading = fetched(source.url, { signal: ending.signal });
  setTimeout(() => ending.abort(new Error("it was destroyed")), 20);
  await assert.rejects(downloading, /it was destroyed/);
});

test("an error tells no more of a URL than its origin", async (t) => {
  const source = await serving(t, (_, response) =>
    response.writeHead(302, { location: "/b?token=SECRET" }).end(),
  );
  const url = `${source.url}a/SECRET?token=SECRET#SECRET`;
  await assert.rejects(fetched(url), ({ message }: Error) => !message.includes("SECRET"));
  source.answer = (_, response) => response.destroy();
  await assert.rejects(fetched(url), ({ message }: Error) => !message.includes("SECRET"));
});
