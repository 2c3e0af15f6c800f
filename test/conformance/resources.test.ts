/** Every row and key of the specification's tables about resources, in both content types, against a real cloud. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { CONTENT_TYPES, exchange, type Row } from "../../testing/conformance/exchange.ts";
import { runToEnd } from "../../testing/run.ts";
import { makeUser } from "../../testing/user.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** Where guests have bridges, which take root; other networks than the host's own lead to them nowhere else. */
const BRIDGED = { skip: process.getuid?.() !== 0 };
const NOBODY = "00000000-0000-4000-8000-000000000000";
const NOWHERE = "203.0.113.200";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

const OWN = { name: "Resource", tags: "a  b", "user:note": "x y" };

/** IP and VLAN are there, with the name `made`. */
const rows: readonly Row[] = [
  {
    name: "an address comes out of a pool, with the mask and the gateway of its network",
    path: "resources/ip/create",
    give: OWN,
    status: 200,
    answer: {
      resource: IPV4,
      type: "ip",
      name: "Resource",
      tags: "a b",
      "user:note": "x y",
      user: UUID,
      netmask: IPV4,
      gateway: IPV4,
    },
  },
  {
    name: "a VLAN has a uuid, and nothing of an address",
    path: "resources/vlan/create",
    give: OWN,
    status: 200,
    answer: { resource: UUID, type: "vlan", ...OWN, tags: "a b", user: UUID, netmask: null, gateway: null },
  },
  ...["ip", "vlan"].map((type) => ({
    name: `${type === "ip" ? "an address" : "a VLAN"} needs no name, nor anything else`,
    path: `resources/${type}/create`,
    method: "POST",
    status: 200,
    answer: { type, name: null, tags: null },
  })),
  {
    name: "info of an address answers it with its network",
    path: "resources/ip/IP/info",
    status: 200,
    answer: { resource: IPV4, type: "ip", name: "made", user: UUID, netmask: IPV4, gateway: IPV4 },
  },
  {
    name: "info of a VLAN takes its uuid in either case",
    path: "resources/vlan/UPPER/info",
    status: 200,
    answer: { resource: UUID, type: "vlan", name: "made" },
  },
  {
    name: "set changes what it names and leaves the rest",
    path: "resources/ip/IP/set",
    give: { name: "renamed", "user:note": "new" },
    status: 200,
    answer: { resource: IPV4, name: "renamed", "user:note": "new", netmask: IPV4 },
  },
  {
    name: "set with an empty value unsets, the name too",
    path: "resources/ip/IP/set",
    give: { name: "", tags: "t" },
    status: 200,
    answer: { name: null, tags: "t", "user:note": "new" },
  },
  ...(
    [
      ["an unknown key", { size: 1 }, /^"size" is not a key/],
      ["a key of the cloud's", { gateway: "10.0.0.1" }, /^gateway is set by the cloud/],
      ["an address of one's own choice", { resource: NOWHERE }, /^resource is set by the cloud/],
      ["a name of 256 characters", { name: "x".repeat(256) }, /^name takes/],
    ] as const
  ).flatMap(([what, give, says]) =>
    ["resources/ip/create", "resources/vlan/VLAN/set"].map((path) => ({
      ...{ name: `${what} is 400 usage for ${path}`, path, give, status: 400, error: "usage", says },
    })),
  ),
  ...["resources/disk/list", "resources/disk/create", `resources/disk/${NOBODY}/info`].map((path) => ({
    name: `${path} is 404 missing: there is no such type`,
    path,
    method: path.endsWith("create") ? "POST" : "GET",
    status: 404,
    error: "missing",
    code: "no_such_resource_type",
    says: /^there is no type of resource disk/,
  })),
  ...[`vlan/${NOBODY}`, "vlan/IP", "ip/VLAN", `ip/${NOWHERE}`, "ip/10.0.0.01", "ip/x"].flatMap((resource) =>
    ["info", "set", "destroy"].map((verb) => ({
      name: `${verb} of ${resource} is 404 missing`,
      path: `resources/${resource}/${verb}`,
      method: verb === "info" ? "GET" : "POST",
      ...(verb === "set" ? { give: { name: "x" } } : {}),
      status: 404,
      error: "missing",
      code: "no_such_resource",
      says: /^there is no (ip|vlan) /,
    })),
  ),
  {
    name: "GET of create is 405 method",
    path: "resources/ip/create",
    method: "GET",
    status: 405,
    error: "method",
  },
  { name: "destroy takes an address back", path: "resources/ip/IP/destroy", method: "POST", status: 204 },
  { name: "a destroyed address is gone", path: "resources/ip/IP/info", status: 404, error: "missing" },
  { name: "destroy ends a VLAN", path: "resources/vlan/VLAN/destroy", method: "POST", status: 204 },
  {
    name: "a destroyed VLAN is gone",
    path: "resources/vlan/VLAN/info",
    status: 404,
    error: "missing",
    code: "no_such_resource",
  },
];

describe("resources", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud?.close());

  const create = async (type: string, name = "made") =>
    (await cloud.make(`resources/${type}/create`, { name })).get("resource") ?? "";

  for (const type of CONTENT_TYPES) {
    describe(type, () => {
      const words: Record<string, string> = {};
      before(async () => {
        words.IP = await create("ip");
        words.VLAN = await create("vlan");
        words.UPPER = words.VLAN.toUpperCase();
      });
      for (const row of rows) {
        it(row.name, async () => {
          await exchange(cloud, row, type, words);
        });
      }
    });
  }

  it("keys come in one order: the resource, what the user keeps, what the cloud says", async () => {
    const made = await cloud.make("resources/ip/create", OWN);
    assert.deepEqual(
      [...made.keys()].filter((key) => key !== "nameserver"),
      ["resource", "type", "name", "tags", "user:note", "user", "netmask", "gateway"],
    );
  });

  describe("of a user alone", () => {
    let auth = "";
    const resources: Record<string, string> = {};
    const ask = (path: string, headers = {}) => cloud.ask(path, { auth, headers });

    before(async () => {
      auth = (await makeUser(cloud, "ann")).auth;
      for (const type of ["vlan", "ip"]) {
        const { text } = await cloud.ask(`resources/${type}/create`, { auth, method: "POST" });
        resources[type] = /^resource (\S+)$/m.exec(text)?.[1] ?? "";
      }
    });

    it("list answers the type and the resource of each, oldest first", async () => {
      const text = await ask("resources/list");
      assert.equal(text.headers.get("x-elastic-output"), "list");
      assert.equal(text.text, `vlan ${resources.vlan}\nip ${resources.ip}\n`);
      const json = await ask("resources/list", { accept: "application/json" });
      assert.deepEqual(JSON.parse(json.text), [
        { type: "vlan", resource: resources.vlan },
        { type: "ip", resource: resources.ip },
      ]);
    });

    it("list of a type answers those of that type", async () => {
      assert.equal((await ask("resources/ip/list")).text, `ip ${resources.ip}\n`);
      assert.equal((await ask("resources/vlan/list")).text, `vlan ${resources.vlan}\n`);
    });

    it("info of all answers each as its own info does", async () => {
      const one = async (type: string) => (await ask(`resources/${type}/${resources[type]}/info`)).text;
      const all = await ask("resources/info");
      assert.equal(all.headers.get("x-elastic-output"), "properties list");
      assert.equal(all.text, `${await one("vlan")}\n${await one("ip")}`);
    });

    it("another user's resource reads as absent for every command", async () => {
      for (const [type, nobodys] of [
        ["ip", NOWHERE],
        ["vlan", NOBODY],
      ] as const) {
        for (const verb of ["info", "set", "destroy"]) {
          const method = verb === "info" ? "GET" : "POST";
          const foreign = await cloud.ask(`resources/${type}/${resources[type]}/${verb}`, { method });
          const unknown = await cloud.ask(`resources/${type}/${nobodys}/${verb}`, { method });
          assert.equal(foreign.status, 404);
          assert.equal(foreign.text.replace(resources[type] ?? "", nobodys), unknown.text);
        }
      }
    });
  });

  // What follows adds a pool of the operator's: from here on addresses come out of that.
  describe("out of an operator's pool", BRIDGED, () => {
    const POOL = "203.0.113.0/29";
    const lodge = (...words: string[]) => cloud.tool("lodge", words);
    const held: string[] = [];

    before(async () => {
      const words = ["--gateway", "203.0.113.1", "--nameserver", "203.0.113.2", "--nameserver", "192.0.2.53"];
      const { code, stdout } = await lodge("pool", "add", POOL, ...words);
      const line = `${POOL} gateway 203.0.113.1 nameserver 203.0.113.2 nameserver 192.0.2.53`;
      assert.deepEqual([code, stdout], [0, `${line}, 0 of 4 taken\n`]);
    });

    it("addresses come with its mask, gateway and name servers, while the daemon runs", async () => {
      const made = await cloud.make("resources/ip/create", { name: "public" });
      assert.match(made.get("resource") ?? "", /^203\.0\.113\.[3-6]$/);
      assert.equal(made.get("netmask"), "255.255.255.248");
      assert.equal(made.get("gateway"), "203.0.113.1");
      assert.equal(made.get("nameserver"), "203.0.113.2 192.0.2.53");
      held.push(made.get("resource") ?? "");
    });

    it("the network, its gateway, its name servers and the broadcast address are never given, and then it is 507 full", async () => {
      for (const _ of [1, 2, 3]) held.push(await create("ip"));
      assert.deepEqual(
        held.toSorted(),
        [3, 4, 5, 6].map((last) => `203.0.113.${last}`),
      );
      const row = {
        ...{
          name: "",
          path: "resources/ip/create",
          method: "POST",
          status: 507,
          error: "full",
          code: "no_free_address",
        },
        says: /^all static addresses of this cloud are taken/,
      };
      for (const type of CONTENT_TYPES) await exchange(cloud, row, type, {});
    });

    it("pool list says how many are taken, and what is taken keeps the pool there", async () => {
      const { stdout } = await lodge("pool", "list");
      assert.match(stdout, /^203\.0\.113\.0\/29 gateway 203\.0\.113\.1 nameserver .*, 4 of 4 taken$/m);
      assert.match(stdout, /, \d+ of \d+ taken, the guests' private subnet$/m);
      const { code, stderr } = await lodge("pool", "remove", POOL);
      assert.equal(code, 1);
      assert.match(stderr, /^lodge: the pool 203\.0\.113\.0\/29 is in use: a user holds 203\.0\.113\.\d\n$/);
    });

    const networks = async () => (await lodge("pool", "list")).stdout.split("\n");
    const refused: readonly [what: string, network: () => Promise<string>, says: RegExp][] = [
      ["another pool", async () => "203.0.113.0/28", /overlaps with the pool 203\.0\.113\.0\/29$/],
      [
        "the guests' private subnet",
        async () => /^\S+/.exec((await networks()).find((line) => line.endsWith("subnet")) ?? "")?.[0] ?? "",
        /overlaps with the guests' private subnet/,
      ],
    ];
    for (const [what, network, says] of refused) {
      it(`a pool that overlaps with ${what} is refused`, async () => {
        const wanted = await network();
        const gateway = wanted.replace(/\d+\/\d+$/, "1");
        const { code, stdout, stderr } = await lodge("pool", "add", wanted, "--gateway", gateway);
        assert.notEqual(code, 0);
        assert.equal(stdout, "");
        assert.match(stderr.trimEnd(), says);
      });
    }

    it("a pool goes once none of its addresses is taken, and addresses are private again", async () => {
      for (const address of held) await cloud.act(`resources/ip/${address}/destroy`);
      const { code, stderr } = await lodge("pool", "remove", POOL);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.doesNotMatch((await lodge("pool", "list")).stdout, /203/);
      assert.doesNotMatch(await create("ip"), /^203/);
    });
  });

  it(
    "a private subnet that overlaps with a pool keeps the daemon from starting, which leaves nothing",
    BRIDGED,
    async () => {
      const home = await mkdtemp(join(tmpdir(), "lodge-test-"));
      const lodge = (...words: string[]) => runToEnd([join(ROOT, "bin/lodge"), ...words, "--home", home]);
      try {
        assert.equal((await lodge("pool", "add", "10.77.1.0/24", "--gateway", "10.77.1.1")).code, 0);
        const words = ["--home", home, "--listen", "127.0.0.1:0", "--subnet", "10.77.0.0/20"];
        const { code, stdout, stderr } = await runToEnd([
          process.execPath,
          join(ROOT, "src/main.ts"),
          ...words,
        ]);
        assert.deepEqual([code, stdout], [2, ""]);
        const says = "the guests' private subnet 10.77.0.0/20 overlaps with the pool 10.77.1.0/24";
        assert.equal(stderr, `lodge: ${says}: choose another subnet\n`);
      } finally {
        const down = await lodge("down");
        await rm(home, { recursive: true });
        assert.equal(down.code, 0, down.stderr);
      }
    },
  );
});
