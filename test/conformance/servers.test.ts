/**
 * Every row and key of the specification's tables about servers that needs no guest's cooperation, in both content
 * types, against a real cloud. What guests do is in `test/guest/`.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { CONTENT_TYPES, type ContentType, exchange, type Row } from "../../testing/conformance/exchange.ts";
import { makeUser } from "../../testing/user.ts";
import { absent, bad, LEAST, life, NOBODY, stopped } from "./server-rows.ts";

describe("servers", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud.close());

  const drive = async () => (await cloud.make("drives/create", { name: "d", size: "1M" })).get("drive") ?? "";

  for (const type of CONTENT_TYPES) {
    describe(type, () => {
      const words: Record<string, string> = {};
      before(async () => {
        words.DRIVE = await drive();
        words.DRIVE2 = await drive();
        words.STOPPED = (await cloud.make("servers/create/stopped", LEAST)).get("server") ?? "";
        const server = { ...LEAST, "ide:0:0": words.DRIVE, persistent: "true" };
        words.SERVER = (await cloud.make("servers/create/stopped", server)).get("server") ?? "";
      });

      for (const row of [...stopped, ...bad, ...absent]) {
        it(row.name, async () => {
          await exchange(cloud, row, type, words);
        });
      }

      describe("the life of a server, request by request", () => {
        for (const row of life) {
          it(row.name, async () => {
            const object = await exchange(cloud, row, type, words);
            if (typeof object["nic:0:dhcp:ip"] === "string") words.ADDRESS = object["nic:0:dhcp:ip"];
          });
        }
      });

      it("keys come in the order of the worked example, and boot in JSON is text for one and a list for more", () =>
        assertOrder(cloud, type, words));
    });
  }

  it("a server that is not persistent is gone once it stopped, and its address is free", async () => {
    const made = await cloud.make("servers/create", { ...LEAST, "nic:0:dhcp": "auto" });
    const server = made.get("server");
    await cloud.act(`servers/${server}/stop`);
    assert.equal((await cloud.ask(`servers/${server}/info`)).status, 404);
    assert.doesNotMatch((await cloud.ask("servers/list")).text, new RegExp(server ?? "-"));
  });

  it("a stopped server whose drive is gone says so when it starts, and may be given another", async () => {
    const gone = await drive();
    const server = (await cloud.make("servers/create/stopped", { ...LEAST, "ide:0:0": gone })).get("server");
    await cloud.act(`drives/${gone}/destroy`);
    const start = await cloud.ask(`servers/${server}/start`, { method: "POST" });
    assert.equal(start.status, 404);
    assert.match(start.text, /^ide:0:0 names/);
    await cloud.make(`servers/${server}/set`, { "ide:0:0": await drive() });
    await cloud.act(`servers/${server}/start`);
    await cloud.act(`servers/${server}/destroy`);
  });

  it("two servers share a drive of claim:type shared, and both are among its claimants", async () => {
    const shared = (await cloud.make("drives/create", { name: "d", size: "1M", "claim:type": "shared" })).get(
      "drive",
    );
    const servers = [];
    for (const bus of ["ide:0:0", "block:0"]) {
      servers.push((await cloud.make("servers/create", { ...LEAST, [bus]: shared ?? "" })).get("server"));
    }
    const claimed = (await cloud.info(`drives/${shared}/info`)).get("claimed")?.split(" ");
    assert.deepEqual(claimed?.sort(), servers.sort());
    assert.equal((await cloud.ask(`drives/${shared}/read/0/512`)).status, 200);
    for (const server of servers) await cloud.act(`servers/${server}/destroy`);
    assert.equal((await cloud.info(`drives/${shared}/info`)).get("claimed"), undefined);
  });

  it("another user's server reads as absent for every command", async () => {
    const { auth } = await makeUser(cloud, "eve");
    const server = (await cloud.make("servers/create/stopped", LEAST)).get("server");
    for (const verb of ["info", "start", "destroy", "set"]) {
      const answer = await cloud.ask(`servers/${server}/${verb}`, {
        auth,
        method: verb === "info" ? "GET" : "POST",
      });
      const unknown = await cloud.ask(`servers/${NOBODY}/${verb}`, {
        auth,
        method: verb === "info" ? "GET" : "POST",
      });
      assert.equal(answer.status, 404);
      assert.equal(answer.text.replace(server ?? "", NOBODY), unknown.text);
    }
    assert.equal((await cloud.ask("servers/list", { auth })).text, "");
  });
});

async function assertOrder(cloud: Cloud, type: ContentType, words: Record<string, string>): Promise<void> {
  const give = {
    vnc: "auto",
    "nic:0:dhcp": "auto",
    boot: "ide:0:0",
    smp: "auto",
    ...LEAST,
    "ide:0:0": words.DRIVE2 ?? "",
    "vnc:password": "XXXXXXXX",
  };
  const row: Row = { name: "", path: "servers/create", give, status: 200, answer: { boot: "ide:0:0" } };
  const object = await exchange(cloud, row, type, words);
  const example =
    "server name cpu smp smp:cores smp:sockets mem ide:0:0 boot nic:0:dhcp nic:0:dhcp:ip nic:0:model rx tx vnc vnc:ip vnc:password";
  const keys = Object.keys(object);
  assert.equal(keys.slice(0, example.split(" ").length).join(" "), example);
  await cloud.act(`servers/${object.server}/destroy`);
}
