/** The daemon as a service of systemd, on a machine that systemd runs. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { openCloud } from "../testing/cloud.ts";
import { openNotifySocket } from "../testing/notify-socket.ts";
import { BIN, runToEnd } from "../testing/run.ts";
import { long, longAnd } from "../testing/share.ts";
import { SystemdMachine, systemdObstacle } from "../testing/systemd-machine.ts";
import { until } from "../testing/until.ts";

const LODGE = join(BIN, "lodge");
const HOME = "/var/lib/lodge";

test("a service manager is told that the daemon is ready and where, that it is well, and that it stops", async (t) => {
  const socket = await openNotifySocket();
  t.after(() => socket.close());
  const cloud = await openCloud({ NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: "3000000", WATCHDOG_PID: "" });
  t.after(() => cloud.close());
  assert.equal(await socket.told(), `READY=1 STATUS=Ready at ${cloud.url}`);
  for (let beat = 0; beat < 2; beat++) assert.equal(await socket.told(), "WATCHDOG=1");
  const stopped = cloud.stop();
  for (let line = await socket.told(); line !== "STOPPING=1"; line = await socket.told())
    assert.equal(line, "WATCHDOG=1");
  assert.equal(await stopped, 0);
});

describe("the unit", () => {
  async function system(t: TestContext) {
    const root = await mkdtemp(join(tmpdir(), "lodge-root-"));
    t.after(() => rm(root, { recursive: true }));
    const file = join(root, "etc/systemd/system/lodge.service");
    const service = (...words: string[]) => runToEnd([LODGE, "service", ...words, "--root", root]);
    return { root, file, service };
  }

  test("is written and removed any number of times, with what the flags say, and is one that systemd takes", async (t) => {
    const { root, file, service } = await system(t);
    for (const listen of ["127.0.0.1:1", "[::1]:8480"]) {
      const { code, stderr } = await service("install", "--home", "/srv/a $b%c", "--listen", listen);
      assert.equal(code, 0, stderr);
    }
    const text = await readFile(file, "utf8");
    assert.match(
      text,
      /^ExecStart=\S+\/scripts\/node \S+\/src\/main\.ts --home "\/srv\/a \$\$b%%c" --listen \[::1\]:8480$/m,
    );
    assert.match(text, /^RequiresMountsFor="\/srv\/a \$b%%c"$/m);
    const enabled = join(dirname(file), "multi-user.target.wants/lodge.service");
    assert.equal(await readFile(enabled, "utf8").catch(() => text), text);
    const verified = await runToEnd(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", file]);
    assert.deepEqual([verified.code, verified.stderr], [0, ""]);
    for (const says of [/is gone/, /is not there/]) {
      const { code, stdout } = await service("remove");
      assert.equal(code, 0);
      assert.match(stdout, says);
    }
    assert.equal((await runToEnd(["find", root, "-not", "-type", "d"])).stdout, "", "nothing is left");
  });

  test("of another hand, or changed by one, is replaced and removed by --force alone", long, async (t) => {
    const { root, file, service } = await system(t);
    assert.equal((await service("install")).code, 0);
    const ours = await readFile(file, "utf8");
    for (const text of [
      ours.replace("RestartSec=5", "RestartSec=6"),
      "[Service]\nExecStart=/bin/true\n",
      "",
    ]) {
      await writeFile(file, text);
      for (const word of ["install", "remove"]) {
        const { code, stderr } = await service(word);
        assert.equal(code, 1);
        assert.match(stderr, /lodge\.service is not as "lodge service install" wrote it.* --force/);
      }
      assert.equal(await readFile(file, "utf8"), text);
    }
    assert.equal((await service("install", "--force")).code, 0);
    assert.equal(await readFile(file, "utf8"), ours);
    assert.equal((await service("remove")).code, 0);
    await mkdir(join(root, "usr/lib/systemd/system"), { recursive: true });
    await writeFile(join(root, "usr/lib/systemd/system/lodge.service"), "");
    assert.equal((await service("install")).code, 1, "a package has one");
  });

  test("is not written with what the daemon would refuse, nor with a secret", long, async (t) => {
    const { file, service } = await system(t);
    const refused: readonly [string, RegExp, ...string[]][] = [
      ["a flag that there is not", /--what/, "--what", "x"],
      ["a wrong value", /--listen/, "--listen", "nowhere"],
      ["a line end", /control characters/, "--home", "/srv/a\nExecStart=/bin/sh"],
      [
        "a file that is found from one folder alone",
        /--tls-cert takes the whole path/,
        "--tls-cert",
        "c.pem",
        "--tls-key",
        "/k.pem",
      ],
      ["a start of what does not run", /--now starts nothing/, "--now"],
      ["a password", /LODGE_DATABASE into/, "--database", "postgres://lodge:secret@db1:5432,db2:5432/lodge"],
    ];
    for (const [what, says, ...flags] of refused) {
      const { code, stderr } = await service("install", ...flags);
      assert.equal(code, 2, what);
      assert.match(stderr, says);
    }
    await assert.rejects(readFile(file), { code: "ENOENT" });
  });

  test("is not written for a certificate that is not there, nor into a system that is not there", async (t) => {
    const { root } = await system(t);
    const install = (...flags: string[]) => runToEnd([LODGE, "service", "install", ...flags]);
    const absent = await install("--tls-cert", "absent.pem", "--tls-key", "absent.pem");
    assert.equal(absent.code, 2);
    assert.match(absent.stderr, /--tls-cert: \/\S+\/absent\.pem is not there/);
    const nowhere = await install("--root", join(root, "nowhere"));
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.stderr, /there is no folder \S+nowhere/);
    await assert.rejects(readdir(join(root, "nowhere")), { code: "ENOENT" });
  });
});

const obstacle = systemdObstacle();

describe("on a machine that systemd runs", longAnd({ skip: obstacle ?? false }), () => {
  let machine: SystemdMachine;
  before(async () => {
    machine = await SystemdMachine.boot();
  });
  after(() => machine.close());

  const shell = (text: string) => machine.say("sh", "-c", text);
  const tool = (words: string, input = "") =>
    shell(`. ${HOME}/env; printf '${input}' | ${join(BIN, "elastichosts")} ${words}`);
  const main = () => machine.say("systemctl", "show", "--property=MainPID", "--value", "lodge");
  const qemus = () => machine.say("pgrep", "--full", "^/usr/bin/qemu-system");

  /** Waits until the daemon is another process than `pid`, and ready. */
  const anew = (pid: string) =>
    until("the daemon runs anew", async () => {
      const shown = await machine.say("systemctl", "show", "--property=ActiveState,MainPID", "lodge");
      const [, now] = /^MainPID=(\d+)$/m.exec(shown) ?? [];
      return shown.includes("ActiveState=active") && now !== "0" && now !== pid ? true : null;
    });

  test("the daemon is a service, whose servers and network outlive a restart, a kill and a hang of it", async () => {
    const installed = await shell(`${LODGE} service install --now --listen 127.0.0.1:8480`);
    assert.match(installed, /it runs: systemctl status lodge$/);
    // Only once it is ready is it started.
    assert.equal(await tool("servers list"), "");
    const status = await machine.say("systemctl", "show", "--property=StatusText,UnitFileState", "lodge");
    assert.equal(status, "StatusText=Ready at http://127.0.0.1:8480/\nUnitFileState=enabled");

    // Drives with and without a cipher, a network and a QEMU: all of it within what the unit allows.
    for (const cipher of ["none", "aes-xts-plain"]) {
      const made = await tool("-c drives create", `name d\\nsize 65536\\nencryption:cipher ${cipher}\\n`);
      const [, drive] = /^drive (\S+)$/m.exec(made) ?? [];
      assert.match(made, /^status active$/m);
      assert.equal(await tool(`drives ${drive} read/0/4096 | tr -d "\\\\000" | wc -c`), "0");
    }
    const started = await tool(
      "-c servers create",
      "name s\\ncpu 500\\nmem 32\\npersistent true\\nnic:0:dhcp auto\\n",
    );
    assert.match(started, /^nic:0:dhcp:ip 10\.\d+\.\d+\.\d+$/m, "there are bridges");
    const [, server] = /^server (\S+)$/m.exec(started) ?? [];
    const before = await qemus();

    const isAsItWas = async () => {
      assert.equal(await qemus(), before);
      assert.match(await tool(`servers ${server} info`), /^status active$/m);
      assert.match(await shell("ip netns exec $(ls /run/netns) ip -brief link"), /^t1 /m, "its network");
    };
    await machine.say("systemctl", "restart", "lodge");
    await isAsItWas();

    let daemon = await main();
    await machine.say("kill", "-KILL", daemon);
    await anew(daemon);
    await isAsItWas();

    await shell("mkdir -p /run/systemd/system/lodge.service.d");
    await shell("printf '[Service]\\nWatchdogSec=9\\n' > /run/systemd/system/lodge.service.d/often.conf");
    await machine.say("systemctl", "daemon-reload");
    await machine.say("systemctl", "restart", "lodge");
    daemon = await main();
    await machine.say("kill", "-STOP", daemon);
    await anew(daemon);
    assert.match(await machine.say("journalctl", "--unit=lodge", "--no-pager"), /Watchdog timeout/);
    await isAsItWas();
  });

  test("it may do what it needs, and no more: rights, calls, kinds of sockets and of namespaces", async () => {
    const status = await shell("cat /proc/$(systemctl show -p MainPID --value lodge)/status");
    const bounded = BigInt(`0x${/^CapBnd:\s*(\w+)$/m.exec(status)?.[1]}`);
    // capability.h(7): CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_BOOT, CAP_SYS_TIME, CAP_MKNOD, CAP_BPF.
    for (const one of [16n, 17n, 22n, 25n, 27n, 39n]) assert.equal((bounded >> one) & 1n, 0n, `${one}`);
    assert.match(status, /^NoNewPrivs:\s*1$/m);
    assert.match(status, /^Seccomp:\s*2$/m);
    const refused = async (command: string) => {
      const properties = await shell(
        "systemctl show lodge -p RestrictNamespaces -p CapabilityBoundingSet -p SystemCallFilter -p NoNewPrivileges -p RestrictAddressFamilies",
      );
      const words = properties.split("\n").flatMap((line) => ["-p", line]);
      return (
        (await machine.run("systemd-run", "--quiet", "--pipe", "--wait", ...words, "sh", "-c", command))
          .code !== 0
      );
    };
    assert.equal(await refused("true"), false);
    for (const command of [
      "unshare --user true",
      "date --set=now",
      "python3 -c 'import socket; socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)'",
    ])
      assert.equal(await refused(command), true, command);
    // Calls that need no right, so that nothing but the filter refuses them: they read the clock's state, and ask to be traced.
    for (const call of ["adjtimex(ctypes.create_string_buffer(4096))", "ptrace(0, 0, 0, 0)"]) {
      const command = `python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).${call} < 0)'`;
      assert.equal((await machine.run("sh", "-c", command)).code, 0, `${call} is there`);
      assert.equal(await refused(command), true, call);
    }
  });

  test("a stop leaves servers running, and so does remove, which says how they are ended", async () => {
    const before = await qemus();
    await machine.say("systemctl", "stop", "lodge");
    assert.equal(await qemus(), before);
    assert.match(await shell(`${LODGE} service remove`), /Servers that run go on: "lodge down" ends them/);
    assert.equal(await qemus(), before);
    assert.equal((await machine.run("systemctl", "cat", "lodge")).code, 1);
    assert.match(await shell(`${LODGE} down --home ${HOME}`), /nothing of this cloud is left outside/);
    assert.equal((await machine.run("pgrep", "qemu|dnsmasq")).stdout, "");
  });
});
