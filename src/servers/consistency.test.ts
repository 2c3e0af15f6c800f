import assert from "node:assert/strict";
import { test } from "node:test";
import type { Value } from "../api/properties.ts";
import type { HostFacts } from "../host/host.ts";
import { type Config, configurationOf } from "./configuration.ts";
import { configAfter, processors } from "./consistency.ts";

const FACTS = { cores: 4, coreMhz: 2500, memMib: 8192 } as HostFacts;
const A = "aaaaaaaa-0000-4000-8000-000000000000";
const B = "bbbbbbbb-0000-4000-8000-000000000000";

const after = (config: Config, changes: Record<string, Value | null>) =>
  configAfter({ name: "s", cpu: 500, mem: 64, ...config }, new Map(Object.entries(changes)));

const refused: [name: string, config: Config, changes: Record<string, Value | null>, message: RegExp][] = [
  ["a medium without a drive", {}, { "ide:0:0:media": "cdrom" }, /ide:0:0:media says something of ide:0:0/],
  ["a drive named twice", { "ide:0:0": A }, { "ide:0:1": A }, /ide:0:1 names the same drive as ide:0:0/],
  ["a boot device without a drive", { "ide:0:0": A }, { boot: "ide:1:0" }, /boot names ide:1:0/],
  [
    "removing the drive that boots",
    { "ide:0:0": A, boot: "ide:0:0" },
    { "ide:0:0": null },
    /boot names ide:0:0/,
  ],
];

for (const [name, config, changes, message] of refused) {
  test(`${name} is refused as usage`, () => {
    assert.throws(() => after(config, changes), { type: "usage", message });
  });
}

test("DHCP without a model implies e1000", () => {
  assert.equal(after({}, { "nic:0:dhcp": "auto" })["nic:0:model"], "e1000");
  assert.equal(after({ "nic:0:model": "virtio" }, { "nic:0:dhcp": "auto" })["nic:0:model"], "virtio");
});

test("unsetting a drive takes its medium with it", () => {
  assert.deepEqual(after({ "ide:0:0": A, "ide:0:0:media": "disk" }, { "ide:0:0": null }), {
    name: "s",
    cpu: 500,
    mem: 64,
  });
});

test("devices come with their place in the boot order", () => {
  const { devices } = configurationOf({
    "scsi:0:3": A,
    "ide:1:0": B,
    "ide:1:0:media": "cdrom",
    boot: "scsi:0:3 ide:1:0",
  });
  assert.deepEqual(devices, [
    { key: "ide:1:0", bus: "ide", busIndex: 1, unit: 0, media: "cdrom", drive: B, bootIndex: 1 },
    { key: "scsi:0:3", bus: "scsi", busIndex: 0, unit: 3, media: "disk", drive: A, bootIndex: 0 },
  ]);
});

test("without boot the first device boots", () => {
  assert.deepEqual(
    configurationOf({ "block:1": A, "ide:0:1": B }).devices.map(({ key, bootIndex }) => [key, bootIndex]),
    [
      ["ide:0:1", 0],
      ["block:1", null],
    ],
  );
});

const smp: [config: Config, cores: number][] = [
  [{ cpu: 500 }, 1],
  [{ cpu: 2500, smp: "auto" }, 1],
  [{ cpu: 2501, smp: "auto" }, 2],
  [{ cpu: 10_000, smp: "auto" }, 4],
  [{ cpu: 500, smp: 3 }, 3],
];
for (const [config, cores] of smp) {
  test(`cpu ${config.cpu} with smp ${config.smp ?? "unset"} makes ${cores} cores in one socket`, () => {
    assert.deepEqual(processors(configurationOf(config), FACTS), { cores, sockets: 1 });
  });
}

test("a server is persistent only when it was told so", () => {
  assert.equal(configurationOf({}).persistent, false);
  assert.equal(configurationOf({ persistent: "false" }).persistent, false);
  assert.equal(configurationOf({ persistent: "true" }).persistent, true);
  assert.equal(configurationOf({ persistent: true }).persistent, true);
});
