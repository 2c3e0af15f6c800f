/** A real guest that is given `ssh:keys` and `user-data`: it finds them on a CD, and nobody else does anywhere. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openHome } from "../../src/home.ts";
import { connectQmp } from "../../src/host/wire/qmp.ts";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { guestPage } from "../../testing/guest/page.ts";
import { sampleDrive } from "../../testing/guest/sample.ts";
import { blankDrive, runDirectoryOf } from "../../testing/guest/small.ts";
import { processesWith } from "../../testing/proc.ts";
import { ed25519 } from "../../testing/public-keys.ts";
import { long } from "../../testing/share.ts";
import { until } from "../../testing/until.ts";

const SECRET = "h0rse-b4ttery";
const KEYS = `${ed25519("ann@example")}\\n${ed25519("bob of it", 8)}`;
const USER_DATA = `#!/bin/sh\\n# ${SECRET}\\nid\\n`;

/** Everything that a user may attach, but for one place of each bus, where the guest's own drive is. */
const OTHERS = [
  ...["ide:0:0", "ide:0:1", "ide:1:0", "ide:1:1"],
  ...["scsi:0:0", "scsi:0:6", "scsi:0:7", "block:1", "block:7"],
];

describe("a server with keys and user data", long, () => {
  let cloud: Cloud;
  let server = "";
  let address = "";
  let logged = "";
  before(async () => {
    cloud = await openCloud({ LODGE_LOG_LEVEL: "trace" });
    const others: Record<string, string> = {};
    for (const device of OTHERS) others[device] = await blankDrive(cloud);
    const made = await cloud.make("servers/create", {
      ...{ name: "Web Server 1", cpu: 2000, mem: 256, persistent: "true", ...others },
      ...{ "block:0": await sampleDrive(cloud), boot: "block:0", "ide:1:1:media": "cdrom" },
      ...{ "nic:0:model": "virtio", "nic:0:dhcp": "auto", "ssh:keys": KEYS, "user-data": USER_DATA },
    });
    server = made.get("server") ?? "";
    address = made.get("nic:0:dhcp:ip") ?? "";
  });
  after(() => cloud.close());

  const seeded = (name: RegExp) =>
    until("the guest has read its CD", async () => {
      const page = await guestPage(cloud, address);
      return name.test(page) ? page : null;
    });

  const nodesOf = async () => {
    const qmp = await connectQmp(runDirectoryOf(cloud, server).sockets.operator);
    const nodes =
      await qmp.execute<{ inserted: { "node-name": string; ro: boolean }; qdev: string }[]>("query-block");
    qmp.close();
    return nodes.filter(({ inserted }) => inserted !== undefined);
  };

  it("a guest finds its keys and user data on a CD, whatever else its server has", async () => {
    const page = await seeded(/<dd>web-server-1<\/dd>/);
    assert.match(page, /<dt>Lets in<\/dt><dd>ssh-ed25519 ann@example\nssh-ed25519 bob of it<\/dd>/);
    assert.match(page, /<dt>User data<\/dt><dd>3 lines<\/dd>/);
    const [cd, ...more] = (await nodesOf()).filter(({ inserted }) => inserted["node-name"] === "seed");
    assert.deepEqual([cd?.inserted.ro, more], [true, []]);
  });

  it("it is no drive: not in a list, not counted, and claimed by nobody", async () => {
    const drives = (await cloud.ask("drives/list")).text.trim().split("\n");
    assert.equal(drives.length, OTHERS.length + 1);
    const info = await cloud.info(`servers/${server}/info`);
    const counted = [...info.keys()].filter((key) => key.endsWith(":read:bytes"));
    assert.equal(counted.length, OTHERS.length + 1);
  });

  it("the CD stays through a reset and a restart of the daemon, and is new at another start", async () => {
    await cloud.act(`servers/${server}/reset`);
    await cloud.stop();
    logged += cloud.logged;
    await cloud.start();
    assert.match(await seeded(/web-server-1/), /bob of it/);
    await cloud.act(`servers/${server}/stop`);
    await cloud.make(`servers/${server}/set`, {
      "ssh:keys": ed25519("eve"),
      name: "other",
      "nic:0:dhcp": "auto",
    });
    await cloud.act(`servers/${server}/start`);
    address = (await cloud.info(`servers/${server}/info`)).get("nic:0:dhcp:ip") ?? "";
    const page = await seeded(/<dd>other<\/dd>/);
    assert.match(page, /<dd>ssh-ed25519 eve<\/dd>/);
  });

  it("what is secret is in no log, no command line, no file of the home, and no file that goes on being there", async () => {
    logged += cloud.logged;
    assert.match(logged, /servers\/create/);
    assert.ok(!logged.includes(SECRET), "the log");
    for (const pid of await processesWith(server)) {
      for (const file of ["cmdline", "environ"])
        assert.ok(!(await readFile(`/proc/${pid}/${file}`, "latin1").catch(() => "")).includes(SECRET), file);
    }
    const folders = [cloud.home, join(openHome(cloud.home).runDir, "servers")];
    for (const folder of folders) {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      for (const { name, parentPath } of entries.filter((entry) => entry.isFile())) {
        if (parentPath.endsWith("drives")) continue;
        const text = await readFile(join(parentPath, name), "latin1");
        assert.ok(!text.includes(SECRET), name);
      }
    }
  });

  it("the CD goes with the run", async () => {
    const [qemu = 0] = await processesWith(server);
    const links = async () => (await readdir(`/proc/${qemu}/fd`).catch(() => [])).length;
    assert.ok((await links()) > 0);
    await cloud.act(`servers/${server}/destroy`);
    assert.equal(await links(), 0);
  });
});
