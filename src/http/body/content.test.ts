/** The body of a write as a command gets it, from clients that send bytes of a test's own. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { sendRaw } from "../../../testing/clients/raw.ts";
import { closed } from "../../../testing/http/closed.ts";
import { AUTHORIZATION, QUIET, serveCommands } from "../../../testing/http/server.ts";
import type { Body } from "../../api/command.ts";
import type { Limits } from "../limits.ts";

/** A server of one write, which does `take` with the body. */
const serveWrite = (take: (body: Body) => Promise<void>, limits: Partial<Limits> = {}) =>
  serveCommands(
    [
      {
        ...QUIET,
        path: "write",
        takes: "bytes",
        async run({ body }) {
          const taken = (await body?.(Number.POSITIVE_INFINITY)) ?? assert.fail();
          await take(taken).finally(() => taken.release());
        },
      },
    ],
    { limits },
  );

/** A server that keeps the chunks that come, and what the body's error was. */
async function serveKeeping() {
  const chunks: Uint8Array[] = [];
  const errors: unknown[] = [];
  const lengths: number[] = [];
  const { url, close } = await serveWrite(async ({ bytes, lengthBytes }) => {
    lengths.push(lengthBytes);
    try {
      for await (const chunk of bytes) chunks.push(chunk);
    } catch (error) {
      errors.push(error);
      throw error;
    }
  });
  return { url, close, chunks, errors, lengths };
}

const START = "POST /write";

/** More than is taken of a body that nobody reads, and than the system keeps of it on both sides. */
const MOST_SENT = 128 * 2 ** 20;

test("a body comes whole and in order, its length known before", async () => {
  const server = await serveKeeping();
  const sent = Buffer.from(Uint32Array.from({ length: 2 ** 19 }, (_, index) => index).buffer);
  const { status } = await sendRaw(server.url, START, AUTHORIZATION, sent);
  await server.close();
  assert.equal(status, 204);
  assert.deepEqual(server.lengths, [sent.length]);
  assert.ok(Buffer.concat(server.chunks).equals(sent));
});

test("no body and an empty one are no bytes", async () => {
  const server = await serveKeeping();
  for (const body of [undefined, ""]) {
    assert.equal((await sendRaw(server.url, START, AUTHORIZATION, body)).status, 204);
  }
  await server.close();
  assert.deepEqual([server.lengths, server.chunks], [[0, 0], []]);
});

test("a caller that expects 100-continue is told so when its bytes are wanted, and else never", async () => {
  for (const [wanted, interim] of [
    [true, [100]],
    [false, []],
  ] as const) {
    const { url, close } = await serveWrite(async ({ bytes }) => {
      if (wanted) for await (const _ of bytes);
    });
    const headers = { ...AUTHORIZATION, Expect: "100-continue" };
    const answer = await sendRaw(url, START, headers, "bytes");
    await close();
    assert.deepEqual([answer.status, answer.interim], [204, interim]);
  }
});

test("a body that is cut off ends in an error, after the bytes that came", async () => {
  const server = await serveKeeping();
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const authorization = `Authorization: ${AUTHORIZATION.Authorization}`;
  socket.write(`${START} HTTP/1.1\r\nHost: x\r\n${authorization}\r\nContent-Length: 10\r\n\r\nhalf`);
  while (server.chunks.length === 0) await setImmediate();
  socket.destroy();
  while (server.errors.length === 0) await setImmediate();
  await server.close();
  assert.equal(Buffer.concat(server.chunks).toString(), "half");
  const [{ type, code } = assert.fail()] = server.errors as { type: string; code: string }[];
  assert.deepEqual([type, code], ["usage", "body_cut_off"]);
});

/** Sends the beginning of a write, and then byte by byte, so often. */
async function sendSlowly(url: string, everyMs: number): Promise<string> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `${START} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${AUTHORIZATION.Authorization}\r\nContent-Length: 1000000\r\n\r\nhalf`,
  );
  const timer = setInterval(() => socket.write("."), everyMs);
  let answer = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    answer += part;
  });
  await closed(socket);
  clearInterval(timer);
  return answer;
}

/** A wait that does not end is a failure. */
const ends = { timeout: 20_000 };

for (const [what, everyMs, floorBytesPerSecond] of [
  ["is silent for too long", 60_000, 1],
  ["gives a byte now and then", 5, 100_000],
] as const) {
  test(`a caller that ${what} is told so by 408, and the connection ends`, ends, async () => {
    const limits = { silenceMs: 100, floorBytesPerSecond };
    const { url, close } = await serveWrite(async ({ bytes }) => {
      for await (const _ of bytes);
    }, limits);
    const answer = await sendSlowly(url, everyMs);
    await close();
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.match(answer, /\r\nX-Lodge-Error: body_timeout\r\n/);
    assert.match(answer, /\r\nConnection: close\r\n/);
  });
}

test("what is left of a body that nobody reads is taken up to a bound, and then the connection is cut", async () => {
  const { url, close } = await serveWrite(async () => {});
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  const closed = Promise.withResolvers<void>();
  // Where bytes are on their way still, it is reset.
  socket.on("error", () => {}).once("close", () => closed.resolve());
  socket.write(
    `${START} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${AUTHORIZATION.Authorization}\r\nContent-Length: ${2 ** 40}\r\n\r\n`,
  );
  const piece = Buffer.alloc(2 ** 20);
  const send = () => {
    if (socket.bytesWritten >= MOST_SENT) socket.destroy();
    else if (!socket.destroyed) socket.write(piece, send);
  };
  send();
  await closed.promise;
  await close();
  assert.ok(socket.bytesWritten < MOST_SENT);
});

test("leaving off early leaves the connection whole for the next request", async () => {
  let left = 0;
  const { url, close } = await serveWrite(async ({ bytes }) => {
    for await (const _ of bytes) {
      left++;
      break;
    }
  });
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  const head = (connection: string) =>
    `${START} HTTP/1.1\r\nHost: ${host}\r\nConnection: ${connection}\r\nAuthorization: ${AUTHORIZATION.Authorization}\r\nContent-Length: 1000000\r\n\r\n`;
  for (const connection of ["keep-alive", "close"]) {
    socket.write(head(connection));
    socket.write(Buffer.alloc(1_000_000));
  }
  const answers = await text(socket);
  await close();
  assert.equal(answers.match(/HTTP\/1\.1 204/g)?.length, 2);
  assert.equal(left, 2);
});

test("a command that is slow to take a body gets all of it", async () => {
  const chunks: Uint8Array[] = [];
  const { url, close } = await serveWrite(async ({ bytes }) => {
    for await (const chunk of bytes) {
      chunks.push(chunk);
      for (let turn = 0; turn < 20; turn++) await setImmediate();
    }
  });
  const sent = Buffer.from(Uint32Array.from({ length: 2 ** 18 }, (_, index) => index).buffer);
  const { status } = await sendRaw(url, START, AUTHORIZATION, sent);
  await close();
  assert.equal(status, 204);
  assert.ok(Buffer.concat(chunks).equals(sent));
});

test("bodies that come chunked or in an unknown coding are refused before a byte is asked for", async () => {
  const { url, close } = await serveWrite(() => assert.fail());
  for (const [headers, body, code] of [
    [{ "Transfer-Encoding": "chunked" }, "3\r\nabc\r\n0\r\n\r\n", "chunked_body"],
    [{ "Content-Encoding": "br" }, "abc", "unsupported_content_encoding"],
  ] as const) {
    const answer = await sendRaw(url, START, { ...AUTHORIZATION, ...headers }, body);
    assert.deepEqual([answer.status, answer.headers.get("x-lodge-error")], [400, code]);
  }
  await close();
});
