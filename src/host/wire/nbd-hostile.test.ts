/** What an NBD server may say that it should not, or not say at all. */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { ACK, exportInfo, optionReply } from "../../../testing/wire/nbd-answers.ts";
import { scriptServer } from "../../../testing/wire/script-server.ts";
import { DeadlineExceeded } from "../../base/deadline.ts";
import { connectNbd, type NbdAddress } from "./nbd.ts";
import { ConnectionLost, NbdError } from "./nbd-errors.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 10_000 };
const REQUEST_BYTES = 28;
const INFO_EXPORT = exportInfo(1000n, 0);

/** A server on a socket of its own that does `serve` with each client. */
async function fakeServer(t: TestContext, serve: (client: Client) => Promise<void>): Promise<NbdAddress> {
  const answer = (socket: Socket) => void serve(new Client(socket)).catch(() => socket.destroy());
  const { path } = await scriptServer(t, answer, "nbd.sock");
  return { socketPath: path, exportName: "the-export" };
}

class Client {
  readonly #socket: Socket;
  readonly #bytes: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#bytes = socket[Symbol.asyncIterator]();
  }

  send(...parts: readonly Buffer[]): void {
    this.#socket.write(Buffer.concat(parts));
  }

  /** The next bytes from the client. */
  async take(count: number): Promise<Buffer> {
    while (this.#held.length < count) {
      const { value, done } = await this.#bytes.next();
      if (done) throw new Error("the client has gone");
      this.#held = Buffer.concat([this.#held, value]);
    }
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }

  /** Comes to terms with the client as a server should, by these answers. */
  async negotiate(...answers: readonly Buffer[]): Promise<void> {
    this.send(Buffer.from("NBDMAGICIHAVEOPT\0\x03", "latin1"));
    await this.take(4);
    const length = (await this.take(16)).readUInt32BE(12);
    await this.take(length);
    this.send(...answers);
  }

  /** The next request: its command, its cookie and its length. */
  async request(): Promise<{ command: number; cookie: Buffer; length: number }> {
    const header = await this.take(REQUEST_BYTES);
    const [command, length] = [header.readUInt16BE(6), header.readUInt32BE(24)];
    if (command === 1) await this.take(length);
    return { command, cookie: Buffer.from(header.subarray(8, 16)), length };
  }
}

function reply(cookie: Buffer, error = 0, magic = 0x67446698): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(magic, 0);
  header.writeUInt32BE(error, 4);
  return Buffer.concat([header, cookie]);
}

test("the flags of an export tell whether it takes writes, and several connections", ends, async (t) => {
  for (const [flags, readOnly, canMultiConn] of [
    [0b1, false, false],
    [0b11, true, false],
    [0b1_0000_0001, false, true],
  ] as const) {
    const address = await fakeServer(t, (client) => client.negotiate(exportInfo(77n, flags), ACK));
    const nbd = await connectNbd(address);
    assert.deepEqual([nbd.sizeBytes, nbd.readOnly, nbd.canMultiConn], [77, readOnly, canMultiConn]);
    nbd.destroy();
  }
});

const negotiations: readonly [name: string, answers: readonly Buffer[], error: RegExp][] = [
  ["an answer without its magic", [Buffer.alloc(20)], /malformed/],
  ["an answer that is longer than any", [optionReply(3, Buffer.alloc(0), 65_537)], /malformed/],
  [
    "an information too short to have a type",
    [optionReply(3, Buffer.alloc(1)), ACK],
    /does not tell the size/,
  ],
  ["an export that is told by half", [optionReply(3, Buffer.alloc(11)), ACK], /does not tell the size/],
  ["an end without an export", [ACK], /does not tell the size/],
  ["a size beyond all numbers", [exportInfo(2n ** 63n, 0), ACK], /a size that no export has/],
  ["answers that do not end", Array.from({ length: 20 }, () => INFO_EXPORT), /do not end/],
  [
    "a refusal of many words",
    [optionReply(0x8000_0006, Buffer.alloc(60_000, "x"))],
    /^Error: the NBD server refuses the export: x{300}$/,
  ],
  [
    "a refusal",
    [optionReply(0x8000_0006, Buffer.from("no such export"))],
    /refuses the export: no such export/,
  ],
];

for (const [name, answers, error] of negotiations) {
  test(`${name} ends the negotiation`, ends, async (t) => {
    const address = await fakeServer(t, (client) => client.negotiate(...answers));
    await assert.rejects(connectNbd(address), error);
  });
}

test("whoever greets as no NBD server does is none", ends, async (t) => {
  const address = await fakeServer(t, async (client) =>
    client.send(Buffer.from("HTTP/1.1 400 Bad Request\r\n")),
  );
  await assert.rejects(connectNbd(address), /does not greet in newstyle/);
});

test("a server that ends the negotiation is lost", ends, async (t) => {
  const address = await fakeServer(t, async (client) => {
    await client.negotiate(INFO_EXPORT);
    throw new Error("on purpose");
  });
  await assert.rejects(connectNbd(address), ConnectionLost);
});

const replies: readonly [name: string, reply: (cookie: Buffer) => Buffer][] = [
  ["an answer to nothing that was asked for", () => reply(Buffer.alloc(8, 9))],
  ["a second answer to one request", (cookie) => Buffer.concat([reply(cookie), reply(cookie)])],
  ["an answer without its magic", (cookie) => reply(cookie, 0, 0x668e33ef)],
];

for (const [name, hostile] of replies) {
  test(`${name} ends the connection, and all that is pending fails`, ends, async (t) => {
    const address = await fakeServer(t, async (client) => {
      await client.negotiate(INFO_EXPORT, ACK);
      const { cookie } = await client.request();
      await client.request();
      client.send(hostile(cookie));
    });
    const nbd = await connectNbd(address);
    const outcomes = await Promise.allSettled([nbd.flush(), nbd.flush()]);
    const last = outcomes.at(-1);
    assert(last?.status === "rejected" && last.reason instanceof ConnectionLost);
    await nbd.closed;
    await assert.rejects(nbd.read(0, Buffer.alloc(1)), ConnectionLost);
  });
}

test(
  "answers in another order, in small parts and with errors among them each reach who asked",
  ends,
  async (t) => {
    const address = await fakeServer(t, async (client) => {
      await client.negotiate(INFO_EXPORT, ACK);
      const [one, two, three] = [await client.request(), await client.request(), await client.request()];
      const all = Buffer.concat([
        reply(three.cookie),
        Buffer.from("three"),
        reply(one.cookie, 28),
        reply(two.cookie),
        Buffer.from("two"),
      ]);
      for (const byte of all) {
        client.send(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    const nbd = await connectNbd(address);
    const [two, three] = [Buffer.alloc(3), Buffer.alloc(5)];
    const refused = nbd.write(0, [Buffer.from("x")]);
    const read = [nbd.read(0, two), nbd.read(0, three)];
    await assert.rejects(refused, (error) => error instanceof NbdError && error.code === 28);
    await Promise.all(read);
    assert.deepEqual([String(two), String(three)], ["two", "three"]);
    nbd.destroy();
  },
);

test(
  "a server that says nothing is given up by name, whether it greets, or answers only once",
  ends,
  async (t) => {
    const silent = await fakeServer(t, async () => {});
    await assert.rejects(connectNbd(silent, 50), (error) => {
      return error instanceof DeadlineExceeded && error.what.includes(silent.socketPath);
    });
    const address = await fakeServer(t, async (client) => {
      await client.negotiate(INFO_EXPORT, ACK);
      client.send(reply((await client.request()).cookie));
    });
    const nbd = await connectNbd(address, 50);
    await nbd.flush();
    const outcomes = await Promise.allSettled([nbd.read(0, Buffer.alloc(10)), nbd.flush()]);
    for (const outcome of outcomes) {
      assert(outcome.status === "rejected" && outcome.reason instanceof DeadlineExceeded);
      assert.match(outcome.reason.message, /export the-export .* at .*nbd\.sock took longer than 50 ms/);
    }
    assert(nbd.wasLate);
    await nbd.closed;
  },
);

test("a server that goes on answering is not given up, however long all of it takes", ends, async (t) => {
  // Far above what a busy machine is late by, and below what the whole answer takes.
  const deadlineMs = 1_000;
  const address = await fakeServer(t, async (client) => {
    await client.negotiate(INFO_EXPORT, ACK);
    const { cookie, length } = await client.request();
    client.send(reply(cookie));
    for (let sent = 0; sent < length; sent++) {
      await new Promise((resolve) => setTimeout(resolve, deadlineMs / 4));
      client.send(Buffer.of(sent));
    }
  });
  const nbd = await connectNbd(address, deadlineMs);
  const bytes = Buffer.alloc(5);
  await nbd.read(0, bytes);
  assert.deepEqual([...bytes], [0, 1, 2, 3, 4]);
  nbd.destroy();
});

test("a server that says a byte now and then is given up, however long that might go on", ends, async (t) => {
  const deadlineMs = 300;
  const address = await fakeServer(t, async (client) => {
    await client.negotiate(INFO_EXPORT, ACK);
    client.send(reply((await client.request()).cookie));
    const dripping = setInterval(() => client.send(Buffer.of(1)), 10);
    await client.request().finally(() => clearInterval(dripping));
  });
  const nbd = await connectNbd(address, deadlineMs);
  // On a busy machine a byte may be late, too.
  await assert.rejects(nbd.read(0, Buffer.alloc(1_000_000)), /took longer than (?:300|3000) ms/);
  assert(nbd.wasLate);
});

test("a server that sends what nobody asked for, or more than that, is left", ends, async (t) => {
  for (const isAsked of [false, true]) {
    const address = await fakeServer(t, async (client) => {
      await client.negotiate(INFO_EXPORT, ACK);
      const header = isAsked ? reply((await client.request()).cookie) : Buffer.alloc(0);
      client.send(header, Buffer.alloc(5_000_000));
      await client.request();
    });
    const nbd = await connectNbd(address);
    if (isAsked) await nbd.read(0, Buffer.alloc(1000));
    await nbd.closed;
  }
});

test("closing does not wait for ever for a server that does not close", ends, async (t) => {
  const address = await fakeServer(t, (client) => client.negotiate(INFO_EXPORT, ACK));
  const nbd = await connectNbd(address, 50);
  await nbd.close();
  await assert.rejects(nbd.flush(), ConnectionLost);
});
