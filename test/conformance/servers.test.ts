/**
 * Every row and key of the specification's tables about servers that needs no guest's cooperation, in both content
 * types, against a real cloud. What guests do is in `test/guest/`.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { CONTENT_TYPES, type ContentType, exchange, type Row } from "../../testing/conformance/exchange.ts";
import { makeUser } from "../../testing/user.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

const LEAST = { name: "s", cpu: 200, mem: 32 };

/** DRIVE and DRIVE2 are there and free. */
const stopped: readonly Row[] = [
  {
    name: "a stopped server has its configuration and nothing of a run",
    path: "servers/create/stopped",
    give: { ...LEAST, name: "TestServer", smp: "auto" },
    status: 200,
    answer: {
      server: UUID,
      name: "TestServer",
      cpu: 200,
      mem: 32,
      smp: "auto",
      user: UUID,
      status: "stopped",
      started: null,
      "smp:cores": null,
      rx: null,
      persistent: null,
    },
  },
  {
    name: "every key of the configuration is kept and answered",
    path: "servers/create/stopped",
    give: {
      ...LEAST,
      smp: 2,
      persistent: "true",
      "ide:0:0": "DRIVE",
      "ide:0:0:media": "disk",
      "scsi:0:7": "DRIVE2",
      "scsi:0:7:media": "cdrom",
      boot: ["ide:0:0", "scsi:0:7"],
      "nic:0:model": "virtio",
      "nic:0:dhcp": "auto",
      vnc: "auto",
      "vnc:password": "sEcret!8",
      "vnc:tls": "on",
      tags: "a b",
      "user:note": "x y",
      "avoid:drives": "DRIVE2",
    },
    status: 200,
    answer: {
      smp: 2,
      persistent: "true",
      "ide:0:0": UUID,
      "ide:0:0:media": "disk",
      "scsi:0:7": UUID,
      "scsi:0:7:media": "cdrom",
      boot: ["ide:0:0", "scsi:0:7"],
      "nic:0:model": "virtio",
      "nic:0:dhcp": "auto",
      "nic:0:dhcp:ip": null,
      vnc: "auto",
      "vnc:ip": null,
      "vnc:password": "sEcret!8",
      password: "sEcret!8",
      "vnc:tls": "on",
      tags: "a b",
      "user:note": "x y",
      "avoid:drives": UUID,
    },
  },
  {
    name: "DHCP without a model implies e1000, and old names are taken",
    path: "servers/create/stopped",
    give: { ...LEAST, "nic:0:dhcp": "auto", "vnc:ip": "auto", password: "old" },
    status: 200,
    answer: { "nic:0:model": "e1000", vnc: "auto", "vnc:password": "old", password: "old" },
  },
  {
    name: "numbers may come as text and a single boot device as a list",
    path: "servers/create/stopped",
    give: {
      name: "n",
      cpu: "200",
      mem: "32",
      smp: "1",
      "block:3": "DRIVE",
      boot: ["block:3"],
      persistent: false,
    },
    status: 200,
    answer: { cpu: 200, mem: 32, smp: 1, boot: "block:3", persistent: /^false$/ },
  },
];

const bad: readonly Row[] = (
  [
    ["no name", { cpu: 200, mem: 32 }, /^name is missing/],
    ["no cpu", { name: "s", mem: 32 }, /^cpu is missing/],
    ["no mem", { name: "s", cpu: 200 }, /^mem is missing/],
    ["mem below 32", { ...LEAST, mem: 31 }, /^mem takes .*at least 32.*"31"/],
    ["mem beyond every host", { ...LEAST, mem: 99_999_999 }, /^mem takes at most/],
    ["cpu beyond every host", { ...LEAST, cpu: 9_999_999 }, /^cpu takes at most/],
    ["cpu 0", { ...LEAST, cpu: 0 }, /^cpu takes/],
    ["smp 0", { ...LEAST, smp: 0 }, /^smp takes/],
    [
      "a truth value in words",
      { ...LEAST, persistent: "yes" },
      /^persistent takes 'true' or 'false', not "yes"/,
    ],
    ["a bus that is not there", { ...LEAST, "ide:2:0": NOBODY }, /"ide:2:0" is not a key/],
    ["a unit that is not there", { ...LEAST, "scsi:0:8": NOBODY }, /"scsi:0:8" is not a key/],
    ["a drive that is no uuid", { ...LEAST, "ide:0:0": "disk1" }, /^ide:0:0 takes the uuid/],
    [
      "a medium of another kind",
      { ...LEAST, "ide:0:0": NOBODY, "ide:0:0:media": "tape" },
      /^ide:0:0:media takes/,
    ],
    ["a medium without a drive", { ...LEAST, "ide:0:0:media": "disk" }, /^ide:0:0:media says/],
    ["boot of no device", { ...LEAST, boot: "floppy" }, /^boot takes/],
    ["boot of a device without a drive", { ...LEAST, boot: "ide:0:0" }, /^boot names ide:0:0/],
    ["a drive named twice", { ...LEAST, "ide:0:0": NOBODY, "ide:0:1": NOBODY }, /same drive/],
    ["a NIC of another model", { ...LEAST, "nic:0:model": "ne2000" }, /^nic:0:model takes/],
    ["DHCP of no address", { ...LEAST, "nic:0:dhcp": "yes" }, /^nic:0:dhcp takes/],
    ["a MAC address on NIC 0", { ...LEAST, "nic:0:mac": "02:00:00:00:00:01" }, /"nic:0:mac" is not a key/],
    ["a VNC password of nine characters", { ...LEAST, "vnc:password": "123456789" }, /^vnc:password takes/],
    ["TLS that is neither on nor off", { ...LEAST, "vnc:tls": "yes" }, /^vnc:tls takes 'on' or 'off'/],
    ["two different passwords", { ...LEAST, "vnc:password": "a", password: "b" }, /came twice/],
    ["a key of the run", { ...LEAST, "smp:cores": 1 }, /^smp:cores is set by the cloud/],
    ["a firewall that has no effect", { ...LEAST, "nic:0:firewall:policy": "drop" }, /is not a key/],
  ] as const
).map(([what, give, says]) => ({
  name: `${what} is 400 usage`,
  path: "servers/create",
  give,
  status: 400,
  error: "usage",
  says,
}));

const absent: readonly Row[] = [
  ...(
    [
      ["ide:0:0", NOBODY],
      ["nic:0:dhcp", "203.0.113.7"],
      ["vnc", "203.0.113.7"],
      ["avoid:servers", NOBODY],
      ["avoid:drives", NOBODY],
    ] as const
  ).map(([key, value]) => ({
    name: `${key} of something that is not there is 404 missing, naming the key`,
    path: "servers/create",
    give: { ...LEAST, [key]: value },
    status: 404,
    error: "missing",
    says: new RegExp(`^${key} names`),
  })),
  ...["info", "start", "stop", "shutdown", "reset", "destroy", "set"].map((verb) => ({
    name: `${verb} of a server that is not there is 404 missing`,
    path: `servers/${NOBODY}/${verb}`,
    method: verb === "info" ? "GET" : "POST",
    ...(verb === "set" ? { give: { name: "x" } } : {}),
    status: 404,
    error: "missing",
  })),
  {
    name: "avoiding a server on a single host is 507 full and says why",
    path: "servers/create",
    give: { ...LEAST, "avoid:servers": "STOPPED" },
    status: 507,
    error: "full",
    says: /only host/,
  },
];

/** On SERVER, which is persistent and stopped and has DRIVE on ide:0:0, in this order. */
const life: readonly Row[] = [
  {
    name: "everything may be set on a stopped server",
    path: "servers/SERVER/set",
    give: { mem: 64, "nic:0:dhcp": "auto", vnc: "auto", smp: "auto", name: "renamed" },
    status: 200,
    answer: { mem: 64, name: "renamed", status: "stopped", "ide:0:0": UUID },
  },
  {
    name: "stop of a stopped server is done already",
    path: "servers/SERVER/stop",
    method: "POST",
    status: 204,
  },
  { name: "shutdown of a stopped server, too", path: "servers/SERVER/shutdown", method: "POST", status: 204 },
  {
    name: "reset of a stopped server is 409 busy",
    path: "servers/SERVER/reset",
    method: "POST",
    status: 409,
    error: "busy",
  },
  { name: "start starts it", path: "servers/SERVER/start", method: "POST", status: 204 },
  {
    name: "start of an active server is done already",
    path: "servers/SERVER/start",
    method: "POST",
    status: 204,
  },
  {
    name: "an active server answers what its run gave it",
    path: "servers/SERVER/info",
    status: 200,
    answer: {
      status: "active",
      smp: "auto",
      "smp:cores": 1,
      "smp:sockets": 1,
      "nic:0:dhcp": "auto",
      "nic:0:dhcp:ip": IPV4,
      "nic:0:model": "e1000",
      vnc: "auto",
      "vnc:ip": IPV4,
      started: /^\d{10}$/,
      rx: /^\d+$/,
      tx: /^\d+$/,
      "rx:bytes": /^\d+$/,
      "tx:packets": /^\d+$/,
      "ide:0:0:read:bytes": /^\d+$/,
      "ide:0:0:write:requests": /^\d+$/,
    },
  },
  {
    name: "the six keys change on an active server",
    path: "servers/SERVER/set",
    give: { name: "live", cpu: 300, persistent: "true", tags: "t", "user:k": "v", "vnc:password": "pass" },
    status: 200,
    answer: { name: "live", cpu: 300, tags: "t", "user:k": "v", "vnc:password": "pass", status: "active" },
  },
  {
    name: "another key on an active server is 409 busy",
    path: "servers/SERVER/set",
    give: { name: "not this", mem: 128 },
    status: 409,
    error: "busy",
    says: /^mem can only be changed while/,
  },
  {
    name: "a malformed key goes before a conflict",
    path: "servers/SERVER/set",
    give: { mem: 128, cpu: "fast" },
    status: 400,
    error: "usage",
    says: /^cpu takes/,
  },
  {
    name: "and nothing was changed",
    path: "servers/SERVER/info",
    status: 200,
    answer: { name: "live", mem: 64 },
  },
  {
    name: "its drive is claimed by it",
    path: "drives/DRIVE/info",
    status: 200,
    answer: { claimed: UUID },
  },
  ...(
    [
      ["drives/DRIVE/destroy", undefined],
      ["drives/DRIVE/set", { size: "4M" }],
      ["drives/DRIVE/set", { "claim:type": "shared" }],
      ["drives/DRIVE/write", undefined],
    ] as const
  ).map(([path, give]) => ({
    name: `${path} ${Object.keys(give ?? {})} on a claimed drive is 409 busy`,
    path,
    method: "POST",
    ...(give === undefined ? {} : { give }),
    status: 409,
    error: "busy",
  })),
  {
    name: "the name of a claimed drive changes, and so does its size to what it is",
    path: "drives/DRIVE/set",
    give: { name: "claimed", size: "1M", tags: "t" },
    status: 200,
    answer: { name: "claimed", size: 2 ** 20 },
  },
  {
    name: "a second server gets no claim on it",
    path: "servers/create",
    give: { ...LEAST, "ide:0:0": "DRIVE" },
    status: 409,
    error: "busy",
    says: /is in use by server/,
  },
  { name: "reset of an active server succeeds", path: "servers/SERVER/reset", method: "POST", status: 204 },
  { name: "stop ends it", path: "servers/SERVER/stop", method: "POST", status: 204 },
  {
    name: "a persistent server is stopped then, and nothing of the run is left",
    path: "servers/SERVER/info",
    status: 200,
    answer: {
      status: "stopped",
      "nic:0:dhcp:ip": null,
      "smp:cores": null,
      rx: null,
      started: null,
      name: "live",
    },
  },
  { name: "its claim is gone at once", path: "drives/DRIVE/info", status: 200, answer: { claimed: null } },
  {
    name: "a configuration that echoes the address that auto once gave is accepted",
    path: "servers/SERVER/set",
    give: { "nic:0:dhcp": "ADDRESS" },
    status: 200,
    answer: { "nic:0:dhcp": IPV4 },
  },
  { name: "and started with it", path: "servers/SERVER/start", method: "POST", status: 204 },
  { name: "destroy stops it first", path: "servers/SERVER/destroy", method: "POST", status: 204 },
  { name: "and then it is gone", path: "servers/SERVER/info", status: 404, error: "missing" },
  {
    name: "its drive may be destroyed straight after",
    path: "drives/DRIVE/destroy",
    method: "POST",
    status: 204,
  },
];

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
        judgeOrder(cloud, type, words));
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

async function judgeOrder(cloud: Cloud, type: ContentType, words: Record<string, string>): Promise<void> {
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
