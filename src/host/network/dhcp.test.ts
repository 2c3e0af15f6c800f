/** The DHCP server as a process: with what it needs, and nothing else of the machine's or the daemon's. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, before, describe, test } from "node:test";
import { nic, OTHER_MAC, openForEachTest, type TestClouds } from "../../../testing/network/cloud.ts";
import { inOwnMachine } from "../../../testing/network/machine.ts";
import { until } from "../../../testing/until.ts";
import type { GuestNetwork } from "../guest-network.ts";
import { confine, run } from "../process/process.ts";
import { dhcpUid, findDhcp } from "./dhcp.ts";

/** CAP_NET_BIND_SERVICE and CAP_NET_ADMIN (linux/capability.h). */
const CAPABILITIES = (1 << 10) | (1 << 12);
const DHCP_PORT = 67;

if (await inOwnMachine(import.meta.filename)) {
  const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

  describe("the DHCP server", root, () => {
    let clouds: TestClouds;
    let id: string;
    let network: GuestNetwork;
    before(() => {
      process.env.EHAUTH = "the secret of the shell that started the daemon";
    });
    openForEachTest(
      (open) => ({ clouds, id, network } = open),
      () => network,
    );
    const umask = process.umask();
    afterEach(() => {
      process.umask(umask);
    });

    const processId = async () => {
      const server = await findDhcp(clouds.directory(id));
      assert.ok(server !== null);
      return server.pid;
    };
    const guestOf = async (server: string, its: ReturnType<typeof nic>) => {
      const guest = await clouds.guest(network, server, its);
      await network.admit(server, [its]);
      return guest;
    };

    test("has a uid of its own, two capabilities, no groups, and nothing of the daemon's environment", async () => {
      const pid = await processId();
      const status = await readFile(`/proc/${pid}/status`, "latin1");
      const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(status)?.[1]?.trim();
      const uid = dhcpUid(id);
      assert.notEqual(uid, dhcpUid(clouds.newId()));
      assert.deepEqual(field("Uid")?.split("\t"), Array(4).fill(String(uid)));
      assert.deepEqual(field("Gid")?.split("\t"), Array(4).fill(String(uid)));
      assert.equal(field("Groups"), "");
      for (const set of ["CapPrm", "CapEff", "CapBnd"]) {
        assert.equal(Number.parseInt(field(set) ?? "", 16), CAPABILITIES, set);
      }
      assert.equal(field("NoNewPrivs"), "1");
      assert.equal(await readFile(`/proc/${pid}/environ`, "utf8"), "");
      const limits = await readFile(`/proc/${pid}/limits`, "latin1");
      assert.match(limits, /^Max address space +268435456 /m);
      assert.match(limits, /^Max core file size +0 /m);
    });

    test("listens for DHCP and for nothing else", async () => {
      const pid = await processId();
      const ports = async (protocol: string) => {
        const [, ...sockets] = (await readFile(`/proc/${pid}/net/${protocol}`, "latin1")).trim().split("\n");
        return sockets.map((line) => Number.parseInt(line.trim().split(/\s+/)[1]?.split(":")[1] ?? "", 16));
      };
      assert.deepEqual(await ports("udp"), [DHCP_PORT]);
      assert.deepEqual(await ports("raw"), []);
      assert.deepEqual(await ports("tcp"), []);
    });

    test("is another one where it dies as it is told to read its files", async (t) => {
      const before = await processId();
      const kill = process.kill.bind(process);
      t.mock.method(process, "kill", (pid: number, signal: NodeJS.Signals) => {
        if (signal === "SIGHUP") {
          kill(pid, "SIGKILL");
          while (isThere(pid));
        }
        return kill(pid, signal);
      });
      const its = nic(network.addresses.first);
      const guest = await guestOf("a", its);
      assert.notEqual(await processId(), before);
      assert.equal(await guest.lease(), network.addresses.first);
    });

    test("serves guests under a daemon whose umask lets nobody read its files", async () => {
      const other = clouds.newId();
      const folder = join(clouds.home, other);
      await mkdir(folder);
      await chmod(folder, 0o711);
      process.umask(0o077);
      const strict = await clouds.open(other);
      try {
        const its = nic(strict.addresses.first);
        const guest = await clouds.guest(strict, "a", its);
        await strict.admit("a", [its]);
        assert.equal(await guest.lease(), strict.addresses.first);
      } finally {
        await strict.close("none");
      }
    });

    test("goes on, and is not said to have died, where the daemon has no descriptor left", async () => {
      const before = await processId();
      // Whoever is to give them back must run already.
      const giveBack = spawn(
        "sh",
        ["-c", `read go; prlimit --pid ${process.pid} --nofile=$0:`, await limit()],
        {
          stdio: ["pipe", "ignore", "inherit"],
        },
      );
      await once(giveBack, "spawn");
      await run(["prlimit", "--pid", String(process.pid), "--nofile=3:"]);
      const warnings = await until("the upkeep has looked", async () => {
        const told = clouds.takeWarnings();
        return told.some((warning) => warning.startsWith("the DHCP server")) ? told : null;
      });
      giveBack.stdin.end("\n");
      await once(giveBack, "exit");
      for (const warning of warnings) assert.match(warning, / cannot be looked at just now: .*EMFILE/);
      const guest = await guestOf("a", nic(network.addresses.first));
      assert.equal(await guest.lease(), network.addresses.first);
      assert.equal(await processId(), before);
      clouds.takeWarnings();
    });

    test("has one lease for a guest, whatever the guest says it is, and others have theirs", async () => {
      const { first, last } = network.addresses;
      const guest = await guestOf("a", nic(first));
      for (const client of ["01", "02", "03", "ff0011223344"]) {
        const ask = ["busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-t", "20", "-T", "1", "-s", "/bin/true"];
        const words = ["-x", `0x3d:${client}`, "-x", `hostname:host-${client}`];
        const said = await run(
          confine({ uid: null, netns: guest.netns }, ["sh", "-c", '"$@" 2>&1', "sh", ...ask, ...words]),
        );
        assert.match(said, new RegExp(`lease of ${first.replaceAll(".", "\\.")} obtained`));
      }
      assert.equal(await (await guestOf("b", nic(last, OTHER_MAC))).lease(), last);
    });
  });
}

/** How many descriptors this process may have. */
async function limit(): Promise<string> {
  const limits = await readFile("/proc/self/limits", "latin1");
  return /^Max open files +(\d+)/m.exec(limits)?.[1] ?? "";
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
