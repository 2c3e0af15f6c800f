/** What goes with every request: its id, the caller's idempotency key, and what the log says of it. */
import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { test } from "node:test";
import { pino } from "pino";
import { sendRaw } from "../../testing/clients/raw.ts";
import { AUTHORIZATION, QUIET, serveCommands, USER } from "../../testing/http/server.ts";
import type { Command, Request } from "../api/command.ts";
import { busy } from "../base/errors.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A server whose commands keep what they were asked, with all that it logs. */
async function openKeeping(level = "info") {
  const requests: Request[] = [];
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)) as Record<string, unknown>);
      done();
    },
  });
  const keep = async (request: Request) => {
    requests.push(request);
  };
  const commands: Command[] = [
    { ...QUIET, path: "things/create", run: keep },
    { ...QUIET, path: "things/look", effect: "reads", run: keep },
    {
      ...QUIET,
      path: "things/held",
      run: () => Promise.reject<void>(busy("server_not_stopped", "it is held")),
    },
    {
      ...QUIET,
      path: "things/break",
      effect: "reads",
      run: () => Promise.reject<void>(new Error("inner path")),
    },
  ];
  return { ...(await serveCommands(commands, { logger: pino({ level }, sink) })), requests, lines };
}

type Open = Awaited<ReturnType<typeof openKeeping>>;

async function withServer(level: string, work: (server: Open) => Promise<void>): Promise<void> {
  const server = await openKeeping(level);
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

const post = (server: Open, path: string, headers: Record<string, string> = {}) =>
  sendRaw(server.url, `POST /${path}`, { ...AUTHORIZATION, ...headers });

test("the caller's request id is handed to the command, answered and logged", () =>
  withServer("info", async (server) => {
    const id = "Root=1-67891233-abcdef012345678912345678";
    const answer = await post(server, "things/create", { "X-Request-Id": id });
    assert.equal(answer.headers.get("x-request-id"), id);
    assert.equal(server.requests[0]?.requestId, id);
    assert.deepEqual(
      server.lines.map(({ requestId, command, user, msg }) => [requestId, command, user, msg]),
      [[id, "things/create", USER, "request answered"]],
    );
  }));

test("a request without an id, or with one that is not fit for a log, gets one of its own", () =>
  withServer("info", async (server) => {
    for (const headers of [{}, { "X-Request-Id": "a b" }, { "X-Request-Id": "x".repeat(129) }]) {
      const answer = await post(server, "things/create", headers);
      assert.match(answer.headers.get("x-request-id") ?? "", UUID);
    }
    assert.equal(new Set(server.requests.map(({ requestId }) => requestId)).size, 3);
  }));

test("every answer bears a request id: of errors, of what is no command, of documents, of what is no HTTP", () =>
  withServer("info", async (server) => {
    const unauthorized = await sendRaw(server.url, "GET /things/look", {});
    const odd = await sendRaw(server.url, "GET /things/look\u0001", {});
    assert.deepEqual([unauthorized.status, odd.status], [401, 400]);
    const answers = [unauthorized, odd];
    for (const start of [
      "GET /health",
      "GET /openapi",
      "GET /%zz",
      "PUT /things/look",
      "POST /things/held",
    ]) {
      answers.push(await sendRaw(server.url, start, AUTHORIZATION));
    }
    for (const { headers } of answers) assert.match(headers.get("x-request-id") ?? "", UUID);
  }));

test("an idempotency key is handed on as it came", () =>
  withServer("info", async (server) => {
    const keys = [`"${"k".repeat(253)}"`, "!", "8e03978e-40d5-43e8-bc93-6894a57f9324"];
    for (const key of keys) await post(server, "things/create", { "Idempotency-Key": key });
    await post(server, "things/create");
    assert.deepEqual(
      server.requests.map(({ idempotencyKey }) => idempotencyKey),
      [...keys, null],
    );
  }));

test("a malformed idempotency key is 400 usage, and the command does not run", () =>
  withServer("info", async (server) => {
    for (const key of ["", "a b", "k".repeat(256), "\u00fc"]) {
      const { status, headers } = await post(server, "things/create", { "Idempotency-Key": key });
      assert.deepEqual([status, headers.get("x-lodge-error")], [400, "malformed_idempotency_key"], key);
    }
    assert.deepEqual(server.requests, []);
  }));

test("changes are logged at info, refused or not, and what only reads at debug", async () => {
  for (const [level, expected] of [
    [
      "info",
      [
        ["request answered", undefined],
        ["request refused", "server_not_stopped"],
      ],
    ],
    [
      "debug",
      [
        ["request answered", undefined],
        ["request answered", undefined],
        ["request refused", "server_not_stopped"],
      ],
    ],
  ] as const) {
    await withServer(level, async (server) => {
      for (const path of ["things/look", "things/create", "things/held"]) await post(server, path);
      assert.deepEqual(
        server.lines.map(({ msg, code }) => [msg, code]),
        expected,
      );
    });
  }
});

test("a defect is logged as an error with all that led to it, under the id that its caller got", () =>
  withServer("warn", async (server) => {
    const { status, headers, body } = await post(server, "things/break");
    assert.deepEqual([status, headers.get("x-lodge-error")], [500, "system"]);
    assert.doesNotMatch(body.toString(), /inner/);
    const [line = assert.fail()] = server.lines;
    assert.equal(line.requestId, headers.get("x-request-id"));
    assert.match(JSON.stringify(line.err), /inner path/);
  }));

test("no header of a caller's is in the log, whatever comes of the request", () =>
  withServer("trace", async (server) => {
    for (const path of ["things/create", "things/break", "things/held", "things/none"])
      await post(server, path);
    await sendRaw(server.url, "GET /things/look", { Authorization: "Basic bWlzc3BlbGxlZA==" });
    assert.ok(server.lines.length >= 5);
    assert.doesNotMatch(JSON.stringify(server.lines), /Basic [A-Za-z0-9+]+=|c2VjcmV0|bWlzc3BlbGxlZA|:secret/);
  }));
