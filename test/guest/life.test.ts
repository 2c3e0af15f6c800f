/** A real guest from power-on to power-off: what a user sees of it through the API, the network and VNC. */
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { guestPage } from "../../testing/guest/page.ts";
import { type Refused, view } from "../../testing/guest/rfb.ts";
import { sampleDrive } from "../../testing/guest/sample.ts";
import { qemuPid } from "../../testing/proc.ts";
import { until } from "../../testing/until.ts";

/** Where pictures of guests' screens go, for people to look at. */
const PICTURES = resolve(import.meta.dirname, "../../.cache/pictures");

const EXAMPLE = {
  name: "TestServer",
  cpu: 2000,
  mem: 256,
  boot: "block:0",
  "nic:0:model": "e1000",
  "nic:0:dhcp": "auto",
  smp: "auto",
  vnc: "auto",
  "vnc:password": "XXXXXXXX",
};

describe("a real guest", () => {
  let cloud: Cloud;
  let drive = "";
  let server = "";
  let address = "";

  before(async () => {
    cloud = await openCloud();
    drive = await sampleDrive(cloud);
    const made = await cloud.make("servers/create", { ...EXAMPLE, "block:0": drive });
    server = made.get("server") ?? "";
    address = made.get("nic:0:dhcp:ip") ?? "";
  });
  after(() => cloud.close());

  const closed = () =>
    until("VNC is closed", () =>
      view(address, 5900, "XXXXXXXX").then(
        (viewer) => viewer.close(),
        (error: Refused | NodeJS.ErrnoException) =>
          (("code" in error && error.code) || error.message) ?? null,
      ),
    );

  it("gets its address by DHCP and answers HTTP on it", async () => {
    assert.match(await guestPage(cloud, address), /\S/);
    const info = await cloud.info(`servers/${server}/info`);
    assert.ok(Number(info.get("rx:bytes")) > 0, "it received");
    assert.ok(Number(info.get("tx:packets")) > 0, "it transmitted");
    assert.ok(Number(info.get("block:0:read:bytes")) > 1_000_000, "it read its disk");
    assert.equal(info.get("rx"), info.get("rx:bytes"));
    const drives = await cloud.info(`drives/${drive}/info`);
    assert.equal(drives.get("claimed"), server);
    assert.ok(
      Number(drives.get("read:bytes")) >= Number(info.get("block:0:read:bytes")),
      "the drive counts it too",
    );
  });

  it("shows its screen to a viewer with the password, and to none without", async () => {
    await assert.rejects(view(address, 5900, "wrong"), /authentication|password|denied/i);
    const viewer = await view(address, 5900, "XXXXXXXX");
    const png = await viewer.screenshot();
    viewer.close();
    await mkdir(PICTURES, { recursive: true });
    await writeFile(join(PICTURES, "guest.png"), png);
    assert.ok(viewer.width >= 640 && viewer.height >= 400, `${viewer.width}x${viewer.height}`);
    assert.ok(png.length > 2000, "there is something on the screen");
  });

  it("takes another VNC password live, and unsetting it closes VNC and cuts who is there", async () => {
    const first = await view(address, 5900, "XXXXXXXX");
    await cloud.make(`servers/${server}/set`, { "vnc:password": "other" });
    await assert.rejects(view(address, 5900, "XXXXXXXX"), /authentication|password|denied/i);
    (await view(address, 5900, "other")).close();
    await cloud.make(`servers/${server}/set`, { "vnc:password": "" });
    assert.ok(await closed());
    await assert.rejects(first.screenshot());
    await first.closed;
    await cloud.make(`servers/${server}/set`, { "vnc:password": "XXXXXXXX" });
    (await view(address, 5900, "XXXXXXXX")).close();
  });

  it("lets its drive be read through its own QEMU, byte for byte", async () => {
    const image = await readFile(process.env.LODGE_SAMPLE_IMAGE ?? "");
    const read = await cloud.ask(`drives/${drive}/read/0/4M`);
    assert.equal(read.status, 200, read.text);
    assert.ok(read.bytes.equals(image.subarray(0, 4 * 2 ** 20)));
  });

  it("is throttled live by a bandwidth limit in core MHz", async (t) => {
    const before = await cpuQuota(cloud, server);
    if (before === null) {
      assert.ok(
        (await cloud.tool("lodge", ["doctor"])).stdout.includes("CPU"),
        "the doctor says that there are none",
      );
      t.diagnostic("this machine has no CPU quotas");
      return;
    }
    await cloud.make(`servers/${server}/set`, { cpu: 1000 });
    const after = await cpuQuota(cloud, server);
    assert.ok(Math.abs((after ?? 0) / before - 0.5) < 0.02, `${before} µs became ${after} µs`);
    await cloud.make(`servers/${server}/set`, { cpu: 2000 });
  });

  it("starts anew on reset, with the same start time and address", async () => {
    const started = (await cloud.info(`servers/${server}/info`)).get("started");
    await cloud.act(`servers/${server}/reset`);
    await until("the guest has gone down", async () => {
      const alive = await fetch(`http://${address}/`, { signal: AbortSignal.timeout(500) }).then(
        () => true,
        () => false,
      );
      return alive ? null : true;
    });
    await guestPage(cloud, address);
    assert.equal((await cloud.info(`servers/${server}/info`)).get("started"), started);
  });

  it("is sampled once a minute: what it took of its core, read, received and sent", async () => {
    const headers = { accept: "application/json" };
    const rows = await until("there is a sample", async () => {
      const { text } = await cloud.ask(`servers/${server}/samples`, { headers });
      const found = JSON.parse(text) as Readonly<Record<string, number>>[];
      return found.length > 0 ? found : null;
    });
    const sum = (key: string) => rows.reduce((total, row) => total + (row[key] ?? 0), 0);
    const info = await cloud.info(`servers/${server}/info`);
    for (const [key, counted] of [
      ["read:bytes", "block:0:read:bytes"],
      ["rx:bytes", "rx:bytes"],
      ["tx:bytes", "tx:bytes"],
    ] as const)
      assert.ok(sum(key) > 0 && sum(key) <= Number(info.get(counted)), `${key}: ${sum(key)}`);
    assert.ok(rows.every(({ cpu = 0, mem = 0 }) => cpu > 0 && mem > 16));
  });

  it("goes on through kill -9 of the daemon, and is known again afterwards", async () => {
    await cloud.withoutDaemon(async () => {
      assert.match(await guestPage(cloud, address), /\S/);
    });
    const info = await cloud.info(`servers/${server}/info`);
    assert.deepEqual([info.get("status"), info.get("nic:0:dhcp:ip")], ["active", address]);
    (await view(address, 5900, "XXXXXXXX")).close();
    assert.equal((await cloud.info(`drives/${drive}/info`)).get("claimed"), server);
  });

  it("powers off on shutdown, and with it go the server, its claim and its address", async () => {
    await cloud.act(`servers/${server}/shutdown`);
    await until("the server is gone", async () =>
      (await cloud.ask("servers/list")).text === "" ? true : null,
    );
    assert.equal((await cloud.ask(`servers/${server}/info`)).status, 404);
    assert.equal((await cloud.info(`drives/${drive}/info`)).get("claimed"), undefined);
    const io = await cloud.info(`drives/${drive}/info`);
    assert.ok(Number(io.get("read:bytes")) > 1_000_000, "what the guest read still counts");
  });

  it("when its QEMU is killed, is noticed at once, and a persistent server is stopped", async () => {
    const made = await cloud.make("servers/create", { ...EXAMPLE, "block:0": drive, persistent: "true" });
    const uuid = made.get("server") ?? "";
    process.kill(await qemuPid(uuid), "SIGKILL");
    await until("it is stopped", async () =>
      (await cloud.info(`servers/${uuid}/info`)).get("status") === "stopped" ? true : null,
    );
    assert.equal((await cloud.info(`drives/${drive}/info`)).get("claimed"), undefined);
    await cloud.act(`servers/${uuid}/start`);
    await cloud.act(`servers/${uuid}/destroy`);
  });

  it("when it ends while the daemon is down, the next start settles it", async () => {
    const made = await cloud.make("servers/create", { ...EXAMPLE, "block:0": drive });
    const pid = await qemuPid(made.get("server") ?? "");
    await cloud.kill();
    process.kill(pid, "SIGKILL");
    await cloud.start();
    assert.equal((await cloud.ask("servers/list")).text, "");
    assert.equal((await cloud.info(`drives/${drive}/info`)).get("claimed"), undefined);
  });
});

/** The bandwidth limit of a server's QEMU, in µs per period of its own; null where there are no quotas. */
async function cpuQuota(cloud: Cloud, server: string): Promise<number | null> {
  if (!/CPU quotas\s+yes/i.test((await cloud.tool("lodge", ["doctor"])).stdout)) return null;
  const groups = await readFile(`/proc/${await qemuPid(server)}/cgroup`, "utf8");
  const v1 = /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(.+)$/m.exec(groups)?.[1];
  if (v1?.includes(server)) return Number(await readFile(`/sys/fs/cgroup/cpu${v1}/cpu.cfs_quota_us`, "utf8"));
  const v2 = /^0::(.+)$/m.exec(groups)?.[1];
  return Number((await readFile(`/sys/fs/cgroup${v2}/cpu.max`, "utf8")).split(" ")[0]);
}
