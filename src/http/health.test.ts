import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { serveCommands } from "../../testing/http/server.ts";
import { Health } from "./health.ts";

/** A server whose store answers as `askStore` does, and how one of its paths is asked, by nobody. */
async function served(t: TestContext, askStore: () => Promise<unknown>) {
  const server = await serveCommands([], { health: new Health(askStore) });
  t.after(() => server.close());
  return async (path: string) => {
    const answer = await fetch(new URL(path, server.url));
    return [answer.status, await answer.text(), answer.headers.get("cache-control")] as const;
  };
}

test("who can be left running is live, and /health says so as it did before there were two answers", async (t) => {
  const ask = await served(t, () => Promise.reject(new Error("away")));
  assert.deepEqual(await ask("/health"), [200, '{"status":"ok"}', null]);
  assert.deepEqual(await ask("/health/live"), [200, '{"status":"ok"}', "no-store"]);
});

test("callers can be led here while the store answers, and not while it does not", async (t) => {
  const ask = await served(t, async () => {});
  assert.deepEqual(await ask("/health/ready"), [200, '{"status":"ready"}', "no-store"]);
  const askOther = await served(t, () => Promise.reject(new Error("away")));
  const unready = '{"status":"unready","reason":"store_unavailable"}';
  assert.deepEqual(await askOther("/health/ready"), [503, unready, "no-store"]);
});

test("a store that hangs is one that does not answer", { timeout: 60_000 }, async () => {
  const health = new Health(() => new Promise(() => {}));
  assert.equal(await health.unready(), "store_unavailable");
});

test("however many ask at once whether it is ready, the store is asked once", async () => {
  let asked = 0;
  const answered = Promise.withResolvers<void>();
  const health = new Health(() => {
    asked++;
    return answered.promise;
  });
  const all = Array.from({ length: 50 }, () => health.unready());
  answered.resolve();
  assert.deepEqual(new Set(await Promise.all(all)), new Set([null]));
  assert.equal(asked, 1);
});

test("who is being stopped is not ready, on a connection that is still open", async (t) => {
  const health = new Health(async () => {});
  const server = await serveCommands([], { health });
  t.after(() => server.close());
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const ask = async () => {
    const [response] = await once(get(new URL("/health/ready", server.url), { agent }), "response");
    return [response.statusCode, await text(response), response.headers["retry-after"]];
  };
  assert.deepEqual(await ask(), [200, '{"status":"ready"}', undefined]);
  health.stop();
  assert.deepEqual(await ask(), [503, '{"status":"unready","reason":"stopping"}', "1"]);
});

test("closing the server makes it unready", async () => {
  const health = new Health(async () => {});
  const server = await serveCommands([], { health });
  await server.close();
  assert.equal(await health.unready(), "stopping");
});
