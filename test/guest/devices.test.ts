/** The sample guest boots from every bus with every model of NIC, from both kinds of drive. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { guestPage } from "../../testing/guest/page.ts";
import { sampleDrive } from "../../testing/guest/sample.ts";
import { long } from "../../testing/share.ts";

const MACHINES = [
  { device: "ide:1:1", media: "disk", model: "rtl8139", cipher: "none" },
  { device: "scsi:0:0", media: "disk", model: "e1000", cipher: "aes-xts-plain" },
  { device: "block:7", media: "disk", model: "virtio", cipher: "aes-xts-plain" },
] as const;

describe("a real guest", long, () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud.close());

  for (const { device, media, model, cipher } of MACHINES) {
    it(`boots from ${device} with a NIC ${model} and a drive of cipher ${cipher}`, async () => {
      const drive = await sampleDrive(cloud, { "encryption:cipher": cipher });
      const server = await cloud.make("servers/create", {
        name: device,
        cpu: 2000,
        mem: 256,
        [device]: drive,
        [`${device}:media`]: media,
        boot: device,
        "nic:0:model": model,
        "nic:0:dhcp": "auto",
      });
      assert.match(await guestPage(cloud, server.get("nic:0:dhcp:ip") ?? ""), /\S/);
      const info = await cloud.info(`servers/${server.get("server")}/info`);
      assert.ok(Number(info.get(`${device}:read:bytes`)) > 1_000_000, "what it read of its disk is counted");
      await cloud.act(`servers/${server.get("server")}/destroy`);
    });
  }
});
