/** Looking at servers over a state cloud: tickets, whom they let in, how bytes are carried, and all that ends it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { createUser } from "../../src/accounts/users.ts";
import type { ViewKind } from "../../src/api/viewing.ts";
import type { UserId } from "../../src/base/ids.ts";
import { Tickets } from "../../src/servers/tickets.ts";
import { callerOf } from "../../testing/http/accounts.ts";
import { say } from "../../testing/simulated/servers.ts";
import { openCloud } from "../../testing/state-cloud.ts";
import { serveState } from "../../testing/state-http.ts";
import { lifecycle, makeLasting } from "../../testing/state-objects.ts";
import { until } from "../../testing/until.ts";

type Headers = Readonly<Record<string, string>>;

/** A cloud with ann, its admin, and bob, who has a server that runs. */
async function opened(t: TestContext) {
  const cloud = await openCloud(t);
  const { store } = cloud.daemon();
  const bob = await createUser(store, "bob");
  const server = await makeLasting({ ...cloud, user: bob.uuid });
  const { url, authorizationOf } = await serveState(t, cloud);
  const as = (user: string, secret: string): Headers => ({
    authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`,
  });
  const bobs = as(bob.uuid, bob.secret);
  const admin = { authorization: authorizationOf(cloud.user) };
  const ask = async (path: string, headers: Headers = bobs, given: object = {}) => {
    const body = Object.keys(given).length === 0 ? {} : { body: JSON.stringify(given) };
    const more = { accept: "application/json", "content-type": "application/json" };
    const answer = await fetch(url + path, { method: "POST", headers: { ...more, ...headers }, ...body });
    const text = await answer.text();
    const properties = (answer.status === 200 ? JSON.parse(text) : {}) as Readonly<Record<string, unknown>>;
    return { status: answer.status, code: answer.headers.get("x-lodge-error"), text, body: properties };
  };
  const ticket = async (headers: Headers = bobs, kind: ViewKind = "screen") => {
    const { status, text, body } = await ask(`servers/${server}/${kind}`, headers);
    assert.equal(status, 200, text);
    return String(body.ticket);
  };
  const sockets: WebSocket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.terminate();
  });
  /** Opens a WebSocket with the ticket; answers it once it is open, or the status and code of the refusal. */
  const look = async (secret: string, headers: Headers = {}, kind: ViewKind = "screen") => {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}${kind}/${secret}`, ["binary"], { headers });
    sockets.push(socket);
    const messages: Buffer[] = [];
    socket.on("message", (data: Buffer) => messages.push(data));
    socket.on("error", () => {});
    const refused = new Promise<readonly [number | undefined, string | string[] | undefined]>((resolve) =>
      socket.once("unexpected-response", (_request, answer) => {
        resolve([answer.statusCode, answer.headers["x-lodge-error"]]);
        answer.resume();
      }),
    );
    const open = once(socket, "open").then(() => null);
    const refusal = await Promise.race([open, refused]);
    return { socket, refusal, messages };
  };
  const guestsEnds = (): readonly Duplex[] => cloud.machine.servers.get(server)?.screens ?? [];
  /** A viewer who is in, with the guest's end of what they see. */
  const viewer = async (headers?: Headers) => {
    const { socket, refusal } = await look(await ticket(headers));
    assert.equal(refusal, null);
    return { socket, guest: guestsEnds().at(-1) ?? assert.fail("nobody looks") };
  };
  /** One who looks at the serial port; all messages that they got. */
  const listener = async () => {
    const { socket, refusal, messages } = await look(await ticket(bobs, "serial"), {}, "serial");
    assert.equal(refusal, null);
    await until("the history came", async () => (messages.length > 0 ? true : null));
    return { socket, messages, guest: cloud.machine.servers.get(server)?.serials.at(-1) };
  };
  const trail = async (command = "screen/TICKET") => {
    const rows = await store.snapshot((tx) =>
      tx.selectFrom("events").selectAll().orderBy("serial").execute(),
    );
    return rows.filter((row) => row.command === command);
  };
  return {
    ...{
      cloud,
      store,
      bob,
      bobs,
      admin,
      server,
      url,
      ask,
      ticket,
      look,
      viewer,
      listener,
      guestsEnds,
      trail,
    },
  };
}

const NOT_LET_IN = [401, "credentials_wrong"];

/** With which code the WebSocket was closed. */
const closedWith = async (socket: WebSocket): Promise<number> => {
  if (socket.readyState === socket.CLOSED) assert.fail("it was closed before");
  return Number((await once(socket, "close"))[0]);
};

test("a ticket shows a server's screen, byte for byte in both directions, and that is in the trail", async (t) => {
  const { viewer, server, bob, trail } = await opened(t);
  const { socket, guest } = await viewer();
  assert.equal(socket.protocol, "binary");
  guest.write(Buffer.of(0, 255, 10, 13));
  const [shown, isBinary] = await once(socket, "message");
  assert.deepEqual([[...(shown as Buffer)], isBinary], [[0, 255, 10, 13], true]);
  socket.send(Buffer.of(1, 2, 0));
  assert.deepEqual([...((await once(guest, "data"))[0] as Buffer)], [1, 2, 0]);
  const closed = once(guest, "close");
  socket.close();
  guest.resume();
  await closed;
  const events = await until("that it is over is on record", async () => {
    const rows = await trail();
    return rows.length < 2 ? null : rows;
  });
  assert.deepEqual(
    events.map(({ user, actor, object, outcome, address }) => [user, actor, object, outcome, address]),
    ["begun", "done"].map((outcome) => [bob.uuid, bob.uuid, server, outcome, "127.0.0.1"]),
  );
});

test("a ticket is good once, and nobody else's, nor what was never one, is", async (t) => {
  const { look, ticket, ask, server, store } = await opened(t);
  const secret = await ticket();
  const [first, second] = await Promise.all([look(secret), look(secret)]);
  const refusals = [first.refusal, second.refusal];
  assert.equal(refusals.filter((refusal) => refusal === null).length, 1);
  assert.deepEqual(
    refusals.find((refusal) => refusal !== null),
    NOT_LET_IN,
  );
  for (const other of ["x", "vZ5cG0Nn3mYk1qT8wXbR4sLd7uJfHa2oPe6iKtQyBzM"])
    assert.deepEqual((await look(other)).refusal, NOT_LET_IN);
  const eve = await createUser(store, "eve");
  const eves = { authorization: `Basic ${Buffer.from(`${eve.uuid}:${eve.secret}`).toString("base64")}` };
  const { status, code } = await ask(`servers/${server}/screen`, eves);
  assert.deepEqual([status, code], [404, "no_such_server"]);
});

test("a ticket is good for thirty seconds, as it says", async (t) => {
  const { ask, server } = await opened(t);
  const { body } = await ask(`servers/${server}/screen`);
  assert.ok(Math.abs(Number(body.expires) - Date.now() / 1000 - 30) < 20);
  const clock = { ms: 1_000 };
  const tickets = new Tickets(() => clock.ms);
  const given = () => tickets.give({ caller: callerOf("ann" as UserId), server, kind: "screen" });
  const [first, second] = [given(), given()];
  assert.equal(first.untilMs, 31_000);
  clock.ms = 30_999;
  assert.equal(tickets.take("screen", first.secret)?.server, server);
  clock.ms = 31_000;
  assert.equal(tickets.take("screen", second.secret), null);
});

test("an account has sixteen tickets that were not used: of more, the oldest is none", async (t) => {
  const { ticket, look } = await opened(t);
  const secrets: string[] = [];
  for (let count = 0; count < 17; count++) secrets.push(await ticket());
  assert.deepEqual((await look(secrets[0] ?? "")).refusal, NOT_LET_IN);
  assert.equal((await look(secrets[1] ?? "")).refusal, null);
});

test("a page of another origin does not look, whatever ticket it has, and one of this origin does", async (t) => {
  const { ticket, look, url } = await opened(t);
  for (const origin of [
    "http://evil.example",
    "null",
    "http://127.0.0.1",
    `${url.slice(0, -1)}.evil.example`,
  ])
    assert.deepEqual((await look(await ticket(), { origin })).refusal, NOT_LET_IN);
  assert.equal((await look(await ticket(), { origin: new URL(url).origin })).refusal, null);
});

test("eight look at a server at once, and the ninth when one of them has left", async (t) => {
  const { viewer, ticket, ask, server, look, guestsEnds } = await opened(t);
  const first = await viewer();
  const early = await ticket();
  for (let count = 1; count < 8; count++) await viewer();
  assert.deepEqual((await look(early)).refusal, [409, "too_many_viewers"]);
  const late = await ask(`servers/${server}/screen`);
  assert.deepEqual([late.status, late.code], [409, "too_many_viewers"]);
  const left = once(first.guest, "close");
  first.socket.close();
  first.guest.resume();
  await left;
  assert.equal((await look(await ticket())).refusal, null);
  assert.equal(guestsEnds().filter(({ destroyed }) => !destroyed).length, 8);
});

for (const [what, end] of [
  ["the key is ended", async ({ ask, bobs }, { key }) => ask(`profile/keys/${key}/destroy`, bobs)],
  [
    "the session is ended",
    async ({ ask, bobs }, { session }) => ask(`profile/sessions/${session}/destroy`, bobs),
  ],
  [
    "the account is suspended",
    async ({ ask, admin, bob }) => ask(`accounts/${bob.uuid}/suspend`, admin, { reason: "x" }),
  ],
] as readonly (readonly [
  string,
  (
    cloud: Awaited<ReturnType<typeof opened>>,
    of: { key: string; session: string },
  ) => Promise<{ status: number; text: string }>,
])[]) {
  test(`who looks with a session looks no more from when ${what}`, async (t) => {
    const cloud = await opened(t);
    const { ask, bobs, bob } = cloud;
    const { body } = await ask("profile/keys/create", bobs, { name: "second" });
    const second = { authorization: `Basic ${Buffer.from(`${bob.uuid}:${body.secret}`).toString("base64")}` };
    const answer = await fetch(`${cloud.url}session`, {
      method: "POST",
      headers: { ...second, accept: "application/json", "content-type": "application/json" },
    });
    const { session } = (await answer.json()) as { session: string };
    const cookie = (answer.headers.getSetCookie()[0] ?? "").split(";", 1)[0] ?? "";
    const page = { cookie, "sec-fetch-site": "same-origin" };
    const { socket, guest } = await cloud.viewer(page);
    guest.resume();
    const unused = await cloud.ticket(page);
    const closed = closedWith(socket);
    const gone = once(guest, "close");
    const { status, text } = await end(cloud, { key: String(body.key), session });
    assert.equal(status, 204, text);
    assert.equal(await closed, 1008);
    await gone;
    assert.deepEqual((await cloud.look(unused)).refusal, NOT_LET_IN);
  });
}

test("who looks in another's place looks no more once they are no admin", async (t) => {
  const cloud = await opened(t);
  const { ask, admin, bob, store } = cloud;
  const { uuid, secret } = await createUser(store, "carol");
  assert.equal((await ask(`accounts/${uuid}/set`, admin, { role: "admin" })).status, 200);
  const carol = { authorization: `Basic ${Buffer.from(`${uuid}:${secret}`).toString("base64")}` };
  const { socket, guest } = await cloud.viewer({ ...carol, "x-elastic-user": bob.uuid });
  guest.resume();
  const closed = closedWith(socket);
  assert.equal((await ask(`accounts/${uuid}/set`, admin, { role: "user" })).status, 200);
  assert.equal(await closed, 1008);
});

test("a screen goes with its server, and a stopped one has none", async (t) => {
  const { cloud, viewer, ask, server, ticket, look } = await opened(t);
  const { socket } = await viewer();
  const unused = await ticket();
  const closed = closedWith(socket);
  await lifecycle(cloud).stop(server);
  assert.equal(await closed, 1000);
  const { status, code } = await ask(`servers/${server}/screen`);
  assert.deepEqual([status, code], [409, "server_not_active"]);
  assert.equal((await look(unused)).refusal?.[0], 404);
});

test("a server that sends more than is taken waits, and is in memory a mebibyte at most", async (t) => {
  const { viewer } = await opened(t);
  const { socket, guest } = await viewer();
  socket.pause();
  let sent = 0;
  let isStuck = false;
  const piece = Buffer.alloc(65_536, 7);
  while (!isStuck) {
    sent += piece.length;
    assert.ok(sent < 64 * 2 ** 20, "it never waits");
    const isTaken = guest.write(piece) || (await Promise.race([once(guest, "drain"), settled(500)])) !== null;
    isStuck = !isTaken;
  }
  let taken = 0;
  const all = new Promise<void>((resolve) =>
    socket.on("message", (data: Buffer) => {
      taken += data.length;
      if (taken === sent) resolve();
    }),
  );
  socket.resume();
  await all;
});

/** Null when that time is over, in which what is local would have happened. */
const settled = (ms: number): Promise<null> => new Promise((resolve) => setTimeout(() => resolve(null), ms));

test("text is refused, and so is a message without an end", async (t) => {
  const { viewer } = await opened(t);
  for (const [message, code] of [
    ["text", 1003],
    [Buffer.alloc(2 ** 20 + 1), 1009],
  ] as const) {
    const { socket, guest } = await viewer();
    guest.resume();
    const closed = closedWith(socket);
    socket.send(message);
    assert.equal(await closed, code);
  }
});

test("an upgrade to anything else is answered as any other request", async (t) => {
  const { url, bobs } = await opened(t);
  const { request } = await import("node:http");
  const asked = request(`${url}drives/list`, {
    headers: { ...bobs, connection: "upgrade", upgrade: "h2c" },
  }).end();
  const [answer] = await once(asked, "response");
  assert.equal(answer.statusCode, 200);
  answer.resume();
});

const textOf = (messages: readonly Buffer[]) => messages.map(String);

test("a serial port's first message is what was said before, all others what is said then, and what is sent the guest reads", async (t) => {
  const { cloud, server, listener, trail, bob } = await opened(t);
  const silent = await listener();
  assert.deepEqual(textOf(silent.messages), [""]);
  say(cloud.machine, server, "login: ");
  const { socket, messages, guest } = await listener();
  assert.deepEqual(textOf(messages), ["login: "]);
  socket.send(Buffer.from("root\r"));
  assert.equal(String((await once(guest ?? assert.fail(), "data"))[0]), "root\r");
  say(cloud.machine, server, "Password: ");
  for (const each of [silent, { messages }])
    await until("it is seen", async () => (textOf(each.messages).at(-1) === "Password: " ? true : null));
  socket.close();
  const events = await until("that it is over is on record", async () => {
    const rows = await trail("serial/TICKET");
    return rows.length < 3 ? null : rows;
  });
  assert.deepEqual(
    events.map(({ user, object, outcome }) => [user, object, outcome]),
    ["begun", "begun", "done"].map((outcome) => [bob.uuid, server, outcome]),
  );
});

test("of a server that is stopped its serial port shows what it said last, and of one that was started again it does not", async (t) => {
  const { cloud, server, listener, ask } = await opened(t);
  say(cloud.machine, server, "Power down");
  const { socket } = await listener();
  const closed = closedWith(socket);
  await lifecycle(cloud).stop(server);
  assert.equal(await closed, 1000);
  const after = await listener();
  assert.deepEqual(textOf(after.messages), ["Power down"]);
  assert.equal((await ask(`servers/${server}/start`)).status, 204);
  const again = await listener();
  assert.deepEqual(textOf(again.messages), [""]);
  say(cloud.machine, server, "booting again");
  await lifecycle(cloud).stop(server);
  assert.equal((await ask(`servers/${server}/destroy`)).status, 204);
  await until("nothing is left of it", async () => (cloud.machine.said.has(server) ? null : true));
});

test("a ticket for a screen is none for a serial port, nor the other way round, and is used up all the same", async (t) => {
  const { ticket, look, bobs, ask, server, store } = await opened(t);
  for (const [kind, other] of [
    ["screen", "serial"],
    ["serial", "screen"],
  ] as const) {
    const secret = await ticket(bobs, kind);
    assert.deepEqual((await look(secret, {}, other)).refusal, NOT_LET_IN);
    assert.deepEqual((await look(secret, {}, kind)).refusal, NOT_LET_IN);
  }
  const eve = await createUser(store, "eve");
  const eves = { authorization: `Basic ${Buffer.from(`${eve.uuid}:${eve.secret}`).toString("base64")}` };
  const { status, code } = await ask(`servers/${server}/serial`, eves);
  assert.deepEqual([status, code], [404, "no_such_server"]);
});

test("a page of another origin has no serial port, whatever ticket it has, nor has who lost their key", async (t) => {
  const { ticket, look, bobs, ask, bob } = await opened(t);
  const origin = "http://evil.example";
  assert.deepEqual((await look(await ticket(bobs, "serial"), { origin }, "serial")).refusal, NOT_LET_IN);
  const { body } = await ask("profile/keys/create", bobs, { name: "second" });
  const second = { authorization: `Basic ${Buffer.from(`${bob.uuid}:${body.secret}`).toString("base64")}` };
  const { socket, refusal } = await look(await ticket(second, "serial"), {}, "serial");
  assert.equal(refusal, null);
  const unused = await ticket(second, "serial");
  const closed = closedWith(socket);
  assert.equal((await ask(`profile/keys/${body.key}/destroy`, bobs)).status, 204);
  assert.equal(await closed, 1008);
  assert.deepEqual((await look(unused, {}, "serial")).refusal, NOT_LET_IN);
});

test("a message to a serial port has 64 KiB at most, and eight look at one", async (t) => {
  const { listener, ask, server } = await opened(t);
  const { socket, guest } = await listener();
  guest?.resume();
  socket.send(Buffer.alloc(2 ** 16, "x"));
  const closed = closedWith(socket);
  socket.send(Buffer.alloc(2 ** 16 + 1, "x"));
  assert.equal(await closed, 1009);
  for (let count = 0; count < 8; count++) await listener();
  const { status, code } = await ask(`servers/${server}/serial`);
  assert.deepEqual([status, code], [409, "too_many_viewers"]);
});
