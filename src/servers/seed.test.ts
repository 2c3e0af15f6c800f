import assert from "node:assert/strict";
import { test } from "node:test";
import { ed25519 } from "../../testing/public-keys.ts";
import { configurationOf } from "./configuration.ts";
import { hasSeed, hostName, seedOf } from "./seed.ts";

const UUID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

const server = (keys: string | null, name = "web") => ({
  uuid: UUID,
  configuration: configurationOf({ name, cpu: 1, mem: 32, ...(keys === null ? {} : { "ssh:keys": keys }) }),
});

const metaData = (...args: Parameters<typeof seedOf>) => JSON.parse(seedOf(...args)[0]?.content ?? "");

test("the keys are in meta-data, and user-data is the user's own", () => {
  const keys = [ed25519("ann"), ed25519(`"]} #: it's`)];
  const seed = seedOf(server(keys.join("\\n")), "#!/bin/sh\nid\n");
  assert.deepEqual(
    seed.map(({ name }) => name),
    ["meta-data", "user-data"],
  );
  const { "public-keys": found, "local-hostname": host } = JSON.parse(seed[0]?.content ?? "");
  assert.deepEqual([found, host], [keys, "web"]);
  assert.equal(seed[1]?.content, "#!/bin/sh\nid\n");
});

test("without keys none are named, and without user data that is empty", () => {
  assert.ok(!("public-keys" in metaData(server(null), "#!/bin/sh")));
  assert.equal(seedOf(server(ed25519()), null)[1]?.content, "");
});

test("the guest is another instance with other keys or other user data, and not for another name", () => {
  const instance = (...args: Parameters<typeof seedOf>) => metaData(...args)["instance-id"];
  const first = instance(server(ed25519("a")), null);
  assert.match(first, new RegExp(`^${UUID}-[0-9a-f]{16}$`));
  assert.equal(instance(server(ed25519("a"), "other name"), null), first);
  const others = [
    instance(server(ed25519("b")), null),
    instance(server(ed25519("a")), "#!"),
    instance(server(null), "#!"),
  ];
  assert.equal(new Set([first, ...others]).size, 4);
});

test("a server has a seed where it has keys or user data", () => {
  assert.equal(hasSeed({ ...server(null), userDataBytes: null }), false);
  assert.equal(hasSeed({ ...server(ed25519()), userDataBytes: null }), true);
  assert.equal(hasSeed({ ...server(null), userDataBytes: 2 }), true);
});

const NAMES: readonly (readonly [name: string, host: string])[] = [
  ["web", "web"],
  ["Web Server 1", "web-server-1"],
  ["www.example.org", "www.example.org"],
  ["..a_b..-c-.", "a-b.c"],
  ["Bücher & Café", "bucher-cafe"],
  ["日本", "server-aaaaaaaa"],
  ['$(reboot)"; x: y', "reboot-x-y"],
  ["x".repeat(200), "x".repeat(63)],
  [`${"x".repeat(62)}-y`, "x".repeat(62)],
  [Array.from({ length: 127 }, () => "a").join("."), Array.from({ length: 127 }, () => "a").join(".")],
  [`${Array.from({ length: 127 }, () => "a").join(".")}bb`, "a"],
];

for (const [name, host] of NAMES) {
  test(`a server called ${name.slice(0, 70)} is the machine ${host.slice(0, 70)}`, () => {
    assert.equal(hostName(name, UUID), host);
  });
}
