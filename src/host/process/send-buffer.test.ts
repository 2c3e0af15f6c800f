import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { widenSendBuffer } from "./send-buffer.ts";

/** More than an unchanged buffer takes: who is not root has it doubled, no more (socket(7), wmem_max). */
const LENGTH = process.getuid?.() === 0 ? 2 ** 20 : 300 * 1024;

/** Both ends of a connection by a unix socket, of which the other reads nothing. */
async function withPair(work: (ours: Socket, theirs: Socket) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "lodge-send-buffer-"));
  const server = createServer({ pauseOnConnect: true });
  const received = Buffer.alloc(16);
  try {
    await once(server.listen(join(dir, "sock")), "listening");
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const onread = {
      buffer: received,
      callback: (count: number) => ours.emit("received", received.toString("latin1", 0, count)),
    };
    const ours: Socket = connect({ path: join(dir, "sock"), onread });
    await once(ours, "connect");
    const [theirs] = await accepted;
    await work(ours, theirs);
    for (const each of [ours, theirs]) each.destroy();
  } finally {
    server.close();
    await rm(dir, { recursive: true });
  }
}

test(
  "a socket takes a long write whole, though nobody reads, once its send buffer was widened",
  { timeout: 60_000 },
  () =>
    withPair(async (ours) => {
      ours.write(Buffer.alloc(LENGTH));
      // What the system did not take waits in the process.
      assert.ok(ours.writableLength > 0);
      await widenSendBuffer(ours);
      await new Promise((taken) => ours.write("", taken));
      assert.equal(ours.writableLength, 0);
    }),
);

test("a socket whose send buffer was widened is read, and does not block", { timeout: 60_000 }, () =>
  withPair(async (ours, theirs) => {
    const received = once(ours, "received");
    const widened = widenSendBuffer(ours);
    theirs.write("an answer");
    assert.deepEqual(await received, ["an answer"]);
    await widened;
    // One that blocks would keep this very process from reading it.
    ours.write(Buffer.alloc(8 * LENGTH));
    theirs.resume();
    await new Promise((taken) => ours.write("", taken));
  }),
);

test("a socket stays as it is, and is read, where there is no perl or it fails", { timeout: 60_000 }, () =>
  withPair(async (ours, theirs) => {
    for (const program of ["no-perl-at-all", "/", "false"]) {
      const received = once(ours, "received");
      await widenSendBuffer(ours, program);
      theirs.write(program);
      assert.deepEqual(await received, [program]);
    }
  }),
);
