import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { Traffic } from "./traffic.ts";

test("what a caller never took is not counted back once they are cut: no figure ever falls", async (t) => {
  const traffic = new Traffic();
  const server = createServer((socket) => traffic.watch(socket));
  t.after(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const caller = connect((server.address() as AddressInfo).port, "127.0.0.1");
  caller.pause().on("error", () => caller.destroy());
  const [[socket]] = (await Promise.all([once(server, "connection"), once(caller, "connect")])) as [
    [Socket],
    unknown,
  ];
  // More than the system holds for a caller who takes nothing, so that the second waits in memory.
  for (let half = 0; half < 2; half++) socket.write(Buffer.alloc(32 * 2 ** 20));
  const before = traffic.figures.sentBytes;
  assert.equal(before, 64 * 2 ** 20);
  socket.resetAndDestroy();
  await once(socket, "close");
  caller.destroy();
  assert.ok(socket.bytesWritten < before);
  assert.equal(traffic.figures.sentBytes, before);
});
