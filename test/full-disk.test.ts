/** A cloud whose disk has become full: what ends and destroys things makes room again, by the API alone. */
import assert from "node:assert/strict";
import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { Cloud } from "../testing/cloud.ts";
import { longAnd } from "../testing/share.ts";
import { needsSmallDisk, type SmallDisk, smallDisk } from "../testing/small-disk.ts";
import { until } from "../testing/until.ts";

const MIB = 2 ** 20;
/** More than what drives never get of a disk, and what they are to get here. */
const DISK_MIB = 192;
const WRITTEN_MIB = 24;

async function cloudOn(t: TestContext): Promise<{ disk: SmallDisk; cloud: Cloud }> {
  const disk = await smallDisk(DISK_MIB);
  const cloud = new Cloud(join(disk.folder, "home"), {});
  t.after(async () => {
    await disk.clear();
    await cloud.close().finally(() => disk.end());
  });
  await cloud.start();
  // A second after its start.
  await until("the store holds its room", async () => inStore(cloud, "pragma freelist_count") > 0 || null);
  return { disk, cloud };
}

/** One number out of the cloud's store. */
function inStore(cloud: Cloud, query: string, ...values: string[]): number {
  const database = new Database(join(cloud.home, "lodge.db"), { readonly: true });
  try {
    return (
      database
        .prepare<string[], number>(query)
        .pluck()
        .get(...values) ?? 0
    );
  } finally {
    database.close();
  }
}

/** How many reads of the drive are counted in the store. */
const storedReads = (cloud: Cloud, drive: string) =>
  inStore(cloud, "select read_requests from drives where uuid = ?", drive);

/** A drive with bytes on it, and a persistent server that has it. */
async function populated(cloud: Cloud) {
  const made = await cloud.make("drives/create", { name: "d", size: 32 * MIB });
  const drive = made.get("drive") ?? "";
  for (let at = 0; at < WRITTEN_MIB; at += 4) {
    const body = new Uint8Array(4 * MIB).fill(at + 1);
    const headers = { "content-type": "application/octet-stream" };
    const { status, text } = await cloud.ask(`drives/${drive}/write/${at * MIB}`, { body, headers });
    assert.equal(status, 204, text);
  }
  const config = { name: "s", cpu: 200, mem: 32, persistent: "true", "ide:0:0": drive };
  const server = (await cloud.make("servers/create", config)).get("server") ?? "";
  return { drive, server };
}

const typeOf = async (cloud: Cloud, path: string, body: string) => {
  const { status, headers } = await cloud.ask(path, { method: "POST", body });
  return [status, headers.get("x-elastic-error")];
};

const FULL = [507, "full"];

async function refusesAllThatGrows(cloud: Cloud, drive: string, server: string): Promise<void> {
  for (const [path, body] of [
    ["drives/create", "name e\nsize 4096\nencryption:cipher none\n"],
    ["servers/create", "name t\ncpu 200\nmem 32\n"],
    ["resources/vlan/create", "name v\n"],
    [`drives/${drive}/set`, "name other\n"],
    [`servers/${server}/set`, "name other\n"],
  ] as const) {
    assert.deepEqual(await typeOf(cloud, path, body), FULL, path);
  }
  for (const path of ["drives/list", "servers/info", `drives/${drive}/info`, `drives/${drive}/read/0/100`]) {
    assert.equal((await cloud.ask(path)).status, 200, path);
  }
  assert.equal((await cloud.info(`drives/${drive}/info`)).get("name"), "d");
  assert.equal((await cloud.info(`servers/${server}/info`)).get("name"), "s");
}

test(
  "a cloud on a full disk refuses what grows with 507, and by stop and destroy there is room again",
  needsSmallDisk,
  async (t) => {
    const { disk, cloud } = await cloudOn(t);
    const { drive, server } = await populated(cloud);
    await disk.fill();
    await refusesAllThatGrows(cloud, drive, server);
    await cloud.act(`servers/${server}/stop`);
    const stopped = await cloud.info(`servers/${server}/info`);
    assert.equal(stopped.get("status"), "stopped");
    assert.equal(
      (await cloud.info(`drives/${drive}/info`)).get("claimed"),
      undefined,
      "it is claimed no more",
    );
    assert.deepEqual(await typeOf(cloud, `servers/${server}/start`, ""), FULL);
    // Whatever else has taken what there was in between.
    await disk.fill();
    await cloud.act(`drives/${drive}/destroy`);
    await cloud.act(`servers/${server}/destroy`);
    assert.equal((await cloud.ask("drives/list")).text.trim(), "");
    await cloud.make("drives/create", { name: "e", size: MIB });
    const other = (await cloud.make("servers/create", { name: "t", cpu: 200, mem: 32 })).get("server");
    await cloud.act(`servers/${other}/destroy`);
  },
);

for (const end of ["stop", "kill"] as const) {
  test(
    `a daemon that was ended by ${end} starts on a disk that became full meanwhile, and makes room`,
    longAnd(needsSmallDisk),
    async (t) => {
      const { disk, cloud } = await cloudOn(t);
      const { drive, server } = await populated(cloud);
      await disk.fill();
      await cloud[end]();
      await disk.fill();
      await cloud.start();
      await refusesAllThatGrows(cloud, drive, server);
      await cloud.act(`servers/${server}/destroy`);
      await cloud.act(`drives/${drive}/destroy`);
      await cloud.make("servers/create", { name: "t", cpu: 200, mem: 32 });
    },
  );
}

test(
  "a server that ends by itself on a full disk is settled, and lodge down leaves nothing of another",
  longAnd(needsSmallDisk),
  async (t) => {
    const { disk, cloud } = await cloudOn(t);
    const { drive, server } = await populated(cloud);
    await disk.fill();
    await cloud.act(`servers/${server}/stop`);
    assert.deepEqual(await typeOf(cloud, `servers/${server}/start`, ""), FULL);
    await disk.clear();
    await cloud.act(`servers/${server}/start`);
    await disk.fill();
    await cloud.stop();
    await disk.fill();
    const down = await cloud.tool("lodge", ["down"]);
    assert.equal(down.code, 0, down.stderr);
    assert.match(down.stdout, new RegExp(`server ${server} has ended`));
    // Without what an earlier start remembered, too, which this one cannot write down.
    await truncate(join(cloud.home, "network.json"));
    await disk.fill();
    await cloud.start();
    assert.match(cloud.logged, /network\.json could not be written/);
    assert.equal((await cloud.info(`servers/${server}/info`)).get("status"), "stopped");
    assert.equal((await cloud.info(`drives/${drive}/info`)).get("claimed"), undefined);
  },
);

test(
  "counts of reads on a full disk are stored, and the log does not say the same again and again",
  longAnd(needsSmallDisk),
  async (t) => {
    const { disk, cloud } = await cloudOn(t);
    const { drive, server } = await populated(cloud);
    await disk.fill();
    for (let read = 1; read <= 3; read++) {
      assert.equal((await cloud.ask(`drives/${drive}/read/0/100`)).status, 200);
      // An answer has what is not stored yet as well.
      await until("the count is stored", async () => storedReads(cloud, drive) >= read || null);
    }
    assert.equal(cloud.logged, "");
    await cloud.act(`servers/${server}/destroy`);
  },
);
