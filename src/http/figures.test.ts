/** What the server counts of what it is asked. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { closed } from "../../testing/http/closed.ts";
import { AUTHORIZATION, QUIET, serveCommands } from "../../testing/http/server.ts";
import { until } from "../../testing/until.ts";
import type { Command } from "../api/command.ts";
import { missing } from "../base/errors.ts";

const UUID = "0d72a69e-bb64-4972-be07-9105576bebf9";

const act: Command = { ...QUIET, path: "things/THING/act", run: async () => {} };
const lost: Command = {
  ...{ ...QUIET, path: "things/THING/lose" },
  run: async () => {
    throw missing("there is no such thing");
  },
};

async function served(t: TestContext, commands: readonly Command[] = [act, lost]) {
  const server = await serveCommands(commands);
  t.after(() => server.close());
  const ask = async (path: string, headers: Record<string, string> = AUTHORIZATION) => {
    const answer = await fetch(new URL(path, server.url), { method: "POST", headers });
    await answer.arrayBuffer();
  };
  /** Of each command that was asked its statuses, and how many durations were observed. */
  const counted = () =>
    server
      .figures()
      .requests.commands.filter(({ durations }) => durations.count > 0)
      .map(({ command, statuses, durations }) => [command, Object.fromEntries(statuses), durations.count]);
  return { server, ask, counted };
}

test("requests are counted by their command and status, whatever their paths name", async (t) => {
  const { ask, counted } = await served(t);
  await ask(`/things/${UUID}/act`);
  await ask("/things/other/act/");
  await ask(`/things/${UUID}/lose`);
  await ask(`/things/${UUID}/act`, {});
  await ask(`/nothing/${UUID}`);
  assert.deepEqual(counted(), [
    ["things/THING/act", { 204: 2, 401: 1 }, 3],
    ["things/THING/lose", { 404: 1 }, 1],
    ["none", { 404: 1 }, 1],
  ]);
});

test("errors are counted by their codes", async (t) => {
  const { server, ask } = await served(t);
  await ask(`/things/${UUID}/lose`);
  await ask("/nothing");
  await ask(`/things/${UUID}/act`, {});
  await ask(`/things/${UUID}/act`, { authorization: `Basic ${btoa(`${UUID}:wrong`)}` });
  assert.deepEqual(Object.fromEntries(server.figures().requests.errors), {
    missing: 1,
    no_such_command: 1,
    credentials_missing: 1,
    credentials_wrong: 1,
  });
});

test("a caller who has hung up before the answer counts as one", async (t) => {
  const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow: Command = {
    ...{ ...QUIET, path: "slow" },
    async run() {
      begun.resolve();
      await goOn.promise;
      throw missing("there is nothing");
    },
  };
  const { server, counted } = await served(t, [slow]);
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(`POST /slow HTTP/1.1\r\nHost: x\r\nAuthorization: ${AUTHORIZATION.Authorization}\r\n\r\n`);
  await begun.promise;
  socket.destroy();
  await until("the server has seen it", async () => (server.figures().connections.open === 0 ? true : null));
  goOn.resolve();
  const seen = await until("it is counted", async () => (counted().length > 0 ? counted() : null));
  assert.deepEqual(seen, [["slow", { 499: 1 }, 1]]);
});

test("bytes are counted over all connections, open or closed, and never less than before", async (t) => {
  const { server } = await served(t);
  const { hostname, port } = new URL(server.url);
  const before = server.figures().traffic;
  const socket = connect(Number(port), hostname);
  const request = "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  socket.write(request);
  const answer = await text(socket);
  const counts = () => {
    const { receivedBytes, sentBytes } = server.figures().traffic;
    return [receivedBytes - before.receivedBytes, sentBytes - before.sentBytes];
  };
  assert.deepEqual(counts(), [request.length, answer.length]);
  await until("it is closed", async () => (server.figures().connections.open === 0 ? true : null));
  assert.deepEqual(counts(), [request.length, answer.length]);
  const another = connect(Number(port), hostname);
  another.write(request);
  await text(another);
  assert.deepEqual(counts(), [2 * request.length, 2 * answer.length]);
});

test("connections are counted, and those that are refused", async (t) => {
  const server = await serveCommands([], { limits: { connections: 1 } });
  t.after(() => server.close());
  const { hostname, port } = new URL(server.url);
  const first = connect(Number(port), hostname);
  t.after(() => first.destroy());
  await until("it is open", async () => (server.figures().connections.open === 1 ? true : null));
  const second = connect(Number(port), hostname);
  await closed(second.resume());
  assert.deepEqual(server.figures().connections, { open: 1, most: 1, refused: 1 });
});
