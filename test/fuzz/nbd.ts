/** An NBD server that says anything to its client (NBD doc/proto.md). */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import fc from "fast-check";
import { connectNbd, type NbdConnection } from "../../src/host/wire/nbd.ts";
import { ACK, exportInfo, optionReply } from "../../testing/wire/nbd-answers.ts";
import { scriptServer } from "../../testing/wire/script-server.ts";
import { part } from "./part.ts";

const REQUEST_BYTES = 28;
const READ_BYTES = 100;

const sizes = fc.constantFrom(0n, 1n, 1000n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n);
const exportInfos = fc.tuple(sizes, fc.nat(0xffff)).map(([size, flags]) => exportInfo(size, flags));
const optionAnswer = fc.oneof(
  { weight: 3, arbitrary: exportInfos },
  { weight: 2, arbitrary: fc.constant(ACK) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.nat(0xffff_ffff),
        fc.constantFrom(0, 1, 11, 70_000, 0xffff_ffff),
        fc.uint8Array({ maxLength: 40 }),
      )
      .map(([type, length, payload]) => optionReply(type, payload, length)),
  },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 40 }).map((payload) => optionReply(0x8000_0001, payload)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
);

/** What is done with one request: whose cookie, which magic and error, how much of what a read asks, how often. */
const reply = fc.record({
  magic: fc.oneof(
    { weight: 8, arbitrary: fc.constant(0x67446698) },
    { weight: 1, arbitrary: fc.constantFrom(0x668e33ef, 0, 0x25609513) },
  ),
  error: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(0xffff_ffff) }),
  cookie: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(0xffff_ffff) }),
  dataBytes: fc.oneof(
    { weight: 6, arbitrary: fc.constant(READ_BYTES) },
    { weight: 1, arbitrary: fc.nat(3 * READ_BYTES) },
  ),
  times: fc.constantFrom(1, 1, 1, 1, 0, 2),
});
type Of<Made> = Made extends fc.Arbitrary<infer Case> ? Case : never;
type Reply = Of<typeof reply>;

const made = fc.record({
  greeting: fc.oneof(
    { weight: 9, arbitrary: fc.constant(Buffer.from("NBDMAGICIHAVEOPT\0\x03", "latin1")) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
  ),
  answers: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Buffer[]>([exportInfo(1000n, 0), ACK]) },
    { weight: 2, arbitrary: fc.array(optionAnswer, { maxLength: 20 }) },
  ),
  replies: fc.array(reply, { maxLength: 6 }),
  pieceBytes: fc.constantFrom(1, 7, 1_000_000),
});

type Script = Of<typeof made>;

function said({ magic, error, cookie, dataBytes, times }: Reply, request: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(magic, 0);
  header.writeUInt32BE(error, 4);
  header.writeUInt32BE((request.readUInt32BE(12) + cookie) >>> 0, 12);
  const isRead = request.readUInt16BE(6) === 0;
  const once = Buffer.concat([header, Buffer.alloc(isRead && error === 0 ? dataBytes : 0, "d")]);
  return Buffer.concat(Array.from({ length: times }, () => once));
}

/** Serves requests by the replies, one each, and ends after the last. */
function serve(socket: Socket, { greeting, answers, replies, pieceBytes }: Script): void {
  const send = (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += pieceBytes) socket.write(bytes.subarray(at, at + pieceBytes));
  };
  const left = [...replies];
  let held = Buffer.alloc(0);
  let isNegotiated = false;
  send(greeting);
  if (greeting.length < 18) socket.end();
  socket.on("data", (bytes: Buffer) => {
    held = Buffer.concat([held, bytes]);
    if (!isNegotiated) {
      isNegotiated = true;
      held = held.subarray(20 + held.readUInt32BE(16));
      send(Buffer.concat(answers));
      if (answers.length !== 2 || answers[1] !== ACK) socket.end();
    }
    while (held.length >= REQUEST_BYTES && !socket.writableEnded) {
      const isWrite = held.readUInt16BE(6) === 1;
      const bytes = REQUEST_BYTES + (isWrite ? held.readUInt32BE(24) : 0);
      const next = left.shift();
      if (next === undefined) socket.end();
      else send(said(next, held));
      held = held.subarray(bytes);
    }
  });
}

/** Asks for one of everything, and waits until all has come to an end. */
async function use(nbd: NbdConnection): Promise<void> {
  const target = Buffer.alloc(READ_BYTES);
  const asked = [
    nbd.read(0, target),
    nbd.write(5, [Buffer.from("written")]),
    nbd.flush(),
    nbd.writeZeroes(0, 2 ** 30),
    nbd.read(7, Buffer.alloc(READ_BYTES)),
    nbd.flush(),
    nbd.flush(),
  ];
  const [read] = await Promise.allSettled(asked);
  for (const each of await Promise.allSettled(asked)) {
    if (each.status === "rejected") assert.match(String(each.reason), /^(NbdError|ConnectionLost): /);
  }
  if (read?.status === "fulfilled") assert.notEqual(target[0], 0, "what was read has come");
}

export const NBD = part<Script>({ name: "nbd", share: 6, growthMib: 32 }, async (closing) => {
  const server = await scriptServer(closing);
  return {
    cases: made,
    async check(script) {
      server.serve = (socket) => serve(socket, script);
      const nbd = await connectNbd({ socketPath: server.path, exportName: "e" }, 10_000).catch(
        (error: Error) => {
          assert.match(String(error), /NBD server|ConnectionLost/);
          assert(error.message.length < 1_000);
          return null;
        },
      );
      if (nbd === null) return;
      assert(Number.isSafeInteger(nbd.sizeBytes));
      await use(nbd);
      nbd.destroy();
      await nbd.closed;
    },
  };
});
