/**
 * The whole way of a system: its operator imports the image, users put it on drives, and its servers are reached at an
 * address of their own and reach each other in a VLAN.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { debianImage } from "../../testing/images/debian.ts";
import { seedDrive } from "../../testing/images/seed.ts";
import { listenToSerial } from "../../testing/images/serial.ts";
import { openSsh, type Ssh } from "../../testing/images/ssh.ts";
import { until } from "../../testing/until.ts";

const DRIVE_SIZE_BYTES = 3 * 2 ** 30;

/** The first NIC by DHCP, the second by hand: a VLAN has no DHCP but what its users bring. */
const network = (privateAddress: string) => `version: 2
ethernets:
  ens3: { dhcp4: true }
  ens4: { addresses: [ ${privateAddress}/24 ] }
`;

describe("Debian 12 as a standard image", () => {
  const image = randomUUID();
  let cloud: Cloud;
  let ssh: Ssh;
  before(async () => {
    cloud = await openCloud();
    ssh = await openSsh();
  });
  after(async () => {
    await ssh.close();
    await cloud.close();
  });

  /** Begins to put the image on a new drive. */
  async function putImage(name: string): Promise<string> {
    const made = await cloud.make("drives/create", { name, size: DRIVE_SIZE_BYTES });
    const drive = made.get("drive") ?? "";
    await cloud.act(`drives/${drive}/image/${image}/gunzip`);
    return drive;
  }

  const imaged = async (drive: string) => {
    const info = await until("the drive is imaged", async () => {
      const now = await cloud.info(`drives/${drive}/info`);
      return now.has("imaging") ? null : now;
    });
    assert.equal(info.get("imaging:error"), undefined);
  };

  /** Starts a server whose first NIC has the address and whose second is in the VLAN, and listens to it. */
  async function boot(
    hostname: string,
    drive: string,
    address: string,
    vlan: string,
    privateAddress: string,
  ) {
    const seed = { hostname, key: ssh.publicKey, network: network(privateAddress) };
    const made = await cloud.make("servers/create", {
      ...{ name: hostname, cpu: 2000, smp: 1, mem: 1024, persistent: "true" },
      ...{ "block:0": drive, boot: "block:0", "ide:0:0": await seedDrive(cloud, seed, "iso") },
      ...{ "ide:0:0:media": "cdrom", "nic:0:model": "virtio", "nic:0:dhcp": address },
      ...{ "nic:1:model": "e1000", "nic:1:vlan": vlan },
    });
    const server = made.get("server") ?? "";
    return { server, serial: await listenToSerial(cloud, server) };
  }

  it("is imported, imaged while a server boots from it, reached at a static address, and reaches a second server over a VLAN", async () => {
    const words = ["image", "import", debianImage(), "--uuid", image, "--name", "Debian 12", "--gzip"];
    const imported = await cloud.tool("lodge", words);
    assert.equal(imported.code, 0, imported.stderr);
    const told = await cloud.info(`drives/${image}/info`);
    assert.equal(told.get("name"), "Debian 12");

    const address = (await cloud.make("resources/ip/create", { name: "web" })).get("resource") ?? "";
    const vlan = (await cloud.make("resources/vlan/create", { name: "inner" })).get("resource") ?? "";
    const firstDrive = await putImage("first");
    await imaged(firstDrive);
    const first = await boot("first", firstDrive, address, vlan, "192.168.77.1");
    const secondDrive = await putImage("second");
    await imaged(secondDrive);
    const second = await boot("second", secondDrive, "auto", vlan, "192.168.77.2");

    await first.serial.says(/first login: /);
    assert.equal(await ssh.run(address, "hostname"), "first");
    assert.match(await ssh.run(address, "ip -4 -brief address show ens3"), new RegExp(` ${address}/`));
    await second.serial.says(/second login: /);
    assert.match(await ssh.run(address, "ping -c 3 -W 5 192.168.77.2"), / 0% packet loss/);
    // The second server's SSH, through the first, over the VLAN alone.
    const banner = "timeout 60 bash -c 'exec 3<> /dev/tcp/192.168.77.2/22 && head -n 1 <&3'";
    assert.match(await ssh.run(address, banner), /^SSH-2\.0-OpenSSH/);

    for (const { server } of [first, second]) await cloud.act(`servers/${server}/shutdown`);
    for (const { server } of [first, second]) {
      await until("the server has stopped", async () =>
        (await cloud.info(`servers/${server}/info`)).get("status") === "stopped" ? true : null,
      );
    }
  });
});
