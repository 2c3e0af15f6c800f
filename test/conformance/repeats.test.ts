/** What a caller may rely on over the wire: repeated creates, callers who hang up, ids that lead into the log. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { type Answer, type Cloud, openCloud } from "../../testing/cloud.ts";
import { until } from "../../testing/until.ts";
import { makeUser } from "../../testing/user.ts";

type Asked = { readonly key: string; readonly body: string; readonly auth?: string };

/** What `create` makes, the key that names it, and the command that destroys it. */
const CREATES: readonly [create: string, body: string, name: string, destroy: string][] = [
  ["drives/create", "name d\nsize 4096\n", "drive", "drives/NAME/destroy"],
  ["servers/create", "name s\ncpu 100\nmem 32\n", "server", "servers/NAME/destroy"],
  ["servers/create/stopped", "name s\ncpu 100\nmem 32\n", "server", "servers/NAME/destroy"],
  ["resources/ip/create", "name r\n", "resource", "resources/ip/NAME/destroy"],
  ["resources/vlan/create", "name r\n", "resource", "resources/vlan/NAME/destroy"],
];

describe("a caller may rely on what was promised:", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud({ LODGE_LOG_LEVEL: "info" });
  });
  after(() => cloud.close());

  const create = (path: string, { key, body, auth }: Asked) =>
    cloud.ask(path, {
      ...{ body, headers: { "idempotency-key": key, "content-type": "text/plain" } },
      ...(auth === undefined ? {} : { auth }),
    });

  const propertyOf = ({ status, text }: Answer, name: string) => {
    assert.equal(status, 200, text);
    return new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1] ?? "";
  };

  /** The names of all that the first user has. */
  const owned = async () => {
    const lists = ["drives/list", "servers/list", "resources/list"].map((path) => cloud.ask(path));
    return (await Promise.all(lists)).map(({ text }) => text).join("");
  };

  for (const [path, body, name, destroy] of CREATES) {
    it(`${path} with a key makes one object, and tells when that is gone`, async () => {
      const key = `key-of-${path}`;
      const [first, other] = await Promise.all([create(path, { key, body }), create(path, { key, body })]);
      const made = propertyOf(first, name);
      assert.equal(propertyOf(other, name), made);
      assert.equal(propertyOf(await create(path, { key, body }), name), made);
      const before = await owned();
      const reused = await create(path, { key, body: `${body}tags other\n` });
      assert.deepEqual(
        [reused.status, reused.headers.get("x-elastic-error"), reused.headers.get("x-lodge-error")],
        [400, "usage", "idempotency_key_reused"],
      );
      const { auth } = await makeUser(cloud, path.replaceAll("/", "-"));
      const theirs = propertyOf(await create(path, { key, body, auth }), name);
      assert.notEqual(theirs, made);
      assert.equal(await owned(), before);
      const destroyed = await cloud.ask(destroy.replace("NAME", theirs), { method: "POST", auth });
      assert.equal(destroyed.status, 204, destroyed.text);
      await cloud.act(destroy.replace("NAME", made));
      const gone = await create(path, { key, body });
      assert.deepEqual(
        [gone.status, gone.headers.get("x-elastic-error"), gone.headers.get("x-lodge-error")],
        [404, "missing", "repeated_object_gone"],
      );
      assert.equal((await owned()).includes(made), false);
    });
  }

  it("a caller who hangs up once their command was sent does not end it", async () => {
    const { hostname, port } = new URL(cloud.url);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    const body = "name abandoned\nsize 4096\n";
    const head = [
      "POST /drives/create HTTP/1.1",
      `Host: ${hostname}`,
      `Authorization: Basic ${Buffer.from(cloud.auth).toString("base64")}`,
      "Content-Type: text/plain",
      `Content-Length: ${body.length}`,
    ];
    const sent = Promise.withResolvers<void>();
    socket.write(`${head.join("\r\n")}\r\n\r\n${body}`, () => sent.resolve());
    await sent.promise;
    socket.destroy();
    const drive = await until("the drive is there", async () => {
      const { text } = await cloud.ask("drives/info");
      return /^name abandoned$/m.test(text) ? text : null;
    });
    assert.match(drive, /^size 4096$/m);
  });

  it("the id of an answer leads to the lines of what was done for it", async () => {
    const linesOf = (request: string | null) =>
      cloud.logged
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter((line) => line.request === request);
    const post = (path: string, body = "") =>
      cloud.ask(path, { body, headers: { "content-type": "text/plain" } });
    const made = await post("drives/create", "name d\nsize 4096\n");
    const drive = propertyOf(made, "drive");
    const stopped = await post("servers/create/stopped", "name s\ncpu 100\nmem 32\npersistent true\n");
    const server = propertyOf(stopped, "server");
    const asked: readonly [answer: Answer, noun: string, name: string, action: string][] = [
      [made, "drive", drive, "create"],
      [await post(`drives/${drive}/set`, "size 8192\n"), "drive", drive, "resize"],
      [await post(`drives/${drive}/destroy`), "drive", drive, "destroy"],
      [await post(`servers/${server}/start`), "server", server, "start"],
      [await post(`servers/${server}/set`, "cpu 200\n"), "server", server, "apply"],
      [await post(`servers/${server}/stop`), "server", server, "stop"],
    ];
    for (const [answer, noun, name, action] of asked) {
      assert.ok(answer.status < 300, answer.text);
      const id = answer.headers.get("x-request-id");
      assert.ok(id !== null);
      const lines = await until(`the log has the ${action}`, async () => {
        const found = linesOf(id);
        return found.some(({ msg }) => msg === "done") ? found : null;
      });
      assert.deepEqual(
        lines.map((line) => [line.msg, line[noun], line.action]),
        [
          ["begun", name, action],
          ["done", name, action],
        ],
      );
    }
    await cloud.act(`servers/${server}/destroy`);
  });
});
