/** Real guests on this machine's network: on addresses of an operator's, and in VLANs. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openHome } from "../../src/home.ts";
import type { DriveImage, Lease, Nic } from "../../src/host/host.ts";
import { type LocalHost, openLocalHost } from "../../src/host/local.ts";
import { run } from "../../src/host/process.ts";
import { sampleImage } from "./sample.ts";
import { guestPage, until } from "./until.ts";

const POOL = { prefix: 28, gateway: "203.0.113.1", nameservers: ["192.0.2.53"] };
const [RED, BLUE] = [randomUUID(), randomUUID()] as const;
const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

/** A guest with an address, and what the sample guest makes of the MAC of its NIC in a VLAN. */
type Member = {
  readonly uuid: string;
  readonly address: string;
  readonly inVlan: string;
};

describe("real guests", root, () => {
  const drives = new Map<string, DriveImage>();
  const troubles: unknown[] = [];
  let folder: string;
  let host: LocalHost;
  let [red, alsoRed, blue] = [] as unknown as [Member, Member, Member];

  const open = () => {
    const { dir, id, uid, runDir } = openHome(folder);
    return openLocalHost({
      ...{ home: dir, id, uid, runDir, subnet: undefined },
      findDrive: async (uuid) => drives.get(uuid) ?? null,
      onTrouble: (error) => troubles.push(error),
    });
  };

  async function start(place: number, lease: Lease, vlan: string): Promise<Member> {
    const bytes = await readFile(sampleImage());
    const [uuid, drive] = [randomUUID(), randomUUID()];
    const image = { uuid: drive, sizeBytes: bytes.length, cipher: "none", secret: null } as const;
    drives.set(drive, image);
    await host.drives.create(image);
    await host.drives.write(image, 0, pieces(bytes));
    const nics: Nic[] = [
      { index: 0, model: "virtio", mac: `02:00:00:00:00:0${place}`, vlan: null, lease },
      { index: 1, model: "e1000", mac: `02:00:00:00:07:0${place}`, vlan, lease: null },
    ];
    await host.servers.launch({
      ...{ uuid, name: `guest ${place}`, cpuMhz: 2000, memMib: 128, cores: 1, sockets: 1 },
      devices: [
        { bus: "ide", busIndex: 0, unit: 0, media: "disk", drive: image, shared: false, bootIndex: 0 },
      ],
      ...{ nics, vnc: null },
    });
    return { uuid, address: lease.address, inVlan: `169.254.8.${place}` };
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-network-"));
    host = await open();
    const own = host.facts.staticAddresses;
    assert.ok(own !== null);
    [red, alsoRed, blue] = await Promise.all([
      start(1, { address: "203.0.113.2", network: POOL }, RED),
      start(2, { address: own.first, network: null }, RED),
      start(3, { address: host.facts.addresses.first, network: null }, BLUE),
    ]);
  });
  after(async () => {
    await Promise.all(host.servers.running().map(({ uuid }) => host.servers.kill(uuid)));
    await host.close();
    await rm(folder, { recursive: true });
    assert.deepEqual(troubles, []);
  });

  const reaches = async (from: Member, to: Member) => {
    const response = await fetch(`http://${from.address}/cgi-bin/reaches.cgi?${to.inVlan}`);
    return (await response.text()).trim();
  };

  it("answer on an address of the operator's, a static one of the host's own, and one of auto", async () => {
    for (const { address, inVlan } of [red, alsoRed, blue]) {
      assert.match(
        await guestPage(address),
        new RegExp(`<dt>Address</dt><dd>${address.replaceAll(".", "\\.")}</dd>`),
      );
      // It waits for DHCP in its VLAN in vain before it takes an address by itself.
      await until(
        `${address} has an address in its VLAN`,
        async () => (await guestPage(address)).includes(inVlan) || null,
      );
    }
  });

  it("reach each other in a VLAN, and nobody beyond it", async () => {
    const before = await host.servers.counters(alsoRed.uuid);
    assert.equal(await reaches(red, alsoRed), "yes");
    // Its NIC 0 has nothing to do with that; counters may be a moment old.
    await until("NIC 1 is counted", async () => {
      const { rxPackets, txPackets } = await host.servers.counters(alsoRed.uuid);
      return (rxPackets > before.rxPackets && txPackets > before.txPackets) || null;
    });
    assert.equal(await reaches(alsoRed, red), "yes");
    assert.deepEqual(await Promise.all([reaches(red, blue), reaches(blue, red), reaches(blue, alsoRed)]), [
      "no",
      "no",
      "no",
    ]);
    assert.deepEqual(await Promise.all([red, alsoRed, blue].map((each) => reaches(each, each))), [
      "yes",
      "yes",
      "yes",
    ]);
  });

  it("go on in their VLANs and on their addresses while one daemon follows another", async () => {
    await host.close();
    assert.equal(await reaches(red, alsoRed), "yes");
    host = await open();
    assert.equal(host.servers.running().length, 3);
    assert.equal(await reaches(red, alsoRed), "yes");
    assert.equal(await reaches(alsoRed, red), "yes");
    assert.equal(await reaches(red, blue), "no");
  });

  it("leave nothing behind when they end", async () => {
    const cloud = `lodge-${openHome(folder).id}`;
    const bridges = async () => {
      const shown = await run(["ip", "-n", cloud, "-json", "link", "show", "type", "bridge"]);
      return (JSON.parse(shown) as unknown[]).length;
    };
    assert.equal(await bridges(), 3);
    await host.servers.kill(blue.uuid);
    assert.equal(await bridges(), 2);
    await host.servers.kill(red.uuid);
    assert.equal(await bridges(), 2);
    assert.ok(!(await run(["ip", "route"])).includes(red.address));
    await host.servers.kill(alsoRed.uuid);
    assert.equal(await bridges(), 1);
    await host.close();
    assert.ok(!(await readdir("/run/netns")).includes(cloud));
    host = await open();
  });
});

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 2 ** 20) yield bytes.subarray(at, at + 2 ** 20);
}
