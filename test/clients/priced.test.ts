/**
 * Clients that were written long before there were prices, unchanged, against a cloud that has some: they see nothing new
 * while an account has money, and hear of 402 as of any other error of the API once it has none.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openLibcloud } from "../../testing/clients/libcloud.ts";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { long } from "../../testing/share.ts";
import { makeUser, type User } from "../../testing/user.ts";
import { prove, type Words } from "./facts/fact.ts";
import { FACTS, factTest } from "./facts/facts.ts";
import { makeWords } from "./facts/words.ts";

const PRICES = {
  ...{ currency: "EUR", from: "now" },
  ...{ "cpu:burst": "0.00001", "cpu:subscription": "0.004" },
  ...{ "mem:burst": "0.00002", "disk:burst": "0.0002", "ip:burst": "0.005", "vlan:burst": "0.005" },
};
/** More than all that the clients do here, for an hour. */
const PLENTY = "1000";

describe("clients of a cloud with prices", long, () => {
  let cloud: Cloud;
  let words: Words = {};
  let poor: User;

  const credit = (user: string, amount: string, reference: string) =>
    cloud.make(`accounts/${user}/credit`, { amount, reference, text: "by bank" });

  before(async () => {
    cloud = await openCloud();
    await cloud.make("pricing/set", PRICES);
    const [admin = ""] = cloud.auth.split(":");
    await credit(admin, PLENTY, "first");
    words = await makeWords(cloud);
    poor = await makeUser(cloud, "poor");
  });
  after(() => cloud?.close());

  for (const fact of FACTS) it(`${factTest(fact)}, with prices too`, () => prove(cloud, fact, words));

  it("Libcloud's driver lists and starts nodes, and says in the cloud's words what is short", async () => {
    const libcloud = openLibcloud(cloud, poor.auth);
    try {
      assert.deepEqual(await libcloud.call("list_nodes"), []);
      const size = { id: "own", name: "own", cpu: 500, ram: 64, disk: 1 };
      const create = () =>
        libcloud.call<{ id: string; state: string }>("create_node", {
          ...{ name: "node", size, image: words.IMAGE, vnc_password: "XXXXXXXX" },
        });
      await assert.rejects(create(), /X-Elastic-Error: billing \(/);
      assert.deepEqual(await libcloud.call("list_nodes"), []);
      await credit(poor.uuid, "1", "little");
      const { id, state } = await create();
      assert.equal(state, "running");
      const set = (cpu: number) => libcloud.call("ex_set_node_configuration", { node: id, cpu });
      assert.equal(await set(600), true);
      assert.equal(await libcloud.call("destroy_node", { node: id }), true);
    } finally {
      await libcloud.close();
    }
  });

  it("the tools end in one sentence, with the code of an error that the cloud has answered", async () => {
    const broke = { EHAUTH: (await makeUser(cloud, "broke")).auth };
    const refused = [
      await cloud.tool("elastichosts", ["-c", "drives", "create"], "name d\nsize 1M\n", broke),
      await cloud.tool("elastichosts", ["-c", "servers", "create"], "name s\ncpu 500\nmem 64\n", broke),
      await cloud.tool("elastichosts-upload", [process.execPath], "", broke),
    ];
    for (const { code, stderr, stdout } of refused) {
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(
        stderr,
        /^elastichosts(-upload)?: .*billing: .*costs .* EUR an hour, and your balance is 0\n$/,
      );
    }
    const read = await cloud.tool("elastichosts", ["servers", "list"], "", broke);
    assert.deepEqual([read.code, read.stdout, read.stderr], [0, "", ""]);
  });
});
