/** Creates that are sent again with their `Idempotency-Key`, to a daemon by HTTP. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../testing/cloud.ts";
import { makeUser } from "../testing/user.ts";

const CREATES: readonly [path: string, body: string, name: string][] = [
  ["drives/create", "name d\nsize 1M\n", "drive"],
  ["servers/create/stopped", "name s\ncpu 200\nmem 32\n", "server"],
  ["servers/create", "name s\ncpu 200\nmem 32\n", "server"],
  ["resources/vlan/create", "name v\n", "resource"],
  ["resources/ip/create", "name i\n", "resource"],
];

describe("an Idempotency-Key", () => {
  let cloud: Cloud;
  let other = "";

  before(async () => {
    cloud = await openCloud();
    other = (await makeUser(cloud, "eve")).auth;
  });
  after(() => cloud?.close());

  /** What the create made, by the key of the answer that names it. */
  async function made(path: string, body: string, name: string, key: string | null, auth = cloud.auth) {
    const headers = key === null ? {} : { "idempotency-key": key };
    const { status, text } = await cloud.ask(path, { body, auth, headers });
    assert.equal(status, 200, text);
    return new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? assert.fail(text);
  }

  for (const [path, body, name] of CREATES) {
    it(`makes one object of all requests of ${path} that bear it, also after kill -9`, async () => {
      const key = `key of ${path}`.replaceAll(" ", "-");
      const first = await made(path, body, name, key);
      assert.equal(await made(path, body, name, key), first);
      await cloud.kill();
      await cloud.start();
      assert.equal(await made(path, body, name, key), first);
      const { status, text } = await cloud.ask(path, {
        body: body.replace("name ", "name x"),
        headers: { "idempotency-key": key },
      });
      assert.equal(status, 400, text);
      assert.match(text, /Idempotency-Key was used for another request/);
      assert.notEqual(await made(path, body, name, key, other), first, "it is of its user alone");
      assert.notEqual(await made(path, body, name, null), first, "without it every request makes another");
    });
  }
});
