import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { DeadlineExceeded } from "../../base/deadline.ts";
import { ConnectionLost, connectQmp, QmpError, type QmpEvent } from "./qmp.ts";

let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "lodge-qmp-"));
});

/** The peers' ends of connections: what a test leaves open when it fails does not keep its file from ending. */
const open = new Set<Socket>();

after(async () => {
  for (const socket of open) socket.destroy();
  await rm(directory, { recursive: true });
});

/** For tests in which what waits in vain is the fault. */
const ends = { timeout: 20_000 };

let sockets = 0;

type Command = { readonly execute: string; readonly id: number };

/** Something that greets as QEMU does and answers each command as the test says; null: not at all. */
async function peer(answer: (command: Command, socket: Socket) => object | null) {
  const path = join(directory, String(++sockets));
  const server = createServer((socket) => {
    open.add(socket);
    const say = (message: object) => socket.write(`${JSON.stringify(message)}\r\n`);
    say({ QMP: { version: {}, capabilities: [] } });
    createInterface({ input: socket }).on("line", (line) => {
      const command = JSON.parse(line) as Command;
      const message = command.execute === "qmp_capabilities" ? { return: {} } : answer(command, socket);
      if (message !== null) say({ id: command.id, ...message });
    });
    server.close();
  });
  server.listen(path);
  await once(server, "listening");
  return path;
}

test("commands in flight together get their own answers", async () => {
  const qmp = await connectQmp(await peer(({ execute }) => ({ return: execute })));
  const answers = await Promise.all(["a", "b", "c"].map((command) => qmp.execute(command)));
  assert.deepEqual(answers, ["a", "b", "c"]);
  qmp.close();
  await qmp.closed;
});

test("a refused command is an error of its class, and those after it go on", async () => {
  const path = await peer(({ execute }) =>
    execute === "bad" ? { error: { class: "DeviceNotFound", desc: "none" } } : { return: 1 },
  );
  const qmp = await connectQmp(path);
  const [bad, good] = await Promise.allSettled([qmp.execute("bad"), qmp.execute("good")]);
  assert.ok(bad?.status === "rejected" && bad.reason instanceof QmpError);
  assert.equal(bad.reason.errorClass, "DeviceNotFound");
  assert.equal(good?.status, "fulfilled");
  qmp.close();
});

test("events are told in between", async () => {
  const events: QmpEvent[] = [];
  const timestamp = { seconds: 1, microseconds: 2 };
  const path = await peer((_command, socket) => {
    socket.write(`${JSON.stringify({ event: "STOP", timestamp })}\n`);
    return { return: {} };
  });
  const qmp = await connectQmp(path, { onEvent: (event) => events.push(event) });
  await qmp.execute("stop");
  assert.deepEqual(events, [{ event: "STOP", data: {}, timestamp }]);
  qmp.close();
});

for (const [how, end] of [
  ["goes", (socket: Socket) => socket.destroy()],
  ["speaks no JSON", (socket: Socket) => socket.write("Segmentation fault\n")],
] as const) {
  test(`a peer that ${how} fails what is in flight and ends the connection`, ends, async () => {
    const qmp = await connectQmp(
      await peer((_command, socket) => {
        end(socket);
        return null;
      }),
    );
    await assert.rejects(qmp.execute("quit"), ConnectionLost);
    await qmp.closed;
    await assert.rejects(qmp.execute("again"), ConnectionLost);
  });
}

test("a peer that does not greet in time is left, and named", async () => {
  const path = join(directory, "mute");
  const server = createServer((socket) => socket.resume());
  server.listen(path);
  await once(server, "listening");
  const late = /^DeadlineExceeded: the QMP greeting of server 7 took longer than 20 ms$/;
  await assert.rejects(connectQmp(path, { deadlineMs: 20, peer: "server 7" }), late);
  server.close();
});

test("a command that is not answered in time is named, and its late answer is no other's", ends, async () => {
  const held: (() => void)[] = [];
  const path = await peer(({ execute, id }, socket) => {
    if (execute !== "slow") return { return: execute };
    held.push(() => socket.write(`${JSON.stringify({ return: "slow", id })}\n`));
    return null;
  });
  const qmp = await connectQmp(path, { peer: "server 7" });
  await assert.rejects(qmp.execute("slow", {}, { deadlineMs: 20 }), (error: unknown) => {
    assert.ok(error instanceof DeadlineExceeded);
    assert.equal(error.message, "the answer of server 7 to slow took longer than 20 ms");
    return true;
  });
  held[0]?.();
  assert.equal(await qmp.execute("next"), "next");
  qmp.close();
});

test("what waits for a peer that does not answer is bounded", ends, async () => {
  const qmp = await connectQmp(await peer(() => null), { peer: "server 7" });
  const waiting = Array.from({ length: 1000 }, () => qmp.execute("slow"));
  await assert.rejects(qmp.execute("one more"), /one more: too many commands wait for server 7/);
  qmp.close();
  const outcomes = await Promise.allSettled(waiting);
  assert.ok(outcomes.every((each) => each.status === "rejected" && each.reason instanceof ConnectionLost));
});
