import assert from "node:assert/strict";
import { test } from "node:test";
import type { Device, Volume } from "../host.ts";
import { deviceBootIndex } from "./boot-rom.ts";
import { controllers, deviceId, driveDevice, nicDevice, nodeName } from "./devices.ts";

const VOLUME: Volume = {
  ...{ uuid: "11112222-3333-4444-5555-666677778888", format: "raw", sizeBytes: 512 },
  ...{ cipher: "none", secret: null, backing: null },
};

const device = (place: Partial<Device>): Device => ({
  ...{ key: "ide:0:0", bus: "ide", busIndex: 0, unit: 0, media: "disk" },
  ...{ volume: VOLUME, shared: false, bootIndex: null },
  ...place,
});

const CASES: readonly [place: Partial<Device>, id: string, option: Readonly<Record<string, unknown>>][] = [
  [{ bus: "ide", busIndex: 1, unit: 1 }, "ide-1-1", { driver: "ide-hd", bus: "ide.1", unit: 1 }],
  [{ bus: "ide", media: "cdrom" }, "ide-0-0", { driver: "ide-cd", bus: "ide.0", unit: 0 }],
  [{ bus: "scsi", unit: 6 }, "scsi-0-6", { driver: "scsi-hd", bus: "scsi0.0", "scsi-id": 6, lun: 0 }],
  [
    { bus: "scsi", unit: 7, media: "cdrom" },
    "scsi-0-7",
    { driver: "scsi-cd", bus: "scsi1.0", "scsi-id": 0, lun: 0 },
  ],
  [{ bus: "block", unit: 7 }, "block-7", { driver: "virtio-blk-pci", addr: "0xf" }],
  [{ bus: "block", unit: 0, media: "cdrom" }, "block-0", { driver: "virtio-blk-pci", addr: "0x8" }],
];

for (const [place, id, option] of CASES) {
  const { bus, busIndex, unit, media } = device(place);
  test(`a ${media} at ${bus}:${busIndex}:${unit} is ${id}, a ${option.driver}`, () => {
    const serial = "11112222333344445555";
    assert.equal(deviceId(device(place)), id);
    assert.deepEqual(driveDevice([device(place)], device(place)), {
      ...option,
      ...{ id, drive: `drive-${id}`, serial },
    });
  });
}

test("a device that is booted from says when", () => {
  assert.equal(driveDevice([], device({ bootIndex: 2 })).bootindex, deviceBootIndex(2));
  assert.ok(!("bootindex" in driveDevice([], device({ bootIndex: null }))));
});

test("a shared drive is written through", () => {
  const option = driveDevice([], device({ shared: true }));
  assert.equal(option["write-cache"], "off");
  assert.equal(option["share-rw"], true);
});

test("a drive at two devices has one node, named for the first", () => {
  const devices = [device({ unit: 1 }), device({ bus: "block", unit: 3 })];
  assert.deepEqual(
    devices.map((each) => nodeName(devices, each)),
    ["drive-ide-0-1", "drive-ide-0-1"],
  );
});

test("SCSI controllers are there for those who need them", () => {
  const ids = (...units: number[]) =>
    controllers(units.map((unit) => device({ bus: "scsi", unit }))).map(({ id }) => id);
  assert.deepEqual(ids(), []);
  assert.deepEqual(ids(0, 6), ["scsi0"]);
  assert.deepEqual(ids(7), ["scsi1"]);
  assert.deepEqual(ids(3, 7), ["scsi0", "scsi1"]);
});

test("a NIC sits at a slot of its own and boots nothing", () => {
  const nic = { index: 1, model: "virtio", mac: "06:00:00:00:00:01", vlan: null, lease: null } as const;
  assert.deepEqual(nicDevice(nic), {
    ...{ driver: "virtio-net-pci", id: "nic-1", netdev: "net-1", mac: "06:00:00:00:00:01" },
    ...{ addr: "0x4", romfile: "" },
  });
});
