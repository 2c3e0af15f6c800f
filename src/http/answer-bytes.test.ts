/** Bytes that are answered, to callers who take them, slowly, or not at all. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { sendRaw } from "../../testing/clients/raw.ts";
import { AUTHORIZATION, OTHER_AUTHORIZATION, QUIET, serveCommands } from "../../testing/http/server.ts";
import type { Command } from "../api/command.ts";
import { failed } from "../base/errors.ts";
import type { Limits } from "./limits.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 30_000 };
const MIB = 2 ** 20;
/** Far more than the system keeps of a connection, on both sides. */
const MUCH_BYTES = 512 * MIB;
const PIECE = Buffer.alloc(MIB, "piece ");

/** A server of one read of so many bytes, which counts the pieces that were read and the reads that ended. */
async function serveRead(
  t: TestContext,
  lengthBytes: number,
  limits: Partial<Limits> = {},
  failsAt = Infinity,
) {
  const seen = { pieces: 0, begun: 0, ended: 0 };
  async function* pieces() {
    seen.begun++;
    try {
      for (let at = 0; at < lengthBytes; at += MIB) {
        if (at >= failsAt) throw failed("storage_failed", "the disk is broken");
        seen.pieces++;
        yield Buffer.from(PIECE.subarray(0, Math.min(MIB, lengthBytes - at)));
      }
    } finally {
      seen.ended++;
    }
  }
  const read: Command = {
    ...{ ...QUIET, path: "read", effect: "reads", returns: "bytes" },
    run: async () => ({ lengthBytes, heldBytes: MIB, pieces: pieces() }),
  };
  const look: Command = { ...QUIET, path: "look", effect: "reads", run: async () => {} };
  const { url, close } = await serveCommands([read, look], { limits });
  const sockets: Socket[] = [];
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await close();
  });
  return { url, seen, sockets };
}

type Open = Awaited<ReturnType<typeof serveRead>>;

/** A caller who asks for as many reads and takes nothing of what comes. */
async function untaken({ url, sockets }: Open, count = 1): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname)
    .on("error", () => {})
    .pause();
  sockets.push(socket);
  await once(socket, "connect");
  const { Authorization } = AUTHORIZATION;
  socket.write(`GET /read HTTP/1.1\r\nHost: x\r\nAuthorization: ${Authorization}\r\n\r\n`.repeat(count));
  return socket;
}

/** Waits until nothing more is read for a moment. */
async function atRest({ pieces }: { pieces: number }, seen: { pieces: number }): Promise<void> {
  for (let turns = 0; turns < 200; turns++) {
    await setImmediate();
    if (seen.pieces === pieces) continue;
    pieces = seen.pieces;
    turns = 0;
  }
}

test("bytes come whole and in order, whatever number of pieces they are", ends, async (t) => {
  for (const lengthBytes of [0, 1, MIB, 4 * MIB + 5]) {
    const { url } = await serveRead(t, lengthBytes);
    const { status, headers, body } = await sendRaw(url, "GET /read", AUTHORIZATION);
    assert.deepEqual([status, headers.get("content-length")], [200, String(lengthBytes)]);
    assert.ok(body.equals(Buffer.alloc(lengthBytes, PIECE)));
  }
});

test(
  "a HEAD has the length of the bytes, and none of them is read beyond the first piece",
  ends,
  async (t) => {
    const { url, seen } = await serveRead(t, MUCH_BYTES);
    const { status, headers, body } = await sendRaw(url, "HEAD /read", AUTHORIZATION);
    assert.deepEqual([status, headers.get("content-length"), body.length], [200, String(MUCH_BYTES), 0]);
    assert.deepEqual(seen, { pieces: 1, begun: 1, ended: 1 });
  },
);

test(
  "a read that fails at its beginning is answered by its error, and later cuts the answer short",
  ends,
  async (t) => {
    const first = await serveRead(t, 4 * MIB, {}, 0);
    assert.equal((await sendRaw(first.url, "GET /read", AUTHORIZATION)).status, 500);
    const later = await serveRead(t, 4 * MIB, {}, 2 * MIB);
    const { status, body } = await sendRaw(later.url, "GET /read", AUTHORIZATION);
    assert.equal(status, 200);
    assert.ok(body.length < 4 * MIB);
  },
);

test(
  "of pipelined reads that nobody takes one is under way, and no more of it than the system takes",
  ends,
  async (t) => {
    const server = await serveRead(t, MUCH_BYTES);
    const { seen } = server;
    await untaken(server, 10);
    while (seen.begun === 0) await setImmediate();
    await atRest({ pieces: 0 }, seen);
    assert.equal(seen.begun, 1);
    assert.ok(seen.pieces * MIB < MUCH_BYTES / 4, `${seen.pieces} MiB were read`);
  },
);

test("who takes nothing for too long is cut, and what they held is free", ends, async (t) => {
  const server = await serveRead(t, MUCH_BYTES, { silenceMs: 50, floorBytesPerSecond: 1 });
  const { seen } = server;
  await untaken(server);
  while (seen.ended === 0) await setImmediate();
  assert.equal(seen.begun, 1);
});

test("who takes a little now and then is cut as well", ends, async (t) => {
  const server = await serveRead(t, MUCH_BYTES, { silenceMs: 300, floorBytesPerSecond: 2 ** 40 });
  const { seen } = server;
  const socket = await untaken(server);
  const timer = setInterval(() => socket.read(64 * 1024), 10);
  t.after(() => clearInterval(timer));
  socket.on("readable", () => {});
  while (seen.ended === 0) await setImmediate();
});

test("a caller whose share is taken up is told to wait, and another is served", ends, async (t) => {
  const limits = { memoryBytes: 4 * MIB, shareWaitMs: 20 };
  const server = await serveRead(t, MUCH_BYTES, limits);
  const { url, seen } = server;
  await untaken(server);
  await untaken(server);
  while (seen.begun < 2) await setImmediate();
  const refused = await sendRaw(url, "GET /read", AUTHORIZATION);
  assert.deepEqual(
    [refused.status, refused.headers.get("x-lodge-error"), refused.headers.get("retry-after")],
    [429, "too_much_in_flight", "1"],
  );
  assert.equal((await sendRaw(url, "GET /look", AUTHORIZATION)).status, 204);
  const other = await serveOther(url);
  assert.match(other, /^HTTP\/1\.1 200 /);
});

/** The first bytes of what another user's read is answered. */
async function serveOther(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const { Authorization } = OTHER_AUTHORIZATION;
  socket.write(`GET /read HTTP/1.1\r\nHost: x\r\nAuthorization: ${Authorization}\r\n\r\n`);
  const [first] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  return first.toString("latin1");
}
