import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { sendRaw } from "../../testing/clients/raw.ts";
import { AUTHORIZATION, QUIET, serveCommands, USER } from "../../testing/http/server.ts";
import type { Command } from "../api/command.ts";
import { COMMANDS } from "../commands.ts";

const OTHER = "6d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c21";
const PIECE_BYTES = 2 ** 18;
const MANY = { requests: 1e9, bytes: 1e12, objects: 1e9, failedLogins: 1e9, anonymous: 1e9 };

const quick: Command = { ...QUIET, path: "quick", effect: "reads", run: async () => {} };
const create: Command = { ...QUIET, path: "things/create", creates: true, run: async () => {} };
const admins: Command = { ...create, path: "admins/create", isAdmins: true };
const large: Command = {
  ...{ ...QUIET, path: "large", effect: "reads", returns: "bytes" },
  run: async () => ({ lengthBytes: 4 * PIECE_BYTES, heldBytes: PIECE_BYTES, pieces: pieces() }),
};

async function* pieces() {
  for (let piece = 0; piece < 4; piece++) yield new Uint8Array(PIECE_BYTES);
}

async function serve(t: TestContext, rates: Partial<typeof MANY>) {
  const server = await serveCommands([quick, create, admins, large], { rates: { ...MANY, ...rates } });
  t.after(() => server.close());
  return async (path: string, { auth = "", method = "POST" } = {}) => {
    const headers =
      auth === "" ? AUTHORIZATION : { Authorization: `Basic ${Buffer.from(auth).toString("base64")}` };
    const answer = await fetch(`${server.url}${path}`, { method, headers });
    await answer.arrayBuffer();
    return answer;
  };
}

/** Status, error type and code of a refusal, and whether it says when to come again. */
const refusal = ({ status, headers }: Response) => [
  status,
  headers.get("x-elastic-error"),
  headers.get("x-lodge-error"),
  Number(headers.get("retry-after")) >= 1,
];

const EXCEEDED = [429, "busy", "rate_exceeded", true];

test("an account that asks too often is told when to come again, and others are answered", async (t) => {
  const ask = await serve(t, { requests: 20 });
  for (let asked = 0; asked < 20; asked++) assert.equal((await ask("quick")).status, 204);
  assert.deepEqual(refusal(await ask("quick")), EXCEEDED);
  assert.equal((await ask("quick", { auth: `${OTHER}:secret` })).status, 204);
});

test("an account that makes too much may make no more, and everything else", async (t) => {
  const ask = await serve(t, { objects: 5 });
  for (let made = 0; made < 5; made++) assert.equal((await ask("things/create")).status, 204);
  assert.deepEqual(refusal(await ask("things/create")), EXCEEDED);
  assert.equal((await ask("quick")).status, 204);
});

test("a command that is there for admins alone is to others as none, however often they ask", async (t) => {
  const ask = await serve(t, { objects: 2 });
  const told = async (path: string) => refusal(await ask(path));
  for (let asked = 0; asked < 5; asked++) {
    assert.deepEqual(await told("admins/create"), await told("nothing/create"));
  }
  assert.equal((await ask("things/create")).status, 204);
});

test("each command that makes an object counts as one", () => {
  const making = COMMANDS.filter(({ path }) => path.split("/").includes("create")).map(({ path }) => path);
  assert.deepEqual(
    COMMANDS.filter(({ creates }) => creates).map(({ path }) => path),
    making,
  );
  assert.ok(making.length >= 3, `${making}`);
});

test("what connections have moved that are closed after each request is counted with their ends", async (t) => {
  const server = await serveCommands([quick, large], { rates: { ...MANY, bytes: 3 * 2 ** 20 } });
  t.after(() => server.close());
  const ask = (start: string) => sendRaw(server.url, start, AUTHORIZATION);
  let answered = 0;
  for (; answered < 200 && (await ask("GET /large")).status === 200; answered++);
  assert.ok(answered >= 3 && answered < 200, `${answered} answers of 1 MiB`);
  const refused = await ask("POST /quick");
  assert.deepEqual([refused.status, refused.headers.get("x-lodge-error")], [429, "rate_exceeded"]);
});

test("an account that moves too much may ask again once that was made up for", async (t) => {
  const ask = await serve(t, { bytes: 3 * 2 ** 20 });
  let answered = 0;
  for (; answered < 200 && (await ask("large", { method: "GET" })).status === 200; answered++);
  // What a connection has moved is counted with the next request on it, or with its end.
  assert.ok(answered >= 3 && answered < 200, `${answered} answers of 1 MiB`);
  assert.deepEqual(refusal(await ask("quick")), EXCEEDED);
  assert.equal((await ask("quick", { auth: `${OTHER}:secret` })).status, 204);
});

test("who has the right key is answered at once, whatever fails from their address and with their name", async (t) => {
  const ask = await serve(t, { failedLogins: 10 });
  for (let failed = 0; failed < 10; failed++) {
    assert.equal((await ask("quick", { auth: `${USER}:wrong` })).status, 401);
  }
  const refused = await ask("quick", { auth: `${USER}:wrong` });
  assert.deepEqual(refusal(refused), [429, "busy", "too_many_failed_logins", true]);
  assert.equal(refused.headers.get("connection"), "close");
  assert.equal((await ask("quick")).status, 204);
  assert.equal((await ask("quick", { auth: `${OTHER}:secret` })).status, 204);
});
