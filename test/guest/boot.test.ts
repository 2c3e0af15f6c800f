/** What a server boots from: its list in order, across all buses, past what cannot be booted; and when nothing can. */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { HALT } from "../../src/host/qemu/boot-sector.ts";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { litCells } from "../../testing/guest/picture.ts";
import { view } from "../../testing/guest/rfb.ts";
import {
  blankDrive,
  bootCd,
  diskOf,
  driveOf,
  GIVE_UP,
  screenShowing,
  show,
} from "../../testing/guest/small.ts";
import { long } from "../../testing/share.ts";

const LEAST = { name: "boot", cpu: 2000, mem: 32 };

/** Where pictures of guests' screens go, for people to look at. */
const PICTURES = resolve(import.meta.dirname, "../../.cache/pictures");

/** Says a word, and leaves the rest to the next device. */
const passing = (word: string) => [...show(`<${word}>`), ...GIVE_UP];
/** Says a word and stays. */
const staying = (word: string) => [...show(`<${word}>`), ...HALT];

describe("booting", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud.close());

  /** The words that the devices said by the time that the screen shows the pattern. */
  async function wordsOf(server: Readonly<Record<string, string>>, pattern: RegExp): Promise<string[]> {
    const made = await cloud.make("servers/create", { ...LEAST, ...server });
    const uuid = made.get("server") ?? "";
    const text = await screenShowing(cloud, uuid, pattern);
    await cloud.act(`servers/${uuid}/destroy`);
    return [...text.matchAll(/<(\w+)>/g)].map(([, word]) => word ?? "");
  }

  it("goes through the list in its order, over ide, scsi and block, and leaves out what is not in it", async () => {
    const drives = {
      "ide:0:0": await diskOf(cloud, passing("ide")),
      "ide:1:0": await diskOf(cloud, staying("unlisted")),
      "scsi:0:1": await diskOf(cloud, passing("scsi")),
      "scsi:0:7": await diskOf(cloud, passing("seven")),
      "block:3": await diskOf(cloud, passing("block"), { "encryption:cipher": "none" }),
    };
    const nothing = /No bootable device/;
    const boot = "scsi:0:1 block:3 ide:0:0 scsi:0:7";
    assert.deepEqual(await wordsOf({ ...drives, boot }, nothing), ["scsi", "block", "ide", "seven"]);
    const other = "ide:0:0 scsi:0:7 block:3";
    assert.deepEqual(await wordsOf({ ...drives, boot: other }, nothing), ["ide", "seven", "block"]);
  });

  it("boots a CD first and the disk after it, when the CD leaves it to the disk", async () => {
    const devices = {
      "ide:0:0": await diskOf(cloud, staying("disk")),
      "ide:1:0": await driveOf(cloud, bootCd(passing("cd"))),
      "ide:1:0:media": "cdrom",
      boot: "ide:1:0 ide:0:0",
    };
    assert.deepEqual(await wordsOf(devices, /<disk>/), ["cd", "disk"]);
  });

  it("goes past a CD and disks from which nothing boots", long, async () => {
    const devices = {
      "ide:0:0": await blankDrive(cloud),
      "ide:0:0:media": "cdrom",
      "ide:0:1": await blankDrive(cloud),
      "scsi:0:0": await blankDrive(cloud),
      "block:0": await diskOf(cloud, staying("disk")),
      boot: "ide:0:0 ide:0:1 scsi:0:0 block:0",
    };
    assert.deepEqual(await wordsOf(devices, /<disk>/), ["disk"]);
  });

  it("goes past a blank disk to the CD from which it is to be filled", long, async () => {
    const devices = {
      "ide:0:0": await blankDrive(cloud),
      "scsi:0:2": await driveOf(cloud, bootCd(staying("cd"))),
      "scsi:0:2:media": "cdrom",
      boot: "ide:0:0 scsi:0:2",
    };
    assert.deepEqual(await wordsOf(devices, /<cd>/), ["cd"]);
  });

  for (const [what, devices] of [
    ["without a drive", async () => ({})],
    ["with a blank disk and a blank CD", blankPair],
  ] as const) {
    it(`says on VNC that there is nothing to boot, ${what}, and stays there`, async () => {
      const screen = { vnc: "auto", "vnc:password": "secret" };
      const made = await cloud.make("servers/create", { ...LEAST, ...screen, ...(await devices(cloud)) });
      const uuid = made.get("server") ?? "";
      const text = await screenShowing(cloud, uuid, /No bootable device/);
      assert.match(text, /No bootable device\.\s*$/, "it is the last word, and no reboot is announced");
      const viewer = await view(made.get("vnc:ip") ?? "", 5900, "secret");
      const picture = await viewer.screenshot();
      viewer.close();
      await mkdir(PICTURES, { recursive: true });
      await writeFile(join(PICTURES, `nothing to boot ${what}.png`), picture);
      assert.ok(litCells(picture) > 20, "the viewer sees it");
      assert.equal((await cloud.info(`servers/${uuid}/info`)).get("status"), "active");
      await cloud.act(`servers/${uuid}/destroy`);
    });
  }
});

async function blankPair(cloud: Cloud): Promise<Record<string, string>> {
  return {
    "ide:0:0": await blankDrive(cloud),
    "ide:1:0": await blankDrive(cloud),
    "ide:1:0:media": "cdrom",
    boot: "ide:0:0 ide:1:0",
  };
}
