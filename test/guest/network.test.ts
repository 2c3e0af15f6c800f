/**
 * Real guests on the network: in VLANs, and on addresses of each kind, with a world beyond the machine that sees what
 * they send.
 */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openHome } from "../../src/home.ts";
import { confine, identify, run } from "../../src/host/process/process.ts";
import { openStore } from "../../src/store/open.ts";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { guestPage } from "../../testing/guest/page.ts";
import { sampleDrive } from "../../testing/guest/sample.ts";
import { withSigns } from "../../testing/guest/signs.ts";
import { joinWorld, MACHINE_ADDRESS, world } from "../../testing/network/machine.ts";
import { qemuPid } from "../../testing/proc.ts";
import { longAnd } from "../../testing/share.ts";
import { until } from "../../testing/until.ts";

/** A guest, where it is reached, and the address that the sample guest takes in its VLAN, by its MAC there. */
type Member = {
  readonly server: string;
  readonly address: string;
  readonly inVlan: string;
};

const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

describe("real guests", longAnd(root), () => {
  let cloud: Cloud;
  let network: string;
  let beyond: Awaited<ReturnType<typeof joinWorld>>;
  let members: readonly Member[];

  const create = async (type: "ip" | "vlan") =>
    (await cloud.make(`resources/${type}/create`, {})).get("resource") ?? "";

  async function start(place: number, dhcp: string, vlan: string): Promise<Member> {
    const drive = await sampleDrive(cloud, { "encryption:cipher": "none" });
    const made = await cloud.make("servers/create", {
      ...{ name: `guest ${place}`, cpu: 2000, mem: 128 },
      ...{ "block:0": drive, "nic:0:model": "virtio", "nic:0:dhcp": dhcp },
      ...{ "nic:1:model": "e1000", "nic:1:vlan": vlan, "nic:1:mac": `02:00:00:00:07:0${place}` },
    });
    const address = made.get("nic:0:dhcp:ip") ?? dhcp;
    return { server: made.get("server") ?? "", address, inVlan: `169.254.8.${place}` };
  }

  before(async () => {
    beyond = await joinWorld();
    cloud = await openCloud();
    const { id } = JSON.parse(await readFile(join(cloud.home, "identity.json"), "utf8")) as { id: string };
    network = `lodge-${id}`;
    await run(["ip", "-n", beyond.netns, "route", "add", "203.0.113.208/28", "via", MACHINE_ADDRESS]);
    const [red, blue, own] = await Promise.all([create("vlan"), create("vlan"), create("ip")]);
    const pool = ["203.0.113.208/28", "--gateway", "203.0.113.209", "--nameserver", "192.0.2.53"];
    assert.equal((await cloud.tool("lodge", ["pool", "add", ...pool])).code, 0);
    members = await Promise.all([
      start(1, await create("ip"), red),
      start(2, own, red),
      start(3, "auto", blue),
    ]);
  });
  after(async () => {
    await cloud?.close();
    await beyond?.close();
  });

  const member = (place: 1 | 2 | 3) => members[place - 1] as Member;
  /** @param sender an address that the guest takes for that, in place of its own */
  const reaches = async (from: Member, address: string, sender = "") => {
    const asked = sender === "" ? address : `${address},${sender}`;
    const page = `http://${from.address}/cgi-bin/reaches.cgi?${asked}`;
    return withSigns(cloud, from.address, async () => (await (await fetch(page)).text()).trim());
  };
  /** A ping waits a second for its answer, which an emulated guest on a busy machine may not give by then. */
  const reached = (from: Member, address: string, sender = "") =>
    until(
      `${from.address} reaches ${address}`,
      async () => (await reaches(from, address, sender)) === "yes" || null,
    );
  const packets = async ({ server }: Member) => {
    const info = await cloud.info(`servers/${server}/info`);
    return { rx: Number(info.get("rx:packets")), tx: Number(info.get("tx:packets")) };
  };

  it("answer on an address of the operator's, a static one of the host's own, and one of auto", async () => {
    assert.match(member(1).address, /^203\.0\.113\.2\d\d$/);
    for (const { address, inVlan } of members) {
      assert.ok((await guestPage(cloud, address)).includes(`<dt>Address</dt><dd>${address}</dd>`));
      // It waits for DHCP in its VLAN in vain before it takes an address by itself.
      await until(
        `${address} has an address in its VLAN`,
        async () => (await guestPage(cloud, address)).includes(inVlan) || null,
      );
    }
  });

  it("reach the world through the uplink, which sees an operator's address as it is and no other", async () => {
    const [pooled, hidden] = [member(1), member(2)];
    const page = `fetch("http://${pooled.address}/").then((answer) => answer.text()).then(console.log)`;
    const fromWorld = confine({ uid: null, netns: beyond.netns }, [process.execPath, "-e", page]);
    assert.match(await run(fromWorld), /Hello/);
    await reached(hidden, world.address);
    // An answer to an address of the operator's finds its way by that alone.
    await run(["ip", "-n", beyond.netns, "route", "delete", "203.0.113.208/28"]);
    assert.equal(await reaches(pooled, world.address), "no");
    await reached(hidden, world.address);
    await run(["ip", "-n", beyond.netns, "route", "add", "203.0.113.208/28", "via", MACHINE_ADDRESS]);
    await reached(pooled, world.address);
  });

  it("send nothing from an address that is not theirs: neither a free one nor another guest's", async () => {
    const [other, spoofer] = [member(2), member(3)];
    const gateway = (await cloud.info(`resources/ip/${other.address}/info`)).get("gateway") ?? "";
    const [, rest = "", last = ""] = /^(.*\.)(\d+)$/.exec(other.address) ?? [];
    const free = `${rest}${Number(last) ^ 1}`;
    await reached(spoofer, gateway);
    assert.equal(await reaches(spoofer, gateway, free), "no");
    assert.equal(await reaches(spoofer, gateway, other.address), "no");
    // Were it let through, it would be answered. While a daemon runs, it would not leave that rule there.
    await cloud.withoutDaemon(async () => {
      const nft = ["nft", "insert", "rule", "bridge", "guests", "from_guests", "accept"];
      await run(confine({ uid: null, netns: network }, nft));
      await reached(spoofer, gateway, free);
    });
    assert.equal(await reaches(spoofer, gateway, free), "no");
  });

  it("reach each other in a VLAN, and nobody beyond it", async () => {
    const [one, two, three] = [member(1), member(2), member(3)];
    const before = await packets(two);
    await reached(one, two.inVlan);
    // Its NIC 0 has nothing to do with that; counters may be a moment old.
    await until("NIC 1 is counted", async () => {
      const { rx, tx } = await packets(two);
      return (rx > before.rx && tx > before.tx) || null;
    });
    await reached(two, one.inVlan);
    const beyond = [reaches(one, three.inVlan), reaches(three, one.inVlan), reaches(three, two.inVlan)];
    assert.deepEqual(await Promise.all(beyond), ["no", "no", "no"]);
    await reached(three, three.inVlan);
  });

  it("go on in their VLANs and on their addresses through kill -9 of the daemon", async () => {
    await cloud.withoutDaemon(async () => {
      await reached(member(1), member(2).inVlan);
    });
    await reached(member(1), member(2).inVlan);
    await reached(member(2), member(1).inVlan);
    assert.equal(await reaches(member(1), member(3).inVlan), "no");
    await reached(member(1), world.address);
  });

  it("leave nothing of VLANs and routes behind when they end, and what they sent to the world is noted", async () => {
    await reached(member(2), world.address);
    const counted = await run(confine({ uid: null, netns: network }, ["nft", "list", "counters"]));
    const sums = [...counted.matchAll(/bytes (\d+)/g)].map(([, bytes]) => Number(bytes));
    assert.ok(sums.length === 3 && sums.filter((bytes) => bytes > 0).length >= 2, counted);
    const bridges = async () => {
      const shown = await run(["ip", "-n", network, "-json", "link", "show", "type", "bridge"]);
      return (JSON.parse(shown) as unknown[]).length;
    };
    const end = ({ server }: Member) => cloud.act(`servers/${server}/destroy`);
    assert.equal(await bridges(), 3);
    await end(member(3));
    assert.equal(await bridges(), 2);
    await end(member(1));
    assert.equal(await bridges(), 2);
    assert.ok(!(await run(["ip", "route"])).includes(member(1).address));
    // The last one, while nobody looks: with it the network goes, and is made anew.
    const qemu = await qemuPid(member(2).server);
    await cloud.withoutDaemon(async () => {
      process.kill(qemu, "SIGKILL");
      await until("its QEMU is gone", async () => (await identify(qemu)) === null || null);
    });
    const info = `servers/${member(2).server}/info`;
    await until("its end is recorded", async () => (await cloud.ask(info)).status === 404 || null);
    assert.equal(await bridges(), 1);
    await cloud.stop();
    assert.ok(!(await readdir("/run/netns")).includes(network));
    const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0);
    assert.ok((await noted(cloud.home)) >= sum(sums));
  });
});

/** The bytes that are noted in the store of a home which no daemon uses. */
async function noted(home: string): Promise<number> {
  const store = await openStore(openHome(home));
  try {
    const rows = await store.snapshot((tx) => tx.selectFrom("transfers").select("bytes").execute());
    return rows.reduce((sum, { bytes }) => sum + bytes, 0);
  } finally {
    await store.close();
  }
}
