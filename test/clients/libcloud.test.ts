/**
 * Apache Libcloud's own ElasticHosts driver, unchanged, against a cloud: every method that it has, in the order in
 * which a user of it would come to them. The guest is real, since it has to obey a power button.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { type Libcloud, type LibcloudNode, openLibcloud } from "../../testing/clients/libcloud.ts";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { guestPage } from "../../testing/guest/page.ts";
import { sampleDrive, sampleImage } from "../../testing/guest/sample.ts";
import { importInto } from "../../testing/images/import.ts";
import { until } from "../../testing/until.ts";

const DEBIAN = "980cf63c-f21e-4382-997b-6541d5809629";

describe("Libcloud's ElasticHosts driver", () => {
  let cloud: Cloud;
  let libcloud: Libcloud;
  let drive = "";
  let node = "";

  before(async () => {
    cloud = await openCloud();
    libcloud = openLibcloud(cloud);
    drive = await sampleDrive(cloud);
    const made = await cloud.make("servers/create", {
      name: "guest",
      cpu: 2000,
      mem: 256,
      smp: "auto",
      persistent: "true",
      "ide:0:0": drive,
      boot: "ide:0:0",
      "nic:0:model": "e1000",
      "nic:0:dhcp": "auto",
      vnc: "auto",
      "vnc:password": "XXXXXXXX",
    });
    node = made.get("server") ?? "";
  });
  after(async () => {
    await libcloud?.close();
    await cloud?.close();
  });

  const listed = async () => {
    const nodes = await libcloud.call<LibcloudNode[]>("list_nodes");
    const found = nodes.find(({ id }) => id === node);
    assert.ok(found);
    return found;
  };

  it("lists sizes of its own, and images by the specification's uuids", async () => {
    const sizes = await libcloud.call<{ id: string }[]>("list_sizes");
    assert.ok(sizes.some(({ id }) => id === "small"));
    const images = await libcloud.call<{ id: string; name: string }[]>("list_images");
    const debian = images.find(({ id }) => id === DEBIAN);
    assert.equal(debian?.name, "Debian Linux 5.0");
  });

  it("list_nodes shows a running node with its address, its password and the drive that it boots", async () => {
    const { name, state, public_ips, extra } = await listed();
    const info = await cloud.info(`servers/${node}/info`);
    assert.deepEqual([name, state, public_ips], ["guest", "running", [info.get("nic:0:dhcp:ip")]]);
    assert.deepEqual(extra, {
      cpu: 2000,
      mem: 256,
      started: Number(info.get("started")),
      smp: "auto",
      "vnc:ip": info.get("vnc:ip"),
      "vnc:password": "XXXXXXXX",
      "ide:0:0": drive,
    });
  });

  it("list_nodes takes a node that boots from a list of devices", async () => {
    const [one, two] = [await emptyDrive(), await emptyDrive()];
    const made = await cloud.make("servers/create/stopped", {
      name: "several",
      cpu: 500,
      mem: 32,
      "ide:0:0": one,
      "block:1": two,
      boot: "ide:0:0 block:1",
    });
    const nodes = await libcloud.call<LibcloudNode[]>("list_nodes");
    const several = nodes.find(({ id }) => id === made.get("server"));
    assert.deepEqual([several?.extra["ide:0:0"], several?.extra["block:1"]], [one, two]);
    assert.equal(several?.state, "unknown");
    assert.equal(await libcloud.call("destroy_node", { node: several?.id }), true);
    for (const drive_uuid of [one, two]) {
      assert.equal(await libcloud.call("ex_destroy_drive", { drive_uuid }), true);
    }
  });

  it("ex_set_node_configuration changes a running node, and says in the cloud's words what it may not", async () => {
    const set = (given: object) => libcloud.call("ex_set_node_configuration", { node, ...given });
    assert.equal(await set({ name: "renamed", cpu: 1900, "vnc:password": "other" }), true);
    const { name, extra } = await listed();
    assert.deepEqual([name, extra.cpu, extra["vnc:password"]], ["renamed", 1900, "other"]);
    await assert.rejects(set({ mem: 512 }), /X-Elastic-Error: busy \(mem can only be changed while/);
    await assert.rejects(set({ cpu: "fast" }), /X-Elastic-Error: usage \(cpu takes/);
  });

  it("reboot_node resets a running node, which stays up since when it was", async () => {
    const { started } = (await listed()).extra;
    assert.equal(await libcloud.call("reboot_node", { node }), true);
    assert.equal((await listed()).extra.started, started);
  });

  it("ex_shutdown_node has the guest power off, and a persistent node is listed on", async () => {
    await guestPage(cloud, (await listed()).public_ips[0] ?? "");
    assert.equal(await libcloud.call("ex_shutdown_node", { node }), true);
    await until("the guest has powered off", async () =>
      (await listed()).state === "running" ? null : true,
    );
    assert.deepEqual((await listed()).public_ips, []);
    await assert.rejects(libcloud.call("reboot_node", { node }), /X-Elastic-Error: busy/);
  });

  it("ex_set_node_configuration sets what only a stopped node may change", async () => {
    const given = { mem: 128, smp: 1, "nic:0:model": "virtio", "vnc:ip": "auto", "ide:0:0:media": "disk" };
    assert.equal(await libcloud.call("ex_set_node_configuration", { node, ...given }), true);
    const { extra } = await listed();
    assert.deepEqual([extra.mem, extra.smp], [128, 1]);
  });

  it("destroy_node, and the drive may be destroyed straight after", async () => {
    assert.equal(await libcloud.call("destroy_node", { node }), true);
    assert.deepEqual(await libcloud.call("list_nodes"), []);
    assert.equal(await libcloud.call("ex_destroy_drive", { drive_uuid: drive }), true);
    assert.equal((await cloud.ask("drives/list")).text, "");
  });

  it("create_node images a standard image onto a new drive, waits for that, and starts a node on it", async () => {
    const disk = await readFile(sampleImage());
    await importInto(cloud, gzipSync(disk, { level: 1 }), { uuid: DEBIAN });
    const made = await libcloud.call<LibcloudNode>("create_node", {
      name: "imaged",
      size: { id: "own", name: "own", cpu: 500, ram: 64, disk: 1 },
      image: DEBIAN,
      vnc_password: "XXXXXXXX",
    });
    assert.deepEqual([made.name, made.state], ["imaged", "running"]);
    const imaged = String(made.extra["ide:0:0"]);
    assert.equal(await libcloud.call("destroy_node", { node: made.id }), true);
    const start = await cloud.ask(`drives/${imaged}/read/0/4M`);
    assert.ok(start.bytes.equals(disk.subarray(0, 4 * 2 ** 20)));
    assert.equal(await libcloud.call("ex_destroy_drive", { drive_uuid: imaged }), true);
  });

  it("raises the error of its own for credentials that are wrong", async () => {
    const stranger = openLibcloud(cloud, `${cloud.auth}x`);
    try {
      await assert.rejects(stranger.call("list_nodes"), /InvalidCredsError/);
    } finally {
      await stranger.close();
    }
  });

  const emptyDrive = async () =>
    (await cloud.make("drives/create", { name: "empty", size: "1M" })).get("drive") ?? "";
});
