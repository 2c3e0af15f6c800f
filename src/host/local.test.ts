import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openSourceServer, sendContent } from "../../testing/source-server.ts";
import { until } from "../../testing/until.ts";
import type { HostEvent } from "./events-log.ts";
import type { ServerSpec, Volume } from "./host.ts";
import { type LocalHost, openLocalHost } from "./local.ts";
import { run } from "./process/process.ts";

const TEXT = "what a drive holds";
const signal = AbortSignal.timeout(60_000);

let home: string;
let runDir: string;
let host: LocalHost;
const events: HostEvent[] = [];
const id = randomBytes(4).toString("hex");
const uid = process.getuid?.() === 0 ? 2_000_000 + (process.pid % 20_000) * 100 : null;
const serverUids = uid === null ? null : { first: uid + 1, last: uid + 99 };

const open = (range = serverUids) =>
  openLocalHost({
    ...{ home, id, uid, runDir, serverUids: range, subnet: undefined, avoid: [] },
    log: (event) => events.push(event),
  });

before(async () => {
  home = await mkdtemp(join(tmpdir(), "h-"));
  runDir = await mkdtemp(join(tmpdir(), "r-"));
  for (const folder of [home, runDir]) await chmod(folder, 0o711);
  host = await open();
});

after(async () => {
  await host.close();
  await rm(home, { recursive: true });
  assert.equal(existsSync(runDir), false);
});

/** Nothing boots from it: it holds a text. */
async function drive(): Promise<Volume> {
  const volume: Volume = {
    ...{ uuid: randomUUID(), format: "qcow2", sizeBytes: 2 ** 20 },
    ...{ cipher: "none", secret: null, backing: null },
  };
  await host.drives.create(volume, 1);
  await host.drives.write(
    volume,
    0,
    (async function* () {
      yield Buffer.from(TEXT);
    })(),
  );
  return volume;
}

async function specWith(volume: Volume): Promise<ServerSpec> {
  const { addresses } = await host.facts();
  const place = { key: "ide:0:0", bus: "ide", busIndex: 0, unit: 0, media: "disk" } as const;
  const nic = { index: 0, model: "e1000", mac: "06:00:00:00:00:01", vlan: null } as const;
  return {
    ...{ uuid: randomUUID(), name: "n", cpuMhz: 500, memMib: 64, cores: 1, sockets: 1 },
    devices: [{ ...place, volume, shared: false, bootIndex: 0 }],
    nics: [{ ...nic, lease: { address: addresses.first, network: null } }],
    vnc: { address: addresses.first, password: "12345678", tls: false },
  };
}

test("a server outlives the host's daemon, its drives are read through it, and its end is kept until it is recorded", async () => {
  const volume = await drive();
  const spec = await specWith(volume);
  const { uuid } = spec;
  const read = async () => (await host.drives.read(volume, 0, TEXT.length)).toString();
  const { cursor } = await host.changes(null, signal);
  await host.servers.launch(spec, 1);
  assert.deepEqual((await host.changes(cursor, signal)).objects, [uuid]);
  assert.equal(await read(), TEXT);

  await host.close();
  host = await open();
  const [instance] = await host.servers.list();
  assert.ok(instance?.uuid === uuid && instance.state === "active" && instance.responsive);
  assert.equal((await host.changes(cursor, signal)).objects, null);
  assert.equal(await read(), TEXT);
  await host.servers.apply(spec, 2);

  await host.servers.end(uuid, 3);
  assert.equal(await read(), TEXT);
  await host.close();
  host = await open();
  assert.deepEqual(
    (await host.servers.list()).map(({ state, generation }) => [state, generation]),
    [["ended", 3]],
  );
  await host.servers.release(uuid, 3);
  await host.drives.destroy(volume.uuid, 2);
  assert.deepEqual(
    events.map(({ level, message }) => [level, message]),
    [
      ["info", "a server was launched"],
      ["info", "a server was adopted"],
      ["info", "a server has ended"],
      ["info", "a server's run was cleared and forgotten"],
    ],
  );
});

/** The test's machine is a namespace of its own, as `npm test` makes it: no other may be given somebody's address. */
const isSecluded = process.env.LODGE_TEST_SECLUDED === "1";

test("nothing is fetched from this machine, by whichever public address it is reached", {
  skip: !isSecluded,
}, async (t) => {
  // By itself it is public: only that this machine has it makes it one that is not fetched from.
  const address = "193.99.144.80";
  await run(["ip", "address", "add", `${address}/32`, "dev", "lo"]);
  t.after(() => run(["ip", "address", "delete", `${address}/32`, "dev", "lo"]));
  const source = await openSourceServer(t, { host: address, port: 80 });
  source.answer = (request, response) => sendContent(request, response, Buffer.from(TEXT));
  const target = await drive();
  const job = { id: randomUUID(), target, url: `http://${address}/`, sha256: null };
  await host.drives.startFetch(job, 2);
  const state = await until("it has ended", async () => {
    const known = await host.drives.job(job.id);
    return known?.state === "running" ? null : known;
  });
  assert.ok(state.state === "failed", state.state);
  assert.match(state.error.message, /has no address that is fetched from/);
  assert.deepEqual(source.asked, []);
  await host.drives.destroy(target.uuid, 3);
});

test("a range of uids for servers that holds the drives' own is refused", {
  skip: uid === null,
}, async () => {
  const range = { first: (uid ?? 0) - 1, last: (uid ?? 0) + 99 };
  await assert.rejects(open(range), { type: "usage", message: /LODGE_UIDS.*that of drives/ });
});

test("what this machine has is told as facts that do not change", async () => {
  const facts = await host.facts();
  assert.ok(facts.cores > 0 && facts.coreMhz > 0 && facts.memMib > 0);
  assert.equal(facts.accelerator, host.acceleration.accelerator);
  assert.equal(facts.separateUid, uid !== null);
  assert.deepEqual(await host.facts(), facts);
});
