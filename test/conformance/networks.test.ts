/**
 * The keys of a server that name resources (spec: `nic:0:dhcp`, `nic:1:model`, `nic:1:vlan`, `nic:1:mac`, `vnc`), in both
 * content types, against a real cloud. What guests do on these networks is in `test/guest/`.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { CONTENT_TYPES, exchange, type Row } from "../../testing/conformance/exchange.ts";
import { makeUser } from "../../testing/user.ts";

/** VLANs need bridges, which take root. */
const BRIDGED = { skip: process.getuid?.() !== 0 };
const NOBODY = "00000000-0000-4000-8000-000000000000";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
/** One that the cloud generates: locally administered, of a single interface. */
const GENERATED = /^06(:[0-9a-f]{2}){5}$/;

const LEAST = { name: "s", cpu: 200, mem: 32 };

/** What may be configured. VLAN and IP are the user's. */
const configured: readonly Row[] = [
  {
    name: "NIC 1 has a model, a VLAN and a MAC address, which is kept in lower case",
    path: "servers/create/stopped",
    give: { ...LEAST, "nic:1:model": "virtio", "nic:1:vlan": "VLAN", "nic:1:mac": "06:AB:cd:EF:00:01" },
    status: 200,
    answer: { "nic:1:model": "virtio", "nic:1:vlan": UUID, "nic:1:mac": "06:ab:cd:ef:00:01" },
  },
  {
    name: "a VLAN without a model implies e1000, and no MAC address is answered before the server runs",
    path: "servers/create/stopped",
    give: { ...LEAST, "nic:1:vlan": "VLAN" },
    status: 200,
    answer: { "nic:1:model": "e1000", "nic:1:vlan": UUID, "nic:1:mac": null, "nic:0:model": null },
  },
  {
    name: "a static address of one's own is kept as it is named, for DHCP and for VNC",
    path: "servers/create/stopped",
    give: { ...LEAST, "nic:0:dhcp": "IP", vnc: "IP2" },
    status: 200,
    answer: { "nic:0:model": "e1000", "nic:0:dhcp": IPV4, "nic:0:dhcp:ip": null, vnc: IPV4, "vnc:ip": null },
  },
];

const refused: readonly Row[] = [
  ...(
    [
      ["a VLAN that is no uuid", { "nic:1:vlan": "1" }, /^nic:1:vlan takes the uuid of a VLAN, not "1"/],
      ["a model that is none", { "nic:1:model": "ne2000" }, /^nic:1:model takes/],
      ["a MAC address of a group", { "nic:1:mac": "01:00:5e:00:00:01" }, /^nic:1:mac takes a MAC address/],
      ["a MAC address of zeroes", { "nic:1:mac": "00:00:00:00:00:00" }, /^nic:1:mac takes/],
      ["a MAC address with hyphens", { "nic:1:mac": "06-00-00-00-00-01" }, /^nic:1:mac takes/],
      [
        "a MAC address without a NIC",
        { "nic:1:mac": "06:00:00:00:00:01" },
        /^nic:1:mac says something of NIC 1/,
      ],
      ["DHCP on NIC 1", { "nic:1:dhcp": "auto" }, /"nic:1:dhcp" is not a key/],
      ["a VLAN on NIC 0", { "nic:0:vlan": "VLAN" }, /"nic:0:vlan" is not a key/],
      ["a third NIC", { "nic:2:model": "e1000" }, /"nic:2:model" is not a key/],
    ] as const
  ).map(([what, give, says]) => ({
    name: `${what} is 400 usage`,
    path: "servers/create",
    give: { ...LEAST, ...give },
    status: 400,
    error: "usage",
    says,
  })),
  ...(
    [
      ["nic:1:vlan", "a VLAN that is not there", NOBODY],
      ["nic:1:vlan", "another user's VLAN", "FOREIGNVLAN"],
      ["nic:0:dhcp", "another user's address", "FOREIGNIP"],
      ["vnc", "another user's address", "FOREIGNIP"],
    ] as const
  ).map(([key, what, value]) => ({
    name: `${key} with ${what} is 404 missing, naming the key`,
    path: "servers/create",
    give: { ...LEAST, [key]: value },
    status: 404,
    error: "missing",
    code: "no_such_reference",
    says: new RegExp(`^${key} names (address|VLAN) \\S+: there is none`),
  })),
];

/** On SERVER, which is persistent and stopped, in this order. */
const life: readonly Row[] = [
  {
    name: "a static address and a VLAN may be set on a stopped server",
    path: "servers/SERVER/set",
    give: { "nic:0:dhcp": "IP", "nic:1:vlan": "VLAN", vnc: "auto" },
    status: 200,
    answer: { "nic:0:dhcp": IPV4, "nic:1:vlan": UUID, "nic:1:mac": null },
  },
  { name: "start takes them", path: "servers/SERVER/start", method: "POST", status: 204 },
  {
    name: "an active server answers its static address, for VNC too, and the MAC address that it was given",
    path: "servers/SERVER/info",
    status: 200,
    answer: {
      status: "active",
      "nic:0:dhcp": IPV4,
      "nic:0:dhcp:ip": IPV4,
      vnc: "auto",
      "vnc:ip": IPV4,
      "nic:1:model": "e1000",
      "nic:1:vlan": UUID,
      "nic:1:mac": GENERATED,
      "rx:bytes": /^\d+$/,
    },
  },
  ...["ip/IP", "vlan/VLAN"].map((resource) => ({
    name: `destroy of resources/${resource} is 409 busy while an active server uses it`,
    path: `resources/${resource}/destroy`,
    method: "POST",
    status: 409,
    error: "busy",
    code: "resource_in_use",
    says: /is in use by server/,
  })),
  {
    name: "set of a resource that is in use succeeds",
    path: "resources/ip/IP/set",
    give: { name: "in use" },
    status: 200,
    answer: { name: "in use" },
  },
  ...["nic:0:dhcp", "vnc"].map((key) => ({
    name: `${key} with an address that another server uses is 409 busy, naming the key`,
    path: "servers/create",
    give: { ...LEAST, [key]: "IP" },
    status: 409,
    error: "busy",
    code: "address_in_use",
    says: new RegExp(`^${key} names address \\S+, which is in use by server`),
  })),
  {
    name: "the generated MAC address is not free on that VLAN",
    path: "servers/create/stopped",
    give: { ...LEAST, "nic:1:vlan": "VLAN", "nic:1:mac": "MAC" },
    status: 409,
    error: "busy",
    code: "mac_in_use",
    says: /^nic:1:mac \S+ is that of server/,
  },
  {
    name: "it is free on another VLAN",
    path: "servers/create/stopped",
    give: { ...LEAST, "nic:1:vlan": "VLAN2", "nic:1:mac": "MAC" },
    status: 200,
    answer: { "nic:1:mac": GENERATED },
  },
  {
    name: "nic:1:mac of an active server is 409 busy",
    path: "servers/SERVER/set",
    give: { "nic:1:mac": "06:00:00:00:00:02" },
    status: 409,
    error: "busy",
    says: /^nic:1:mac can only be changed while/,
  },
  { name: "stop gives them back", path: "servers/SERVER/stop", method: "POST", status: 204 },
  {
    name: "a MAC address of one's own takes the place of the generated one",
    path: "servers/SERVER/set",
    give: { "nic:1:mac": "06:00:00:00:00:AA", vnc: "IP2" },
    status: 200,
    answer: { "nic:1:mac": "06:00:00:00:00:aa" },
  },
  {
    name: "it is 409 busy for another server, though both are stopped",
    path: "servers/OTHER/set",
    give: { "nic:1:vlan": "VLAN", "nic:1:mac": "06:00:00:00:00:AA" },
    status: 409,
    error: "busy",
    code: "mac_in_use",
    says: /^nic:1:mac 06:00:00:00:00:aa is that of server/,
  },
  { name: "it starts again", path: "servers/SERVER/start", method: "POST", status: 204 },
  {
    name: "VNC may have a static address of its own, and the MAC address is the one that was set",
    path: "servers/SERVER/info",
    status: 200,
    answer: { "vnc:ip": IPV4, "nic:0:dhcp:ip": IPV4, "nic:1:mac": "06:00:00:00:00:aa" },
  },
  {
    name: "an address that VNC has is in use",
    path: "resources/ip/IP2/destroy",
    method: "POST",
    status: 409,
    error: "busy",
    code: "resource_in_use",
  },
  { name: "it stops again", path: "servers/SERVER/stop", method: "POST", status: 204 },
  ...["ip/IP", "vlan/VLAN2"].map((resource) => ({
    name: `destroy of resources/${resource} succeeds though a stopped server names it`,
    path: `resources/${resource}/destroy`,
    method: "POST",
    status: 204,
  })),
  {
    name: "start with an address that has gone is 404 missing, naming the key",
    path: "servers/SERVER/start",
    method: "POST",
    status: 404,
    error: "missing",
    code: "no_such_reference",
    says: /^nic:0:dhcp names address \S+: there is none/,
  },
  {
    name: "start in a VLAN that has gone is 404 missing, naming the key",
    path: "servers/OTHER/start",
    method: "POST",
    status: 404,
    error: "missing",
    says: /^nic:1:vlan names VLAN \S+: there is none/,
  },
  {
    name: "a NIC 1 without a VLAN is connected to nothing, and the server starts",
    path: "servers/OTHER/set",
    give: { "nic:1:vlan": "" },
    status: 200,
    answer: { "nic:1:vlan": null, "nic:1:model": "e1000" },
  },
  { name: "that it does", path: "servers/OTHER/start", method: "POST", status: 204 },
  {
    name: "and has a MAC address all the same",
    path: "servers/OTHER/info",
    status: 200,
    answer: { status: "active", "nic:1:mac": GENERATED, "nic:0:model": null },
  },
  { name: "it ends", path: "servers/OTHER/stop", method: "POST", status: 204 },
  {
    name: "without its model NIC 1 is gone, and its MAC address with it",
    path: "servers/SERVER/set",
    give: { "nic:1:vlan": "", "nic:1:model": "" },
    status: 200,
    answer: { "nic:1:vlan": null, "nic:1:model": null, "nic:1:mac": null },
  },
];

describe("servers and resources", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud?.close());

  const create = async (type: string) =>
    (await cloud.make(`resources/${type}/create`, { name: "r" })).get("resource") ?? "";

  async function foreign(type: string): Promise<string> {
    const { auth } = await makeUser(cloud, "eve");
    const { text } = await cloud.ask(`resources/${type}/create`, { auth, method: "POST" });
    return /^resource (\S+)$/m.exec(text)?.[1] ?? "";
  }

  for (const type of CONTENT_TYPES) {
    describe(type, () => {
      const words: Record<string, string> = {};
      before(async () => {
        Object.assign(words, {
          ...{ IP: await create("ip"), IP2: await create("ip") },
          ...{ VLAN: await create("vlan"), VLAN2: await create("vlan") },
          ...{ FOREIGNIP: await foreign("ip"), FOREIGNVLAN: await foreign("vlan") },
        });
        const server = async (more: Record<string, string>) =>
          (await cloud.make("servers/create/stopped", { ...LEAST, persistent: "true", ...more })).get(
            "server",
          );
        words.SERVER = (await server({})) ?? "";
        words.OTHER = (await server({ "nic:1:vlan": words.VLAN2 ?? "" })) ?? "";
      });

      for (const row of [...configured, ...refused]) {
        it(row.name, async () => {
          await exchange(cloud, row, type, words);
        });
      }

      describe("the life of a server, request by request", BRIDGED, () => {
        for (const row of life) {
          it(row.name, async () => {
            const object = await exchange(cloud, row, type, words);
            if (typeof object["nic:1:mac"] === "string") words.MAC ??= object["nic:1:mac"];
          });
        }
      });

      it(
        "the keys of NIC 1 come behind those of NIC 0, in the order of the specification",
        BRIDGED,
        async () => {
          const give = {
            ...LEAST,
            "nic:1:mac": "06:00:00:00:00:0e",
            "nic:1:vlan": "VLAN",
            "nic:0:dhcp": "auto",
          };
          const row: Row = { name: "", path: "servers/create", give, status: 200 };
          const object = await exchange(cloud, row, type, words);
          assert.deepEqual(
            Object.keys(object).filter((key) => key.startsWith("nic:")),
            ["nic:0:dhcp", "nic:0:dhcp:ip", "nic:0:model", "nic:1:model", "nic:1:vlan", "nic:1:mac"],
          );
          await cloud.act(`servers/${object.server}/destroy`);
        },
      );
    });
  }
});
