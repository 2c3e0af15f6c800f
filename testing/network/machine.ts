/**
 * For tests: a machine of their own, which is a network namespace, with a world beyond it, which is another. A test
 * file runs itself again inside, so that the real machine's routes, settings and rules are never touched.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { run } from "../../src/host/process/process.ts";
import { until } from "../until.ts";

const WORLD = "LODGE_TEST_WORLD";

/** Where the world is reached from inside: a namespace of that name, and its address there. */
export const world = { netns: process.env[WORLD] ?? "", address: "198.51.100.1" } as const;
/** The machine's own address on the way to the world. */
export const MACHINE_ADDRESS = "198.51.100.2";

/**
 * Answers whether the file runs inside already; if not, runs it there to its end, and this process ends as that did.
 * Tests are declared inside alone; the runner reads them there, for they write to the same output. Needs root: without
 * it the answer is yes, and such tests skip themselves.
 */
export async function inOwnMachine(testFile: string): Promise<boolean> {
  if (process.env[WORLD] !== undefined || process.getuid?.() !== 0) return true;
  const random = randomBytes(4).toString("hex");
  const [machine, beyond] = [`lodge-test-${random}`, `lodge-test-world-${random}`];
  try {
    await run(["ip", "netns", "add", machine]);
    await run(["ip", "netns", "add", beyond]);
    await run(["ip", "-n", machine, "link", "add", "eth0", "type", "veth", "peer", "eth0", "netns", beyond]);
    await configure(machine, [`address add ${MACHINE_ADDRESS}/24 dev eth0`]);
    await configure(beyond, [`address add ${world.address}/24 dev eth0`]);
    await run(["ip", "-n", machine, "route", "add", "default", "via", world.address]);
    // The kernel tells of a carrier in its own time: until then links and routes look otherwise.
    await until("the machine's link has a carrier", async () => {
      const shown = await run(["ip", "-n", machine, "-brief", "link", "show", "eth0"]);
      return / UP /.test(shown) || null;
    });
    const command = [`--net=/run/netns/${machine}`, "--", process.execPath, ...process.execArgv, testFile];
    const child = spawn("nsenter", command, { stdio: "inherit", env: { ...process.env, [WORLD]: beyond } });
    const [code] = (await once(child, "exit")) as [number | null];
    process.exitCode = code ?? 1;
  } finally {
    await run(["ip", "netns", "delete", beyond]);
    await run(["ip", "netns", "delete", machine]);
  }
  return false;
}

/**
 * A world beyond the machine that this process runs in, for tests that stay there: it is next to the machine, which has
 * MACHINE_ADDRESS for it. Its namespace takes all of it along.
 */
export async function joinWorld(): Promise<{ readonly netns: string; close(): Promise<void> }> {
  const random = randomBytes(4).toString("hex");
  const [netns, device] = [`lodge-test-world-${random}`, `world-${random}`];
  await run(["ip", "netns", "add", netns]);
  await run(["ip", "link", "add", device, "type", "veth", "peer", "eth0", "netns", netns]);
  const lines = [`address add ${MACHINE_ADDRESS}/24 dev ${device}`, `link set ${device} up`];
  await run(["ip", "-batch", "-"], `${lines.join("\n")}\n`);
  await configure(netns, [`address add ${world.address}/24 dev eth0`]);
  return {
    netns,
    async close() {
      await run(["ip", "netns", "delete", netns]);
    },
  };
}

/** Neither leads packets on, whatever the real machine does: of its IPv4 settings each namespace begins with a copy. */
async function configure(netns: string, lines: readonly string[]): Promise<void> {
  await run(["ip", "netns", "exec", netns, "sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward"]);
  const up = ["link set lo up", "link set eth0 up"];
  await run(["ip", "-n", netns, "-batch", "-"], `${[...up, ...lines].join("\n")}\n`);
}
