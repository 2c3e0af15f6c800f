/**
 * What a QEMU that was taken over reaches by its network of the screens, and of the names, of others: a probe is launched in
 * its place, on the guests' network, with a NIC and a screen as its victim has. It holds what it got while others start.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, watch } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { GuestNetwork } from "../../src/host/guest-network.ts";
import type { ServerSpec } from "../../src/host/host.ts";
import { run } from "../../src/host/process/process.ts";
import type { QemuServerHost } from "../../src/host/qemu/server-host.ts";
import { view } from "../../testing/guest/rfb.ts";
import { MAC, nic, OTHER_MAC, type TestClouds, testClouds } from "../../testing/network/cloud.ts";
import { inOwnMachine } from "../../testing/network/machine.ts";
import { finish, guestDrive, guestSpec, type TestHost, testHost } from "../../testing/qemu/guest.ts";

const PASSWORD = "12345678";
/** Holds all ports that VNC may have here, tries to reach others, and says what became of that; `marks` is beside it. */
const PROBE = `#!/usr/bin/python3
import errno, json, os, resource, signal, socket, time
folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "marks")
with open(os.path.join(folder, "targets.json")) as file: targets = json.load(file)
reached, held = {}, []
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
for port in range(5900, 10000):
  listener = socket.socket()
  listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
  try:
    listener.bind(("0.0.0.0", port))
    listener.listen()
    held.append(listener)
  except OSError: pass
for address, port in targets["screens"]:
  try:
    socket.create_connection((address, port), 1).close()
    reached[f"screen {address}:{port}"] = "reached"
  except OSError as error: reached[f"screen {address}:{port}"] = str(error)
def text(name):
  with open("/proc/net/" + name) as file: return file.read()
reached["devices"] = sorted(line.split(":")[0].strip() for line in text("dev").splitlines()[2:])
reached["names"] = [name for name in targets["names"] if name in text("unix")]
reached["sockets"] = len(text("tcp").splitlines()) - 1 - len(held)
try: reached["netlink"] = bool(socket.socket(16, socket.SOCK_RAW, 0))
except OSError as error: reached["netlink"] = errno.errorcode[error.errno]
reached["held"] = len(held)
with open(os.path.join(folder, "reached.new"), "w") as file: json.dump(reached, file)
os.rename(os.path.join(folder, "reached.new"), os.path.join(folder, "reached.json"))
time.sleep(1000)
`;

if (await inOwnMachine(import.meta.filename)) {
  const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

  describe("a QEMU that was taken over, on the guests' network", root, () => {
    let clouds: TestClouds;
    let network: GuestNetwork;
    let machine: TestHost;
    let host: QemuServerHost;
    let addresses: string[];

    before(async () => {
      clouds = await testClouds();
      network = await clouds.open(clouds.newId(), "10.99.0.0/24");
      machine = await testHost();
      host = await machine.open({ network });
      addresses = [1, 2, 3].map((number) => `10.99.0.${10 + number}`);
    });
    after(async () => {
      await machine.close();
      await network.close("none");
      await clouds.close();
    });

    const serverAt = async (address: string, mac: string): Promise<ServerSpec> => ({
      ...guestSpec(randomUUID(), await guestDrive(machine.home, randomUUID())),
      nics: [nic(address, mac)],
      vnc: { address, password: PASSWORD, tls: false },
    });
    const seen = async (address: string) => {
      const viewer = await view(address, 5900, PASSWORD);
      viewer.close();
      return viewer.width > 0;
    };
    const marked = async (name: string) => {
      const file = join(machine.marks, name);
      const changes = watch(machine.marks);
      try {
        while (!existsSync(file)) await once(changes, "change");
      } finally {
        changes.close();
      }
      return JSON.parse(await readFile(file, "utf8"));
    };

    test("keeps no other's screen from being opened, reaches none, and sees nothing of others", async () => {
      const [first = "", own = "", later = ""] = addresses;
      const victim = await serverAt(first, MAC);
      await host.launch(victim, 1);
      assert.ok(await seen(first));
      const record = await readFile(join(machine.servers, victim.uuid, "record.json"), "utf8");
      const { listen } = JSON.parse(record).vnc;
      const screens = [
        [first, 5900],
        [listen.address, listen.port],
      ];
      const targets = { screens, names: [victim.uuid, machine.servers] };
      await writeFile(join(machine.marks, "targets.json"), JSON.stringify(targets));
      const program = join(machine.home, "probe");
      await writeFile(program, PROBE);
      await chmod(program, 0o755);
      const attacker = await serverAt(own, OTHER_MAC);
      const taken = await machine.open({ network, program });
      const refused = assert.rejects(taken.launch(attacker, 1));
      const { held, ...reached } = await marked("reached.json");

      assert.ok(held > 1000, `${held} ports`);
      const { [`screen ${first}:5900`]: overlay, [`screen ${listen.address}:${listen.port}`]: inner } =
        reached;
      for (const outcome of [overlay, inner]) assert.notEqual(outcome, "reached");
      assert.deepEqual([reached.names, reached.sockets, reached.netlink], [[], 0, "EAFNOSUPPORT"]);
      assert.deepEqual(
        reached.devices.filter((name: string) => !["lo", "screen"].includes(name)),
        [],
      );
      const another = await serverAt(later, "02:00:00:00:00:77");
      await host.launch(another, 1);
      assert.ok(await seen(later));
      assert.ok(await seen(first));
      await taken.end(attacker.uuid, 2);
      await refused;
      for (const { uuid } of [victim, another]) await finish(host, uuid);
      // What leads to launchers goes with these.
      for (const each of [host, taken]) each.close();
      const links = () => run(["ip", "-n", network.netns ?? "", "-o", "link"]);
      const deadline = performance.now() + 30_000;
      while (/ s\d+@/.test(await links())) {
        assert.ok(performance.now() < deadline, "what led to their screens is gone");
        await delay(20);
      }
    });
  });
}
