import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { closed } from "../../testing/http/closed.ts";
import { until } from "../../testing/until.ts";
import { Health } from "../http/health.ts";
import { openAdminListener } from "./admin-listener.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 60_000 };
const LOOPBACK = { host: "127.0.0.1", port: 0 };
const METRICS = "# TYPE a gauge\na 1\n";

async function open(t: TestContext, tell: () => Promise<string> = async () => METRICS, at = LOOPBACK) {
  const troubles: unknown[] = [];
  const listener = await openAdminListener(at, {
    health: new Health(async () => {}),
    exposition: { text: tell, contentType: "text/plain; version=0.0.4; charset=utf-8" },
    onTrouble: (error) => troubles.push(error),
  });
  t.after(() => listener.close());
  const ask = async (path: string, method = "GET") => {
    const answer = await fetch(new URL(path, listener.url), { method });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  const dial = () => connect(Number(new URL(listener.url).port), "127.0.0.1");
  return { listener, troubles, ask, dial };
}

test("it tells metrics and health, each by GET and HEAD, and nothing else", ends, async (t) => {
  const { ask } = await open(t);
  const metrics = await ask("/metrics?x=1");
  assert.deepEqual([metrics.status, metrics.text], [200, METRICS]);
  assert.match(metrics.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  assert.deepEqual([(await ask("/metrics", "HEAD")).text, (await ask("/health/live")).status], ["", 200]);
  assert.equal((await ask("/health/ready")).text, '{"status":"ready"}');
  assert.deepEqual([(await ask("/")).status, (await ask("/drives/list")).status], [404, 404]);
  const posted = await ask("/metrics", "POST");
  assert.deepEqual([posted.status, posted.headers.get("allow")], [405, "GET, HEAD"]);
});

test("that metrics cannot be told is told to the log alone", ends, async (t) => {
  const { ask, troubles } = await open(t, async () => {
    throw new Error("inner words");
  });
  const { status, text } = await ask("/metrics");
  assert.equal(status, 500);
  assert.doesNotMatch(text, /inner/);
  assert.match(String(troubles[0]), /inner words/);
});

test("it has so many connections and no more, and goes on once there are fewer", ends, async (t) => {
  const { dial, ask } = await open(t);
  const request = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
  const held = await Promise.all(
    Array.from({ length: 64 }, async () => {
      const socket = dial();
      socket.write(request);
      await once(socket, "data");
      return socket;
    }),
  );
  const beyond = dial();
  beyond.on("error", () => beyond.destroy()).write(request);
  assert.equal(await text(beyond).catch(() => ""), "");
  for (const socket of held) socket.destroy();
  const again = await until("there is one free again", () => ask("/health/live").catch(() => null));
  assert.equal(again.status, 200);
});

test("a body without end ends its connection", ends, async (t) => {
  const { dial } = await open(t);
  const sender = dial();
  const cut = closed(sender.resume());
  sender.write("POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  const sending = setInterval(() => sender.write("10\r\n0123456789abcdef\r\n"), 1);
  t.after(() => clearInterval(sending));
  await cut;
});

test("headers that are too long are refused", ends, async (t) => {
  const { dial } = await open(t);
  const socket = dial();
  socket.write(`GET /metrics HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(10_000)}\r\n\r\n`);
  assert.match(await text(socket), /^HTTP\/1\.1 431 /);
});

test("it says whether programs of this machine alone reach it", ends, async (t) => {
  assert.equal((await open(t)).listener.isLocal, true);
  const everywhere = await open(t, undefined, { host: "0.0.0.0", port: 0 });
  assert.equal(everywhere.listener.isLocal, false);
});

test("where it cannot listen it says so, by the setting's name", ends, async (t) => {
  const { listener } = await open(t);
  const port = Number(new URL(listener.url).port);
  await assert.rejects(open(t, undefined, { host: "127.0.0.1", port }), {
    type: "failed",
    message: `Lodge cannot listen at 127.0.0.1:${port} (--admin / LODGE_ADMIN): another process does`,
  });
});
