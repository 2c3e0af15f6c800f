/** What a connection may bring to the API: requests of every command, nearly right ones, and what is no HTTP (RFC 9112). */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { COMMANDS } from "../../src/commands.ts";
import { part } from "./part.ts";
import { keyNames, often, rarely, words } from "./words.ts";

/** What stands in a path for a name in capitals: an object that is there, or not, or anything. */
const place = (objects: readonly string[]) =>
  fc.oneof(
    { weight: 14, arbitrary: fc.constantFrom(...objects, "0", "1000", "4194304") },
    { weight: 1, arbitrary: words.map(encodeURIComponentSafely) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "%00",
        "%0a",
        "%",
        "%zz",
        "..",
        "%2e%2e",
        "%ff",
        "a".repeat(5_000),
        ";",
        "?",
        "#",
      ),
    },
  );

function encodeURIComponentSafely(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

const targets = (objects: readonly string[]) => {
  // A stream has no end that could be waited for.
  const ended = COMMANDS.filter(({ returns }) => returns !== "events");
  const paths = ended.map(({ path }) => path.replace(/[[\]]/g, ""));
  const ofCommand = fc
    .tuple(fc.constantFrom(...paths), fc.array(place(objects), { minLength: 4, maxLength: 4 }))
    .map(([path, places]) => `/${path.replace(/\b[A-Z]{2,}\b/g, () => places.pop() ?? "")}`);
  const strange = fc.oneof(
    fc.constantFrom(
      "/",
      "*",
      "//",
      "/health",
      "/openapi.json",
      "http://h/drives/list",
      "h:80",
      "/../..",
      "/a".repeat(3_000),
      "",
    ),
    words,
  );
  return often(
    fc
      .tuple(
        ofCommand,
        often(
          fc.constant(""),
          words.map((text) => `?${encodeURIComponentSafely(text)}`),
        ),
      )
      .map(([path, query]) => path + query),
    strange,
    12,
  );
};

const token = fc.constantFrom(
  "GET",
  "POST",
  "HEAD",
  "PUT",
  "DELETE",
  "OPTIONS",
  "CONNECT",
  "TRACE",
  "PATCH",
  "get",
  "PRI",
  "M-SEARCH",
  "G\0T",
  "",
);
const header = (authorization: string) =>
  fc.oneof(
    {
      weight: 20,
      arbitrary: fc.constantFrom(
        "Accept: text/plain",
        "Accept: application/json",
        "Accept: */*;q=0, text/*",
        "Content-Type: application/json",
        "Content-Type: text/plain",
        "Content-Type: application/octet-stream",
        "Connection: close",
        "Connection: keep-alive",
        "Content-Encoding: gzip",
        "Expect: 100-continue",
        "Expect: nothing",
        "X-Request-Id: r",
        "Idempotency-Key: k",
        "Upgrade: h2c",
        "Range: bytes=0-1",
      ),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          fc.constantFrom(
            "Accept",
            "Content-Type",
            "X-Request-Id",
            "Idempotency-Key",
            "Authorization",
            "Host",
            "Content-Encoding",
            "X-A",
            "Transfer-Encoding",
            "Content-Length",
            "Expect",
            "A B",
            "",
            "\tX",
          ),
          words,
        )
        .map(([name, value]) => `${name}: ${value}`),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        `Authorization: ${authorization}`,
        "Authorization: Basic",
        "Authorization: Basic !!!!",
        "Authorization: Bearer x",
        "Authorization: Basic Og==",
      ),
    },
  );

/** What a command takes, so that it is begun. */
const SENSIBLE: readonly (readonly [key: string, value: string])[] = [
  ...([
    ["name", "n"],
    ["size", "1M"],
    ["cpu", "500"],
    ["mem", "64"],
    ["persistent", "true"],
  ] as const),
  ...([
    ["nic:0:model", "e1000"],
    ["vnc:password", "secret"],
    ["boot", "ide:0:0"],
    ["user:note", "x"],
  ] as const),
];
const pair = often<readonly [string, string]>(fc.constantFrom(...SENSIBLE), fc.tuple(keyNames, words), 4);
const textBody = fc
  .array(
    pair.map(([key, value]) => `${key} ${value}`),
    { maxLength: 6 },
  )
  .map((lines) => Buffer.from(lines.join("\n")));
const jsonBody = fc
  .array(often<readonly [string, unknown]>(pair, fc.tuple(keyNames, fc.jsonValue())), { maxLength: 6 })
  .map((members) => Buffer.from(JSON.stringify(Object.fromEntries(members))));
const body = fc.oneof(
  { weight: 6, arbitrary: fc.constant(Buffer.alloc(0)) },
  { weight: 6, arbitrary: textBody },
  { weight: 3, arbitrary: jsonBody },
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => gzipSync(bytes)),
  fc.constantFrom(
    Buffer.from("name n\nsize 1M\n"),
    Buffer.from('{"name":"n","cpu":500,"mem":64}'),
    Buffer.alloc(70_000, " "),
    Buffer.from("{}x"),
  ),
);

/** How the body is framed: as its length says, in chunks, or as it should not be. */
type Framing = (bytes: Buffer) => readonly [headers: string, body: Buffer];
const chunk = (bytes: Buffer, size = bytes.length.toString(16)) =>
  Buffer.concat([Buffer.from(`${size}\r\n`), bytes, Buffer.from("\r\n")]);
const FRAMINGS: readonly Framing[] = [
  (bytes) => [`Content-Length: ${bytes.length}\r\n`, bytes],
  (bytes) => [`Content-Length: ${bytes.length}\r\n`, bytes],
  (bytes) => ["", bytes],
  (bytes) => [
    "Transfer-Encoding: chunked\r\n",
    Buffer.concat([bytes.length === 0 ? bytes : chunk(bytes), Buffer.from("0\r\n\r\n")]),
  ],
  (bytes) => [
    "Transfer-Encoding: chunked\r\nTrailer: X\r\n",
    Buffer.concat([
      ...[...bytes.subarray(0, 50)].map((byte) => chunk(Buffer.of(byte))),
      Buffer.from("0;a=b\r\nX: y\r\n\r\n"),
    ]),
  ],
  (bytes) => [
    "Transfer-Encoding: chunked\r\n",
    chunk(bytes, `${(bytes.length + 5).toString(16)};${"e".repeat(100)}`),
  ],
  (bytes) => ["Transfer-Encoding: chunked\r\n", chunk(bytes, "ffffffffffffffff1")],
  (bytes) => ["Transfer-Encoding: chunked\r\n", chunk(bytes, "-1")],
  (bytes) => ["Transfer-Encoding: gzip, chunked\r\n", chunk(bytes)],
  (bytes) => ["Transfer-Encoding: identity\r\n", bytes],
  (bytes) => [`Content-Length: ${bytes.length}\r\nTransfer-Encoding: chunked\r\n`, chunk(bytes)],
  (bytes) => [`Content-Length: ${bytes.length}\r\nContent-Length: ${bytes.length + 1}\r\n`, bytes],
  (bytes) => [`Content-Length: ${bytes.length + 100}\r\n`, bytes],
  (bytes) => [`Content-Length: 99999999999999999999\r\n`, bytes],
  (bytes) => [`Content-Length: -1\r\n`, bytes],
];

const requests = (objects: readonly string[], authorization: string) =>
  fc
    .record({
      method: often(fc.constantFrom("GET", "POST", "POST"), token, 10),
      target: targets(objects),
      version: often(
        fc.constant("HTTP/1.1"),
        fc.constantFrom("HTTP/1.0", "HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "", "http/1.1"),
        20,
      ),
      authorized: often(fc.constant(`Authorization: ${authorization}\r\n`), fc.constant(""), 12),
      host: often(fc.constant("Host: h\r\n"), fc.constantFrom("", "Host: a\r\nHost: b\r\n", "Host:\r\n"), 12),
      headers: fc.array(header(authorization), { maxLength: 4 }),
      framing: fc.oneof(
        { weight: 10, arbitrary: fc.constant(FRAMINGS[0] as Framing) },
        { weight: 3, arbitrary: fc.constantFrom(...FRAMINGS) },
      ),
      body,
      end: often(fc.constant("\r\n"), fc.constantFrom("\n", "\r", ""), 30),
    })
    .map(({ method, target, version, authorized, host, headers, framing, body, end }) => {
      const [framed, bytes] = framing(body);
      const lines = headers.map((line) => `${line}\r\n`).join("");
      const head = `${method} ${target} ${version}\r\n${host}${authorized}${lines}${framed}${end}`;
      return Buffer.concat([Buffer.from(head), bytes]);
    });

/** Up to three requests one behind the other; or with a byte changed. And where what is sent is cut in two. */
const cases = (objects: readonly string[], authorization: string) =>
  fc.record({
    sent: fc
      .tuple(
        fc
          .array(requests(objects, authorization), { minLength: 1, maxLength: 3 })
          .map((all) => Buffer.concat(all)),
        rarely(fc.tuple(fc.nat(), fc.nat(255)), 15),
      )
      .map(([bytes, changed]) => {
        if (changed !== null && bytes.length > 0) bytes[changed[0] % bytes.length] = changed[1];
        return bytes;
      }),
    cutAt: rarely(fc.nat(), 2),
  });

/** All that comes back until the server has closed the connection, which the client half-closes once all is sent. */
function exchange(port: number, sent: Buffer, cutAt: number | null): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let came = "";
    // What was refused and closed may reset what it did not read.
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      if (came.length < 200_000) came += bytes.toString("latin1");
    });
    socket.once("close", () => resolve(came));
    if (cutAt === null) socket.end(sent);
    else {
      const at = cutAt % (sent.length + 1);
      socket.write(sent.subarray(0, at));
      setImmediate(() => socket.end(sent.subarray(at)));
    }
  });
}

export const HTTP = part({ name: "http", share: 6, growthMib: 96 }, async (closing) => {
  // Not before: these bring node:test along, which remembers of each resource that is made by whom.
  const [{ openCloud }, { serveState }, { makeDrive, makeServer }] = await Promise.all([
    import("../../testing/state-cloud.ts"),
    import("../../testing/state-http.ts"),
    import("../../testing/state-objects.ts"),
  ]);
  const cloud = await openCloud(closing);
  const objects = [await makeDrive(cloud), await makeServer(cloud, { persistent: "true" }), cloud.user];
  const { url, authorizationOf, lines } = await serveState(closing, cloud);
  const port = Number(new URL(url).port);
  return {
    cases: cases(objects, authorizationOf(cloud.user)),
    async check({ sent, cutAt }) {
      const came = await exchange(port, sent, cutAt);
      assert(came === "" || came.startsWith("HTTP/1.1 "), `no HTTP came: ${came.slice(0, 80)}`);
      for (const [, status = ""] of came.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
        // 507: what was asked for finds no room, which is an answer.
        assert(
          Number(status) < 500 || status === "507",
          `${sent.toString("latin1")}\n--\n${came}\n--\n${lines.splice(0).slice(-3).join("")}`,
        );
      }
    },
    async afterBatch() {
      lines.length = 0;
      assert.equal((await fetch(`${url}health`)).status, 200);
      assert.deepEqual(cloud.unheard, []);
    },
  };
});
