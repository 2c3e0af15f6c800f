/**
 * From the request to create a server until its QEMU answers on QMP, and until the request is answered with the guest
 * running, against launching the same QEMU by hand until it answers on QMP: what claims, leases, filters, quotas and the
 * record of it all cost.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { run } from "../src/host/process/process.ts";
import { connectQmp } from "../src/host/wire/qmp.ts";
import type { Cloud } from "../testing/cloud.ts";
import { openFiles, qemuPid } from "../testing/proc.ts";
import { type Figure, interleaved } from "./ratio.ts";

const ROUNDS = 15;
const TAP = "bench0";

export async function launchFigures(cloud: Cloud): Promise<Figure[]> {
  const drive = await cloud.make("drives/create", {
    name: "bench",
    size: "32M",
    "encryption:cipher": "none",
  });
  const config = {
    name: "bench",
    cpu: 1000,
    mem: 256,
    "ide:0:0": drive.get("drive") ?? "",
    boot: "ide:0:0",
    "nic:0:dhcp": "auto",
    vnc: "auto",
    "vnc:password": "XXXXXXXX",
  };
  const model = await cloud.make("servers/create", config);
  const hand = await byHand(cloud, model.get("server") ?? "");
  await cloud.act(`servers/${model.get("server")}/destroy`);

  const create = async (toQmp: boolean) => {
    const start = performance.now();
    const created = cloud.make("servers/create", config);
    if (toQmp) (await greeted(await nextOperatorSocket(hand.servers))).close();
    else await created;
    const taken = performance.now() - start;
    await cloud.act(`servers/${(await created).get("server")}/destroy`);
    return taken;
  };
  const toQmp = await interleaved(ROUNDS, () => create(true), hand.launch);
  const toAnswer = await interleaved(ROUNDS, () => create(false), hand.launch);
  await hand.close();
  await cloud.act(`drives/${drive.get("drive")}/destroy`);
  const same = { unit: "ms", against: "the same QEMU by hand, to its QMP greeting" };
  return [
    { what: "create to QMP's greeting", ...toQmp, ...same, goal: { atMost: 1.3 } },
    { what: "create to its answer, running", ...toAnswer, ...same, goal: null },
  ];
}

/** The second QMP socket of the only server that there is, or comes. */
async function nextOperatorSocket(servers: string): Promise<string> {
  for (;;) {
    const [server] = await readdir(servers);
    if (server !== undefined) return join(servers, server, "sockets", "operator.sock");
    await delay(1);
  }
}

/** The command of a running server's QEMU, made fit to be launched beside Lodge: its own tap and sockets. */
async function byHand(cloud: Cloud, server: string) {
  const pid = await qemuPid(server);
  const words = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").slice(0, -1);
  const identity = await readFile(join(cloud.home, "identity.json"), "utf8");
  // By hand its drive is opened by name, as the user that drives belong to.
  const { id, uid } = JSON.parse(identity) as { id: string; uid: number };
  const drive = (await openFiles(pid)).find((path) => path.includes("/drives/")) ?? "";
  const netns = `lodge-${id}`;
  const dir = await mkdtemp(join("/tmp", "lodge-bench-"));
  await chown(dir, uid, uid);
  await run(["ip", "-n", netns, "tuntap", "add", TAP, "mode", "tap", "user", String(uid)]);
  const own = words.filter((word, place) => word !== "-add-fd" && words[place - 1] !== "-add-fd");
  const command = own.map((word) =>
    word
      // Lodge gives its tap open, in another namespace than the screen's.
      .replace(/"fd":"\d+"/, `"ifname":"${TAP}","script":"no","downscript":"no"`)
      .replace("/dev/fdset/0", drive)
      .replace(/(path=|unix:)[^,]*\/([^/,]+\.sock)/, `$1${dir}/$2`),
  );
  const enter = ["nsenter", `--net=/run/netns/${netns}`, "--", "setpriv", `--reuid=${uid}`, `--regid=${uid}`];
  const whole = [...enter, "--clear-groups", "--no-new-privs", "--", ...command];
  return {
    /** The folder of servers' run directories. */
    servers: join("/run", netns, "servers"),
    async launch(): Promise<number> {
      const start = performance.now();
      const child = spawn(whole[0] ?? "", whole.slice(1), { cwd: cloud.home, stdio: "ignore" });
      const exit = once(child, "exit");
      const qmp = await greeted(join(dir, "qmp.sock"));
      const taken = performance.now() - start;
      qmp.close();
      child.kill("SIGKILL");
      await exit;
      await rm(join(dir, "qmp.sock"), { force: true });
      return taken;
    },
    async close() {
      await run(["ip", "-n", netns, "link", "delete", TAP]);
      await rm(dir, { recursive: true });
    },
  };
}

/** Connects as soon as somebody listens. */
async function greeted(socket: string) {
  for (;;) {
    try {
      return await connectQmp(socket);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ECONNREFUSED") throw error;
      await delay(1);
    }
  }
}
