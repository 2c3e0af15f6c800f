/** Launchers that wait, on the guests' network of a machine of the tests' own. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { nic, type TestClouds, testClouds } from "../../../testing/network/cloud.ts";
import { inOwnMachine } from "../../../testing/network/machine.ts";
import { finish, guestDrive, guestSpec, type TestHost, testHost } from "../../../testing/qemu/guest.ts";
import { until } from "../../../testing/until.ts";
import type { GuestNetwork } from "../guest-network.ts";
import type { ServerSpec } from "../host.ts";
import { identify, run } from "../process/process.ts";
import { type Berth, Launchers, type LaunchersOptions } from "./launchers.ts";

if (await inOwnMachine(import.meta.filename)) {
  const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

  describe("launchers", root, () => {
    let clouds: TestClouds;
    let id: string;
    let network: GuestNetwork;

    before(async () => {
      clouds = await testClouds();
    });
    after(() => clouds.close());
    beforeEach(async () => {
      id = clouds.newId();
      network = await clouds.open(id, "10.99.0.0/24");
    });
    afterEach(() => network.close("none"));

    /** The ports of all screens to which something leads. */
    const ports = async () => {
      const links = await run(["ip", "-n", `lodge-${id}`, "-o", "link"]);
      return [...links.matchAll(/ s(\d+)@/g)].map(([, port]) => Number(port)).sort();
    };
    const untilPorts = (count: number) =>
      until(`something leads to ${count} screens`, async () => {
        const found = await ports();
        return found.length === count ? found : null;
      });
    /** The launchers that this process has: their words end with five numbers, the fork server's with one. */
    const launchersHere = async () => {
      const children = await readFile(`/proc/self/task/${process.pid}/children`, "utf8");
      const pids = children
        .trim()
        .split(" ")
        .filter((pid) => pid !== "");
      const words = await Promise.all(
        pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
      );
      return pids.filter((_, index) => /\/perl\0-e\0.*(\0\d+){5}\0$/s.test(words[index] ?? "")).map(Number);
    };
    const untilNone = () =>
      until("no launcher is left", async () => ((await launchersHere()).length === 0 ? true : null), 30_000);
    const fail: LaunchersOptions["warn"] = (message, error) => assert.fail(`${message}: ${error}`);
    const open = (isSandboxed = true, warn = fail) =>
      new Launchers({ network, netns: `lodge-${id}`, isSandboxed, warn });
    /** Two that wait, or are about to. */
    const waiting = async (warn = fail) => {
      const launchers = open(true, warn);
      launchers.refillLater();
      await untilPorts(2);
      return launchers;
    };
    const untilEnded = ({ launcher }: Berth) =>
      until("it has ended", async () => ((await identify(launcher.pid)) === null ? true : null));

    test("wait with a screen's link, are taken once each, and others are made by and by", async () => {
      const launchers = await waiting();
      const taken: Berth[] = [];
      // The second is ready a moment after what leads to it.
      for (const index of [0, 1]) {
        const berth = await until("one waits", async () => {
          const next = await launchers.take(true);
          if (next.listen !== null) return next;
          await launchers.discard(next);
          return null;
        });
        taken.push(berth);
        assert.equal(taken.indexOf(berth), index);
      }
      assert.equal(new Set(taken.map(({ launcher }) => launcher.pid)).size, 2);
      assert.equal(new Set(taken.map(({ listen }) => listen?.port)).size, 2);
      launchers.refillLater();
      assert.equal(new Set(await untilPorts(4)).size, 4);
      for (const berth of taken) await launchers.discard(berth);
      for (const berth of taken) await untilEnded(berth);
      await untilPorts(2);
      launchers.close();
      await untilPorts(0);
    });

    test("are no server's that has no screen, while they wait", async () => {
      const launchers = await waiting();
      const berth = await launchers.take(false);
      assert.equal(berth.listen, null);
      assert.equal((await ports()).length, 2);
      await launchers.discard(berth);
      launchers.close();
    });

    test("that were killed while they waited are given to nobody, and what led to them goes", async () => {
      // What is killed while it is being made is warned of.
      const launchers = await waiting(() => {});
      const { launcher, listen } = await until("one waits", async () => {
        const next = await launchers.take(true);
        return next.listen === null ? launchers.discard(next).then(() => null) : next;
      });
      launchers.refillLater();
      await untilPorts(3);
      const pids = (await launchersHere()).filter((pid) => pid !== launcher.pid);
      for (const pid of pids) process.kill(pid, "SIGKILL");
      for (const pid of pids) {
        await until("its end is known here", async () => (existsSync(`/proc/${pid}`) ? null : true));
      }
      const next = await launchers.take(true);
      assert.ok(next.launcher.isWaiting);
      assert.ok(!pids.includes(next.launcher.pid));
      await launchers.discard(next);
      await launchers.discard({ launcher, listen });
      launchers.close();
      await untilPorts(0);
    });

    test("do not wait where there are no sandboxes, since all would be in one namespace", async () => {
      const launchers = open(false);
      launchers.refillLater();
      // There is no event for what does not come about.
      for (let look = 0; look < 10; look++) {
        const berth = await launchers.take(true);
        await berth.launcher.ready;
        assert.equal(berth.listen, null);
        await launchers.discard(berth);
        await delay(50);
      }
      launchers.close();
    });

    test("of a daemon that is gone leave no link that the next start does not clear", async () => {
      const stray = ["link", "add", "s5950", "type", "veth", "peer", "name", "screen"];
      await run(["ip", "-n", `lodge-${id}`, ...stray]);
      const address = network.addresses.first;
      const server = await network.vncListen("alive", address);
      await run(["ip", "-n", `lodge-${id}`, "link", "add", `s${server.port}`, "type", "veth", "peer", "x"]);
      await network.close("running");
      const inhabitant = await clouds.inhabit(id);
      try {
        network = await clouds.open(id, "10.99.0.0/24");
        assert.deepEqual(await ports(), [server.port]);
      } finally {
        inhabitant.kill("SIGKILL");
      }
    });

    describe("of a host", () => {
      let machine: TestHost;
      beforeEach(async () => {
        machine = await testHost();
      });
      afterEach(() => machine.close());

      const serverAt = async (address: string, mac: string): Promise<ServerSpec> => ({
        ...guestSpec(randomUUID(), await guestDrive(machine.home, randomUUID())),
        nics: [nic(address, mac)],
        vnc: { address, password: "12345678", tls: false },
      });

      test("become QEMUs, each at its own screen, more at once than wait as well", async () => {
        const host = await machine.open({ network });
        await untilPorts(2);
        const specs = await Promise.all(
          [1, 2, 3, 4].map((number) => serverAt(`10.99.0.${10 + number}`, `02:00:00:00:00:0${number}`)),
        );
        await Promise.all(specs.map((spec) => host.launch(spec, 1)));
        const listens = await Promise.all(
          specs.map(async ({ uuid }) => {
            const record = await readFile(join(machine.servers, uuid, "record.json"), "utf8");
            return JSON.parse(record).vnc.listen.port;
          }),
        );
        assert.equal(new Set(listens).size, 4);
        const found = await untilPorts(6);
        for (const port of listens) assert.ok(found.includes(port));
        for (const { uuid } of specs) await finish(host, uuid);
        host.close();
        await untilPorts(0);
      });

      test("are given up with a launch that comes to nothing, before it and behind", async () => {
        const host = await machine.open({ network, program: "/usr/bin/false" });
        await untilPorts(2);
        const spec = await serverAt("10.99.0.11", "02:00:00:00:00:01");
        await assert.rejects(host.launch(spec, 1), { code: "launch_failed" });
        const devices = spec.devices.map((device) => {
          return { ...device, volume: { ...device.volume, uuid: randomUUID() } };
        });
        const withoutFile = { ...spec, uuid: randomUUID(), devices };
        await assert.rejects(host.launch(withoutFile, 1), { code: "launch_failed" });
        await untilPorts(2);
        host.close();
        await untilPorts(0);
        await untilNone();
      });
    });
  });
}
