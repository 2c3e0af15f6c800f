/** Real guests on both sides of an imaging: one boots from what was imaged, and what it holds is imaged while it runs. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { guestPage } from "../../testing/guest/page.ts";
import { sampleDrive, sampleImage } from "../../testing/guest/sample.ts";
import { long } from "../../testing/share.ts";
import { until } from "../../testing/until.ts";
import { hold, PACKER } from "../../testing/workers.ts";

const PIECE_BYTES = 4 * 2 ** 20;

describe("an imaged drive", long, () => {
  let cloud: Cloud;
  let source = "";
  let image: Buffer;

  before(async () => {
    cloud = await openCloud();
    image = await readFile(sampleImage());
    source = await sampleDrive(cloud);
  });
  after(() => cloud?.close());

  const target = async (cipher: string) =>
    (
      await cloud.make("drives/create", { name: "target", size: image.length, "encryption:cipher": cipher })
    ).get("drive") ?? "";

  const settled = (drive: string) =>
    until("the drive is imaged", async () => {
      const info = await cloud.info(`drives/${drive}/info`);
      return info.has("imaging") ? null : info;
    });

  async function whole(drive: string): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let offset = 0; offset < image.length; offset += PIECE_BYTES) {
      pieces.push((await cloud.ask(`drives/${drive}/read/${offset}/${PIECE_BYTES}`)).bytes);
    }
    return Buffer.concat(pieces);
  }

  it("boots while another imaging reads the same source, and is imaged itself while its guest runs", async () => {
    const [disk, packed, copy] = [
      await target("none"),
      await target("aes-xts-plain"),
      await target("aes-xts-plain"),
    ];
    await cloud.act(`drives/${packed}/image/${source}/gzip`);
    const goOn = await hold(cloud.pid, PACKER);
    await cloud.act(`drives/${disk}/image/${source}`);
    assert.equal((await settled(disk)).get("imaging:error"), undefined);
    const made = await cloud.make("servers/create", {
      name: "imaged",
      cpu: 2000,
      mem: 256,
      "block:0": disk,
      boot: "block:0",
      "nic:0:dhcp": "auto",
    });
    await guestPage(cloud, made.get("nic:0:dhcp:ip") ?? "");
    assert.equal((await cloud.info(`drives/${packed}/info`)).get("imaging"), "true");

    await cloud.act(`drives/${copy}/image/${disk}`);
    assert.equal((await settled(copy)).get("imaging:error"), undefined);
    assert.ok((await whole(copy)).equals(await whole(disk)), "what the guest has is what was copied");

    goOn();
    assert.equal((await settled(packed)).get("imaging:error"), undefined);
    assert.ok(gunzipSync(await whole(packed)).equals(image));
    await cloud.act(`servers/${made.get("server")}/destroy`);
  });
});
