/** What the specification says of all commands: credentials, the two content types, the three kinds of data. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sendRaw } from "../../testing/clients/raw.ts";
import { type Asked, type Cloud, openCloud } from "../../testing/cloud.ts";

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const JSON_OUT = { headers: { accept: "application/json" } };

describe("every command", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
    for (const name of ["one", "two"]) {
      await cloud.make("servers/create/stopped", { name, cpu: 200, mem: 32 });
    }
  });
  after(() => cloud?.close());

  const refused: readonly [what: string, asked: Asked][] = [
    ["no credentials", { auth: "" }],
    ["a user who is not there", { auth: "00000000-0000-4000-8000-000000000000:secret" }],
    ["a user who is no uuid", { auth: "root:secret" }],
    ["credentials of another scheme", { auth: "", headers: { authorization: "Bearer secret" } }],
  ];
  for (const [what, asked] of refused) {
    it(`refuses ${what} with 401 auth, and asks for Basic credentials`, async () => {
      for (const path of ["drives/list", "no/such/command"]) {
        const { status, headers } = await cloud.ask(path, asked);
        assert.deepEqual([status, headers.get("x-elastic-error")], [401, "auth"]);
        assert.match(headers.get("www-authenticate") ?? "", /^Basic realm=/);
      }
    });
  }

  it("refuses a wrong secret with 401 auth, and takes the user's uuid in either case with the right one", async () => {
    const [user = "", secret = ""] = cloud.auth.split(":");
    assert.equal((await cloud.ask("drives/list", { auth: `${user}:${secret}x` })).status, 401);
    assert.equal((await cloud.ask("drives/list", { auth: `${user.toUpperCase()}:${secret}` })).status, 200);
  });

  it("names drives, servers and users by UUIDs", async () => {
    const info = await cloud.ask("servers/info");
    assert.match(info.text, new RegExp(`^server ${UUID}$`, "m"));
    assert.match(info.text, new RegExp(`^user ${UUID}$`, "m"));
  });

  const server = async () => (await cloud.ask("servers/list")).text.split(" ")[0] ?? "";

  it("answers one object as lines of a key, a space and the value, or as a JSON object", async () => {
    const uuid = await server();
    const text = await cloud.ask(`servers/${uuid}/info`);
    const json = await cloud.ask(`servers/${uuid}/info`, JSON_OUT);
    assert.match(text.text, new RegExp(`^server ${uuid}\nname one\ncpu 200\nmem 32\n`));
    for (const { headers } of [text, json]) assert.equal(headers.get("x-elastic-output"), "properties");
    assert.match(text.headers.get("content-type") ?? "", /^text\/plain/);
    assert.equal(json.headers.get("content-type"), "application/json");
    const lines = Object.entries(JSON.parse(json.text) as object).map(([key, value]) => `${key} ${value}\n`);
    assert.equal(lines.join(""), text.text);
  });

  it("answers a list as lines of values for the same keys, or as a JSON array of objects", async () => {
    const text = await cloud.ask("servers/list");
    const json = await cloud.ask("servers/list", JSON_OUT);
    assert.match(text.text, new RegExp(`^(${UUID} 200 32\n){2}$`));
    for (const { headers } of [text, json]) assert.equal(headers.get("x-elastic-output"), "list");
    const objects = JSON.parse(json.text) as { server: string; cpu: number; mem: number }[];
    const lines = objects.map(({ server, cpu, mem }) => `${server} ${cpu} ${mem}\n`);
    assert.equal(lines.join(""), text.text);
  });

  it("answers several objects with an empty line between, or as a JSON array of objects", async () => {
    const text = await cloud.ask("servers/info");
    const json = await cloud.ask("servers/info", JSON_OUT);
    for (const { headers } of [text, json]) {
      assert.equal(headers.get("x-elastic-output"), "properties list");
    }
    const objects = (JSON.parse(json.text) as object[]).map((object) =>
      Object.entries(object).map(([key, value]) => `${key} ${value}\n`),
    );
    assert.equal(objects.map((lines) => lines.join("")).join("\n"), text.text);
  });

  it("answers nothing of a list or of all as an empty text or an empty JSON array", async () => {
    for (const path of ["drives/list", "drives/info"]) {
      assert.equal((await cloud.ask(path)).text, "");
      assert.equal((await cloud.ask(path, JSON_OUT)).text, "[]");
    }
  });

  it("refuses CONNECT with 405 method, naming the methods that there are", async () => {
    const answer = await sendRaw(cloud.url, "CONNECT example.com:443", {});
    assert.deepEqual([answer.status, answer.headers.get("x-elastic-error")], [405, "method"]);
    assert.equal(answer.headers.get("allow"), "GET, HEAD, POST");
  });

  it("refuses a request with two Host headers with 400 usage", async () => {
    const { host } = new URL(cloud.url);
    const authorization = `Basic ${Buffer.from(cloud.auth).toString("base64")}`;
    for (const headers of [
      { Host: host, host },
      { Host: host, HOST: "example.com" },
    ]) {
      const answer = await sendRaw(cloud.url, "GET /drives/list", { authorization, ...headers });
      assert.deepEqual([answer.status, answer.headers.get("x-elastic-error")], [400, "usage"]);
      assert.match(answer.body.toString(), /one Host header/);
    }
  });

  it("names each request in its answer, by the caller's own name where there is one, and an error by a code", async () => {
    const own = await cloud.ask("servers/info", { headers: { "x-request-id": "caller-1" } });
    assert.equal(own.headers.get("x-request-id"), "caller-1");
    const one = await cloud.ask("servers/none/info");
    const other = await cloud.ask("no/such/command");
    const named = ({ headers }: typeof one) =>
      ["x-elastic-error", "x-lodge-error"].map((name) => headers.get(name));
    assert.equal(named(one)[0], "missing");
    assert.deepEqual(named(other), ["missing", "no_such_command"]);
    assert.notEqual(one.headers.get("x-request-id"), other.headers.get("x-request-id"));
  });
});
