/** The Debian 12 image boots on every bus with every model of NIC, is set up by cloud-init, and goes on as a Debian does. */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { view } from "../../testing/guest/rfb.ts";
import { uploadedDebian } from "../../testing/images/debian.ts";
import { type Seed, type SeedFormat, seedDrive } from "../../testing/images/seed.ts";
import { listenToSerial } from "../../testing/images/serial.ts";
import { openSsh, type Ssh } from "../../testing/images/ssh.ts";
import { until } from "../../testing/until.ts";

/** Where pictures of servers' screens go, for people to look at. */
const PICTURES = resolve(import.meta.dirname, "../../.cache/pictures");

/** Larger than the image, so that the file system has to grow. */
const DRIVE_SIZE_BYTES = 4 * 2 ** 30;

const SERVER = { cpu: 4000, smp: 2, mem: 1024, persistent: "true", "nic:0:dhcp": "auto" };

type Machine = {
  readonly disk: string;
  readonly seed: string;
  readonly format: SeedFormat;
  readonly model: string;
};

const FIRST: Machine = { disk: "ide:0:0", seed: "ide:1:0", format: "iso", model: "e1000" };

const OTHERS: readonly Machine[] = [
  { disk: "scsi:0:0", seed: "scsi:0:1", format: "vfat", model: "rtl8139" },
  { disk: "block:0", seed: "block:1", format: "vfat", model: "virtio" },
];

describe("the Debian 12 image", () => {
  let cloud: Cloud;
  let ssh: Ssh;
  let drive = "";
  before(async () => {
    cloud = await openCloud();
    ssh = await openSsh();
    drive = await uploadedDebian(cloud, DRIVE_SIZE_BYTES);
  });
  // A test that fails leaves its server, which holds the drive.
  afterEach(async () => {
    for (const line of (await cloud.ask("servers/list")).text.split("\n").filter(Boolean)) {
      await cloud.act(`servers/${line.split(" ")[0]}/destroy`);
    }
  });
  after(async () => {
    await ssh.close();
    await cloud.close();
  });

  /** Starts a server with the image, and listens to it. */
  async function boot({ disk, seed, format, model }: Machine, seeded: Seed) {
    const media = format === "iso" ? "cdrom" : "disk";
    const made = await cloud.make("servers/create", {
      ...SERVER,
      name: seeded.hostname,
      [disk]: drive,
      [seed]: await seedDrive(cloud, seeded, format),
      [`${seed}:media`]: media,
      boot: disk,
      "nic:0:model": model,
      vnc: "auto",
      "vnc:password": "XXXXXXXX",
    });
    const server = made.get("server") ?? "";
    const serial = await listenToSerial(cloud, server);
    return { server, address: made.get("nic:0:dhcp:ip") ?? "", serial };
  }

  /** Presses the power button, and waits until the server has stopped. */
  async function shutDown(server: string): Promise<void> {
    await cloud.act(`servers/${server}/shutdown`);
    await until("the server has stopped", async () =>
      (await cloud.info(`servers/${server}/info`)).get("status") === "stopped" ? true : null,
    );
  }

  it("boots to its login prompt, lets in the key of the cidata drive, grows, and boots what it installs", async () => {
    const { server, address, serial } = await boot(FIRST, { hostname: "first", key: ssh.publicKey });
    await serial.says(/Debian GNU\/Linux 12 first ttyS0\s+first login: /);
    assert.equal(
      await ssh.run(address, "cloud-init status --wait | tail -1; hostname"),
      "status: done\nfirst",
    );
    const [root = "0"] = (await ssh.run(address, "df --output=size --block-size=1 / | tail -1")).split("\n");
    assert.ok(Number(root) > 0.9 * DRIVE_SIZE_BYTES, `the file system has ${root} bytes`);
    assert.equal(await ssh.run(address, "systemctl --failed --quiet"), "", "every unit came up");
    assert.match(await ssh.run(address, "cat /etc/apt/sources.list"), /^(?:deb \S+:\S+ \S+ main\n?)+$/);
    assert.match(
      await ssh.run(address, "sudo passwd --status debian; sudo passwd --status root"),
      /^debian L .*\nroot L /,
    );

    const viewer = await view(address, 5900, "XXXXXXXX");
    await mkdir(PICTURES, { recursive: true });
    await writeFile(join(PICTURES, "debian-12.png"), await viewer.screenshot());
    viewer.close();

    // What the installation of a kernel or of a boot loader does, and a power failure after it.
    const device = "$(echo get grub-pc/install_devices | sudo debconf-communicate | cut -d' ' -f2)";
    await ssh.run(
      address,
      `sudo update-initramfs -u && sudo update-grub && sudo grub-install ${device} && sync`,
    );
    await cloud.act(`servers/${server}/reset`);
    await serial.says(/first login: /);
    assert.match(await ssh.run(address, "cat /proc/cmdline"), /^BOOT_IMAGE=\/boot\/vmlinuz-/);
    await shutDown(server);
  });

  it("lets in the keys of ssh:keys, does what user-data says, and takes other keys at its next start", async () => {
    const made = await cloud.make("servers/create", {
      ...{ ...SERVER, name: "Keyed One", "block:0": drive, boot: "block:0", "nic:0:model": "virtio" },
      ...{ "ssh:keys": ssh.publicKey, "user-data": '#!/bin/sh\\necho "$(hostname) is told" > /root/told\\n' },
    });
    const server = made.get("server") ?? "";
    /** Once its prompt is there: a boot on a busy machine may take longer than SSH is waited for. */
    const address = async () => {
      await (await listenToSerial(cloud, server)).says(/keyed-one login: /);
      return (await cloud.info(`servers/${server}/info`)).get("nic:0:dhcp:ip") ?? "";
    };
    const told = "cloud-init status --wait | tail -1; sudo cat /root/told; systemctl --failed --quiet";
    assert.equal(await ssh.run(await address(), told), "status: done\nkeyed-one is told");
    await shutDown(server);
    const other = await openSsh();
    try {
      await cloud.make(`servers/${server}/set`, { "ssh:keys": other.publicKey, "user-data": "" });
      await cloud.act(`servers/${server}/start`);
      assert.equal(await other.run(await address(), "hostname"), "keyed-one");
    } finally {
      await other.close();
    }
    await shutDown(server);
  });

  for (const machine of OTHERS) {
    it(`boots from ${machine.disk} with a NIC ${machine.model} and a seed on ${machine.seed}`, async () => {
      const hostname = machine.model;
      const { server, address, serial } = await boot(machine, { hostname, key: ssh.publicKey });
      await serial.says(new RegExp(`${hostname} login: `));
      assert.equal(await ssh.run(address, "hostname"), hostname);
      await shutDown(server);
    });
  }
});
