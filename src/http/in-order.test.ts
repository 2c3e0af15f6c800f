/** Requests that come before the one before them is answered. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { AUTHORIZATION, QUIET, serveCommands } from "../../testing/http/server.ts";
import type { Command } from "../api/command.ts";
import type { ServerOptions } from "./server.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 30_000 };

/** A server whose commands are slow: each notes when it begins and ends, and waits for a while between. */
async function openSlow(t: TestContext, rates?: ServerOptions["rates"]) {
  const log: string[] = [];
  const run = async (name: string) => {
    log.push(`${name} begins`);
    for (let turn = 0; turn < 5; turn++) await setImmediate();
    log.push(`${name} ends`);
  };
  const commands: Command[] = [
    { ...QUIET, path: "change", run: () => run("change") },
    { ...QUIET, path: "look", effect: "reads", run: () => run("look") },
    {
      ...QUIET,
      path: "write",
      takes: "bytes",
      async run({ body }) {
        for await (const _ of (await body?.(100))?.bytes ?? []);
        log.push("written");
      },
    },
  ];
  const { url, close } = await serveCommands(commands, rates && { rates });
  t.after(close);
  const { hostname, port } = new URL(url);
  return { log, socket: connect(Number(port), hostname) };
}

function request(start: string, headers: Readonly<Record<string, string>> = {}, body = ""): string {
  const all = Object.entries({ Host: "x", ...AUTHORIZATION, ...headers });
  return `${start} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`;
}

const CLOSE = { Connection: "close" };

async function statuses(socket: Socket): Promise<string[]> {
  return [...(await text(socket)).matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status ?? "");
}

test("a request that is pipelined behind a change begins when the change is done", ends, async (t) => {
  const { log, socket } = await openSlow(t);
  socket.write(request("POST /change") + request("GET /look", CLOSE));
  assert.deepEqual(await statuses(socket), ["204", "204"]);
  assert.deepEqual(log, ["change begins", "change ends", "look begins", "look ends"]);
});

test("a write that is pipelined gets its own body, whether that comes at once or later", ends, async (t) => {
  for (const isLate of [false, true]) {
    const { log, socket } = await openSlow(t);
    const [head, body] = [request("POST /write", { "Content-Length": "4" }), "body"];
    socket.write(request("POST /change") + head + (isLate ? "" : body + request("GET /look", CLOSE)));
    while (isLate && log.length < 2) await setImmediate();
    if (isLate) socket.write(body + request("GET /look", CLOSE));
    assert.deepEqual(await statuses(socket), ["204", "204", "204"]);
    assert.deepEqual(log, ["change begins", "change ends", "written", "look begins", "look ends"]);
  }
});

test("requests one after the other over one connection are all served", ends, async (t) => {
  const { log, socket } = await openSlow(t);
  for (let count = 0; count < 100; count++) {
    socket.write(request("POST /change", count === 99 ? CLOSE : {}));
    while (count < 99 && log.length < 2 * (count + 1)) await setImmediate();
  }
  assert.equal((await statuses(socket)).length, 100);
});

test("of more than may wait the first are answered, and the connection ends with them", ends, async (t) => {
  const { log, socket } = await openSlow(t);
  socket.write(request("GET /look").repeat(500));
  const answered = await statuses(socket);
  assert.equal(answered.length, 17);
  assert.equal(log.length, 2 * 17);
});

test("what is no HTTP behind requests is answered after them", ends, async (t) => {
  const { log, socket } = await openSlow(t);
  socket.write(`${request("POST /change")}${request("GET /look")}nonsense\r\n\r\n`);
  assert.deepEqual(await statuses(socket), ["204", "204", "405"]);
  assert.equal(log.length, 4);
});

test("CONNECT, and a request without a Host, are refused after those before them", ends, async (t) => {
  for (const [refused, status] of [
    ["CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", "405"],
    ["GET /look HTTP/1.1\r\nConnection: close\r\n\r\n", "400"],
  ] as const) {
    const { log, socket } = await openSlow(t);
    socket.write(request("POST /change") + request("GET /look") + refused);
    assert.deepEqual(await statuses(socket), ["204", "204", status]);
    assert.equal(log.length, 4);
  }
});

test("nothing is done for a request behind an answer that ends the connection", ends, async (t) => {
  const { log, socket } = await openSlow(t, {
    requests: 9,
    bytes: 1e9,
    objects: 9,
    failedLogins: 1,
    anonymous: 9,
  });
  const wrong = request("POST /change", {
    Authorization: `Basic ${btoa("5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20:no")}`,
  });
  socket.write(wrong + wrong + request("POST /change") + request("GET /look"));
  assert.deepEqual(await statuses(socket), ["401", "429"]);
  assert.deepEqual(log, []);
});

test("a body that is cut off by the end of the connection is not waited for", ends, async (t) => {
  for (const before of ["", request("POST /change")]) {
    const { log, socket } = await openSlow(t);
    socket.end(`${before}${request("POST /write", { "Content-Length": "4" })}bo`);
    const answered = await statuses(socket);
    assert.deepEqual(answered, before === "" ? ["400"] : ["204", "400"]);
    assert.ok(!log.includes("written"));
  }
});

test("a caller who hangs up has what waits dropped", ends, async (t) => {
  const { log, socket } = await openSlow(t);
  socket.write(request("POST /change").repeat(3));
  while (log.length === 0) await setImmediate();
  socket.resetAndDestroy();
  for (let turn = 0; turn < 100; turn++) await setImmediate();
  assert.ok(log.filter((line) => line.endsWith("begins")).length < 3, log.join());
});
