/** Serial ports of servers whose QEMU a socket stands for: what is kept, what is shown, and what somebody who is slow costs. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { type TestContext, test } from "node:test";
import { until } from "../../../../testing/until.ts";
import { HISTORY_BYTES } from "./history.ts";
import { SerialPorts } from "./ports.ts";
import { Turns } from "./turns.ts";
import { Unwritten } from "./unwritten.ts";

const SERVER = "85ef58c8-6f5d-4f7f-8f1c-0c19d45d7c1c";

/** A home, and QEMU's end of a serial port. */
async function opened(t: TestContext) {
  const home = mkdtempSync(join(tmpdir(), "lodge-serial-"));
  t.after(() => rmSync(home, { recursive: true }));
  const path = join(home, "serial.sock");
  const qemu: Server = createServer().listen(path);
  await once(qemu, "listening");
  t.after(() => qemu.close());
  const troubles: unknown[] = [];
  const host = () => {
    const ports = new SerialPorts({ home, onTrouble: (_server, error) => troubles.push(error) });
    t.after(() => ports.close());
    return ports;
  };
  /** Has a server's port by a host; answers the guest's end of it. */
  const held = async (ports: SerialPorts, isNew = true): Promise<Socket> => {
    const connected = once(qemu, "connection");
    ports.hold(SERVER, path, isNew);
    const [guest] = (await connected) as [Socket];
    t.after(() => guest.destroy());
    return guest.on("error", () => {});
  };
  const files = () => readdirSync(join(home, "serial"));
  const ports = host();
  return { home, path, qemu, troubles, host, held, files, ports };
}

/** The next bytes of the stream, so many. */
async function next(stream: Duplex, length: number): Promise<Buffer> {
  const got = await until("the bytes are there", async () => (stream.readableLength >= length ? true : null));
  assert.ok(got);
  return stream.read(length) as Buffer;
}

const historyOf = async (ports: SerialPorts): Promise<string> => {
  const { history, bytes } = await ports.open(SERVER);
  bytes.destroy();
  return history.toString();
};

const saying = (ports: SerialPorts, text: string) =>
  until(`it said ${text}`, async () => ((await historyOf(ports)).endsWith(text) ? true : null));

test("what a server said is shown before what it says then, without a gap", async (t) => {
  const { ports, held } = await opened(t);
  const guest = await held(ports);
  let number = 0;
  const more = () => `${String(number++).padStart(7, "0")} `;
  const talk = setInterval(() => guest.write(more()), 1);
  t.after(() => clearInterval(talk));
  for (let round = 0; round < 20; round++) {
    await saying(ports, " ").catch(() => {});
    const { history, bytes } = await ports.open(SERVER);
    const all = history.toString() + (await next(bytes, 64)).toString();
    bytes.destroy();
    const numbers = all.slice(0, Math.floor(all.length / 8) * 8).match(/.{8}/g) ?? [];
    assert.deepEqual(
      numbers.map(Number),
      numbers.map((_, index) => index),
      all,
    );
  }
});

test("the last 256 KiB are kept, on twice as much of the disk at most, until the next start", async (t) => {
  const { ports, held, files, home, path } = await opened(t);
  const guest = await held(ports);
  const line = Buffer.alloc(2 ** 14, "x");
  for (let count = 0; count < 52; count++) {
    if (!guest.write(line)) await once(guest, "drain");
  }
  guest.write("the end");
  await saying(ports, "the end");
  guest.end();
  await ports.end(SERVER);
  const { history, bytes } = await ports.open(SERVER);
  assert.equal(history.length, 262_144);
  assert.ok(history.toString().endsWith("xthe end"));
  bytes.resume();
  await once(bytes, "end");
  const taken = files().reduce((sum, file) => sum + statSync(join(home, "serial", file)).size, 0);
  assert.ok(taken >= 262_144 && taken <= 2 * 262_144 + 2 ** 17, `${taken} bytes`);
  ports.hold(SERVER, path, true);
  assert.equal(await historyOf(ports), "");
});

test("all who look see the same, and what each says comes in its order, whatever another pastes", async (t) => {
  const { ports, held } = await opened(t);
  const guest = await held(ports);
  const [first, second] = [await ports.open(SERVER), await ports.open(SERVER)];
  guest.write("login: ");
  for (const { bytes } of [first, second]) assert.equal(String(await next(bytes, 7)), "login: ");
  let came = "";
  guest.setEncoding("latin1").on("data", (text: string) => {
    came += text;
  });
  first.bytes.write("a".repeat(100_000));
  first.bytes.write("b".repeat(1_000));
  second.bytes.write("1");
  second.bytes.write("2");
  await until("all has come", async () => (came.length === 101_002 ? true : null));
  assert.match(came.replaceAll(/[12]/g, ""), /^a{100000}b{1000}$/);
  assert.match(came.replaceAll(/[ab]/g, ""), /^12$/);
  assert.ok(came.indexOf("2") < 50_000, "what is typed does not wait for all that is pasted");
});

test("a guest that reads nothing holds what the kernel holds, and a piece of each who is there", async (t) => {
  const { ports, held } = await opened(t);
  const guest = await held(ports);
  guest.pause();
  const paste = Buffer.alloc(2 ** 20, "p");
  const { bytes } = await ports.open(SERVER);
  bytes.write(paste);
  for (let count = 0; count < 200; count++) {
    const other = await ports.open(SERVER);
    other.bytes.write(Buffer.alloc(4096, "o"));
    other.bytes.destroy();
  }
  bytes.destroy();
  guest.write("still here");
  await saying(ports, "still here");
  let came = 0;
  guest.on("data", (chunk: Buffer) => {
    came += chunk.length;
  });
  const { bytes: last } = await ports.open(SERVER);
  let isLast = false;
  guest.on("data", (chunk: Buffer) => {
    isLast ||= chunk.includes("$");
  });
  guest.resume();
  last.write("$");
  await until("the last came", async () => (isLast ? true : null));
  assert.ok(came < paste.length / 2, `${came} bytes came of what is for nobody any more`);
});

test("who is too far behind is let go, and others see on", async (t) => {
  const { ports, held } = await opened(t);
  const guest = await held(ports);
  const [slow, quick] = [await ports.open(SERVER), await ports.open(SERVER)];
  let seen = 0;
  quick.bytes.on("data", (chunk: Buffer) => {
    seen += chunk.length;
  });
  const gone = new Promise((resolve) => slow.bytes.once("close", resolve));
  const size = 2 ** 18;
  guest.write(Buffer.alloc(size, "x"));
  await gone;
  await until("the other saw all", async () => (seen === size ? true : null));
  assert.equal(quick.bytes.destroyed, false);
});

test("a connection that is lost is made again, and who looks sees on", async (t) => {
  const { ports, held, qemu } = await opened(t);
  const first = await held(ports);
  const { bytes } = await ports.open(SERVER);
  first.write("one ");
  await next(bytes, 4);
  const again = once(qemu, "connection");
  first.destroy();
  bytes.write("to nobody");
  const [second] = (await again) as [Socket];
  t.after(() => second.destroy());
  second.write("two");
  assert.equal(String(await next(bytes, 3)), "two");
  assert.equal(await historyOf(ports), "one two");
});

test("what was said is kept over a restart of the daemon, and what is said later follows it", async (t) => {
  const { ports, held, host } = await opened(t);
  const first = await held(ports);
  first.write("before ");
  await saying(ports, "before ");
  ports.close();
  const after = host();
  const second = await held(after, false);
  second.write("after");
  await saying(after, "after");
  assert.equal(await historyOf(after), "before after");
});

test("what is said last is read after the end, and a server that is destroyed leaves nothing", async (t) => {
  const { ports, held, files } = await opened(t);
  const guest = await held(ports);
  const { bytes } = await ports.open(SERVER);
  guest.end("Power down");
  await ports.end(SERVER);
  let seen = "";
  bytes.on("data", (chunk: Buffer) => {
    seen += String(chunk);
  });
  await once(bytes, "end");
  assert.equal(seen, "Power down");
  assert.equal(await historyOf(ports), "Power down");
  assert.ok(files().length > 0);
  await ports.forget(SERVER);
  assert.deepEqual(files(), []);
});

test("what a server said that has not run for a week is removed, and what others said stays", async (t) => {
  const { ports, held, files, home } = await opened(t);
  const guest = await held(ports);
  guest.write("x");
  await saying(ports, "x");
  const [old, young] = ["11111111-2222-4333-8444-555555555555", "11111111-2222-4333-8444-666666666666"];
  for (const uuid of [old, young]) writeFileSync(join(home, "serial", `${uuid}.log`), "text");
  const longAgo = Date.now() / 1000 - 8 * 24 * 3600;
  for (const file of files().filter((name) => !name.startsWith(young)))
    utimesSync(join(home, "serial", file), longAgo, longAgo);
  await ports.housekeep();
  await until("it is gone", async () => (files().includes(`${old}.log`) ? null : true));
  assert.ok(files().includes(`${young}.log`));
});

test("a disk that keeps nothing is told of once, and who looks sees on", async (t) => {
  const { ports, held, home, troubles } = await opened(t);
  const guest = await held(ports);
  rmSync(join(home, "serial"), { recursive: true });
  const { bytes } = await ports.open(SERVER);
  for (let count = 0; count < 3; count++) {
    guest.write(Buffer.alloc(2 ** 16, "x"));
    await next(bytes, 2 ** 16);
    await until("it was told of", async () => (troubles.length > 0 ? true : null));
  }
  assert.equal(troubles.length, 1);
});

test("what is not written yet is within a bound, of each server and of all", () => {
  const held = { bytes: 0 };
  const [first, second] = [new Unwritten(held, 1_000_000), new Unwritten(held, 1_000_000)];
  for (let count = 0; count < 100; count++) first.add(Buffer.alloc(10_000, count));
  assert.ok(first.bytes <= HISTORY_BYTES);
  assert.equal(first.look().at(-1), 99);
  const others = [0, 1, 2, 3].map(() => new Unwritten(held, 1_000_000));
  for (const other of others) for (let count = 0; count < 30; count++) other.add(Buffer.alloc(10_000));
  assert.ok(held.bytes <= 1_010_000, `${held.bytes}`);
  for (const each of [first, second, ...others]) each.take();
  assert.equal(held.bytes, 0);
});

test("a port of which much came is read late, and few are read at once", async () => {
  const turns = new Turns();
  const begunMs = performance.now();
  await new Promise<void>((resolve) => turns.wait(resolve, 2 ** 16));
  assert.ok(performance.now() - begunMs >= 500);
  let read = 0;
  let atOnce = 0;
  await new Promise<void>((resolve) => {
    for (let port = 0; port < 100; port++)
      turns.wait(() => {
        if (++read === 1) setImmediate(() => (atOnce = read));
        if (read === 100) resolve();
      }, 1);
  });
  await new Promise(setImmediate);
  assert.ok(atOnce > 0 && atOnce <= 32, `${atOnce}`);
});
