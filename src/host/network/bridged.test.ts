import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Nic } from "../host.ts";
import { confine, run } from "../process.ts";
import { type GuestNetwork, openGuestNetwork } from "./network.ts";
import { inOwnMachine } from "./own-machine.ts";

/** A NIC of the only shape that these tests need. */
const nic = (address: string | null, mac = "02:00:00:00:00:01"): Nic => ({
  index: 0,
  model: "virtio",
  mac,
  address,
});

if (await inOwnMachine(import.meta.filename)) {
  describe("the bridged network", { skip: process.getuid?.() === 0 ? false : "needs root" }, () => {
    const uid = 200_000 + Math.floor(Math.random() * 1_000_000);
    let home: string;
    const warnings: unknown[] = [];
    const children: ChildProcess[] = [];
    const namespaces: string[] = [];

    const open = (id: string, more: { subnet?: string } = {}) =>
      openGuestNetwork({
        id,
        kind: "bridged",
        uid,
        runDirectory: join(home, id),
        stateFile: join(home, `${id}.json`),
        subnet: more.subnet ?? null,
        warn: (...words) => warnings.push(words),
      });
    const newId = () => randomBytes(4).toString("hex");

    before(async () => {
      home = await mkdtemp(join(tmpdir(), "lodge-network-"));
      await chmod(home, 0o711);
    });
    after(async () => {
      for (const child of children) child.kill("SIGKILL");
      for (const name of namespaces) await run(["ip", "netns", "delete", name]);
      await rm(home, { recursive: true });
      assert.deepEqual(warnings, []);
    });

    test("what a network was goes when it is closed without servers", async () => {
      const before = await traces();
      const network = await open(newId());
      assert.notDeepEqual(await traces(), before);
      await network.plug("a", nic(null));
      await network.close("none");
      assert.deepEqual(await traces(), before);
    });
  });
}

/** All that a network leaves its traces in. */
async function traces() {
  const [links, routes, rules, forwarding, names] = await Promise.all([
    run(["ip", "-o", "link"]),
    run(["ip", "route"]),
    run(["nft", "list", "ruleset"]),
    readFile("/proc/sys/net/ipv4/ip_forward", "latin1"),
    readdir("/run/netns"),
  ]);
  return { links, routes, rules, forwarding, names };
}
