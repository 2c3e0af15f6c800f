import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { AUTHORIZATION, QUIET, serveCommands } from "../../testing/http/server.ts";
import type { Command, Pages } from "../api/command.ts";
import type { Properties } from "../api/properties.ts";
import { writeAll } from "./formats/format.ts";
import { json } from "./formats/json.ts";
import { text } from "./formats/text.ts";
import { piecesOf } from "./pieces.ts";

const LARGE = "x".repeat(64 * 1024);

const objects = (count: number, note = "small"): Properties[] =>
  Array.from({ length: count }, (_, index) => [
    ["drive", `drive ${index}`],
    ["user:note", note],
  ]);

/** Pages of one large object each, and how many of them were made. */
function largePages(count: number) {
  const made = { pages: 0, ended: Promise.withResolvers<void>() };
  async function* pages(): Pages {
    try {
      for (let index = 0; index < count; index++) {
        made.pages++;
        yield objects(1, LARGE);
      }
    } finally {
      made.ended.resolve();
    }
  }
  return { made, pages };
}

const listing = (run: () => Promise<Pages>, path = "things/info"): Command => ({
  ...{ ...QUIET, path, effect: "reads", returns: "properties list", run },
});

async function serve(t: TestContext, ...commands: readonly Command[]) {
  const quick: Command = {
    ...QUIET,
    path: "quick",
    effect: "reads",
    returns: "nothing",
    run: async () => {},
  };
  const server = await serveCommands([...commands, quick]);
  t.after(() => server.close());
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${server.url}${path}`, { ...init, headers: { ...AUTHORIZATION, ...init.headers } });
  return { ask, url: new URL(server.url) };
}

/** A caller who asks and takes nothing. */
async function askWithoutTaking(url: URL, path: string) {
  const socket = connect(Number(url.port), url.hostname);
  await once(socket, "connect");
  socket.pause();
  socket.write(
    `GET /${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${AUTHORIZATION.Authorization}\r\nConnection: close\r\n\r\n`,
  );
  return socket;
}

for (const [name, format] of Object.entries({ json, text })) {
  for (const kind of ["list", "properties list"] as const) {
    test(`a ${kind} as ${name} in pieces is the same as one that is written at once`, async () => {
      for (const [count, note] of [
        [0, ""],
        [1, ""],
        [40, ""],
        [7, LARGE],
      ] as const) {
        const all = objects(count, note);
        async function* pages(): Pages {
          for (let at = 0; at < count; at += 3) yield all.slice(at, at + 3);
        }
        // Told again, and once more, they are the same.
        for (let times = 0; times < 3; times++) {
          const pieces: Buffer[] = [];
          for await (const each of piecesOf(format.write[kind], pages())) pieces.push(each);
          assert.equal(Buffer.concat(pieces).toString(), writeAll(format.write[kind], all), `${count}`);
          assert.ok(pieces.every((each) => each.length < 4 * LARGE.length + 100));
        }
      }
    });
  }
}

test("an object that changed is told anew, among others that are told again", async () => {
  const written = json.write["properties list"];
  const [first, second, third, changed] = objects(4, "ß");
  assert.ok(first && second && third && changed);
  const told = async (...all: readonly (readonly Properties[])[]) => {
    async function* pages(): Pages {
      yield* all;
    }
    const pieces: Buffer[] = [];
    for await (const each of piecesOf(written, pages())) pieces.push(each);
    assert.equal(Buffer.concat(pieces).toString(), writeAll(written, all.flat()));
  };
  for (let times = 0; times < 3; times++) await told([first, second], [third]);
  await told([first, changed], [third]);
  await told([first, second], [changed]);
  await told([first], [second, third]);
  await told([third], [first, second]);
  await told([], [first, second], [], [third]);
});

test("a long list is made as its caller takes it, and meanwhile others are answered", async (t) => {
  const { made, pages } = largePages(1_000);
  const { ask, url } = await serve(
    t,
    listing(async () => pages()),
  );
  const socket = await askWithoutTaking(url, "things/info");
  while (made.pages === 0) assert.equal((await ask("quick")).status, 204);
  for (let asked = 0; asked < 20; asked++) assert.equal((await ask("quick")).status, 204);
  // What is made is what the sockets' buffers hold, not the 64 MB of it all.
  assert.ok(made.pages < 500, `${made.pages} of 1000 pages were made though nobody took them`);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk)).resume();
  await once(socket, "end");
  assert.equal(made.pages, 1_000);
  const whole = Buffer.concat(chunks).toString();
  assert.match(whole, /^HTTP\/1.1 200 OK\r\n/);
  assert.equal(whole.match(/^drive drive 0$/gm)?.length, 1_000);
  assert.ok(whole.endsWith("\r\n0\r\n\r\n"));
});

test("what goes out in one piece has a length, and what goes out in several comes whole", async (t) => {
  async function* small(): Pages {
    yield objects(3);
    yield objects(3);
  }
  const { ask } = await serve(
    t,
    listing(async () => small(), "small"),
    listing(async () => largePages(10).pages(), "large"),
  );
  const short = await ask("small", { headers: { accept: "application/json" } });
  const body = await short.text();
  assert.equal(short.headers.get("content-length"), String(Buffer.byteLength(body)));
  assert.equal(JSON.parse(body).length, 6);
  const long = await ask("large", { headers: { accept: "application/json" } });
  assert.equal(long.headers.get("content-length"), null);
  assert.equal(long.headers.get("x-elastic-output"), "properties list");
  assert.equal((JSON.parse(await long.text()) as unknown[]).length, 10);
});

test("a HEAD of a long list reads no more of it than tells that it is long", async (t) => {
  const { made, pages } = largePages(100);
  const { ask } = await serve(
    t,
    listing(async () => pages()),
  );
  const answer = await ask("things/info", { method: "HEAD" });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("x-elastic-output"), "properties list");
  await made.ended.promise;
  assert.ok(made.pages < 5, `${made.pages} pages were made`);
});

test("an error behind the first pieces breaks the connection, so that nobody takes them for the whole", async (t) => {
  async function* broken(): Pages {
    yield* largePages(5).pages();
    throw new Error("no more");
  }
  const { ask } = await serve(
    t,
    listing(async () => broken()),
  );
  const answer = await ask("things/info");
  assert.equal(answer.status, 200);
  await assert.rejects(answer.text());
});

test("an error before anything was sent is answered as such", async (t) => {
  // biome-ignore lint/correctness/useYield: it fails before it has anything.
  async function* broken(): Pages {
    throw new Error("none");
  }
  const { ask } = await serve(
    t,
    listing(async () => broken()),
  );
  assert.equal((await ask("things/info")).status, 500);
});

test("what is left of a list is not made when its caller hangs up", async (t) => {
  const { made, pages } = largePages(1_000);
  const { url } = await serve(
    t,
    listing(async () => pages()),
  );
  const socket = await askWithoutTaking(url, "things/info");
  await once(socket.resume(), "data");
  socket.destroy();
  await made.ended.promise;
  assert.ok(made.pages < 1_000);
});

test("a caller who takes nothing of a list is cut", { timeout: 30_000 }, async (t) => {
  const { made, pages } = largePages(1_000);
  const limits = { silenceMs: 50, floorBytesPerSecond: 1 };
  const server = await serveCommands([listing(async () => pages())], { limits });
  const socket = await askWithoutTaking(new URL(server.url), "things/info");
  t.after(async () => {
    socket.destroy();
    await server.close();
  });
  await made.ended.promise;
  assert.ok(made.pages < 1_000);
});

test("four lists of a user are under way at once, and the fifth waits for one of them", async (t) => {
  let begun = 0;
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const { ask } = await serve(
    t,
    listing(async () => {
      await ends[begun++]?.promise;
      return largePages(1).pages();
    }),
  );
  const lists = ends.map(() => ask("things/info"));
  while (begun < 4) await ask("quick");
  for (let asked = 0; asked < 10; asked++) await ask("quick");
  assert.equal(begun, 4);
  ends[0]?.resolve();
  while (begun < 5) await ask("quick");
  for (const { resolve } of ends) resolve();
  for (const list of lists) assert.equal((await list).status, 200);
});

test("lists of one server take no turns of another's", async (t) => {
  const { promise: end, resolve: ends } = Promise.withResolvers<void>();
  let begun = 0;
  const held = listing(async () => {
    begun++;
    await end;
    return largePages(1).pages();
  });
  const [one, other] = [
    await serve(t, held),
    await serve(
      t,
      listing(async () => largePages(1).pages()),
    ),
  ];
  const lists = Array.from({ length: 4 }, () => one.ask("things/info"));
  while (begun < 4) await one.ask("quick");
  assert.equal((await other.ask("things/info")).status, 200);
  ends();
  for (const list of lists) assert.equal((await list).status, 200);
});
