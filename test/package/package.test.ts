/** The package as an operator has it: built, installed, used, upgraded, removed and purged, on a machine that systemd runs. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { runToEnd } from "../../testing/run.ts";
import { SystemdMachine, systemdObstacle } from "../../testing/systemd-machine.ts";
import { until } from "../../testing/until.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const HOME = "/var/lib/lodge";

/** Builds the package into a folder, without compressing it, and answers its file. */
async function build(to: string): Promise<string> {
  const program = `const { buildPackage } = await import(${JSON.stringify(join(ROOT, "scripts/package/build.ts"))});
    console.log(buildPackage(${JSON.stringify(ROOT)}, ${JSON.stringify(to)}, { compression: "none" }));`;
  const { code, stdout, stderr } = await runToEnd([
    process.execPath,
    "--input-type=module",
    "--eval",
    program,
  ]);
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

describe("the package", { skip: systemdObstacle() ?? false }, () => {
  let folder: string;
  let deb: string;
  let machine: SystemdMachine;
  before(async () => {
    // Of the checkout, which the machine sees.
    mkdirSync(join(ROOT, ".cache"), { recursive: true });
    folder = mkdtempSync(join(ROOT, ".cache", "package-"));
    deb = await build(join(folder, "one"));
    machine = await SystemdMachine.boot();
    // That this machine starts no services (invoke-rc.d(8)) is none of that one's rules.
    await machine.say("rm", "--force", "/usr/sbin/policy-rc.d");
  });
  after(async () => {
    await machine.close();
    rmSync(folder, { recursive: true });
  });

  const shell = (text: string) => machine.say("sh", "-c", text);
  const tool = (words: string, input = "") =>
    shell(`. ${HOME}/env; printf '${input}' | elastichosts ${words}`);
  const install = () => machine.say("env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--install", deb);
  const property = (name: string) =>
    machine.say("systemctl", "show", `--property=${name}`, "--value", "lodge");
  const qemu = () => machine.say("pgrep", "--full", "^/usr/bin/qemu-system");

  /** All files of the machine's system, but those of logs, of dpkg's own records, and of the cloud's home. */
  async function files(): Promise<ReadonlySet<string>> {
    const apart = [
      "/var/log",
      "/var/lib/dpkg",
      HOME,
      ROOT,
      "/var/lib/systemd/timers",
      "/var/lib/systemd/random-seed",
    ];
    const prune = apart.map((path) => `-path ${path} -prune`).join(" -o ");
    return new Set((await shell(`find /etc /usr /var /opt /root /srv -xdev ${prune} -o -print`)).split("\n"));
  }

  let untouched: ReadonlySet<string>;
  let server: string;

  test("is the same byte by byte when it is built again", async () => {
    const digest = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
    const again = await build(join(folder, "two"));
    assert.equal(digest(again), digest(deb));
    assert.deepEqual(readdirSync(join(folder, "two")), [again.slice(again.lastIndexOf("/") + 1)]);
  });

  test("brings a cloud that runs as a service, and the tools of its users", async () => {
    untouched = await files();
    await install();
    assert.equal(await property("ActiveState"), "active");
    assert.equal(await property("UnitFileState"), "enabled");
    assert.equal(
      await shell("readlink /proc/$(systemctl show -p MainPID --value lodge)/exe"),
      "/usr/lib/lodge/.runtime/node",
    );
    const environment = "tr '\\0' '\\n' < /proc/$(systemctl show -p MainPID --value lodge)/environ";
    assert.match(await shell(environment), /^NODE_COMPILE_CACHE=\/usr\/lib\/lodge\/\.runtime\/compiled$/m);
    // A link leads there.
    assert.ok(Number(await shell("find /var/cache/lodge/compiled -type f | wc -l")) > 500);
    assert.equal(await shell("find /var/cache/lodge/compiled -perm /022"), "");
    const { code, stdout } = await machine.run("dpkg", "--verify", "lodge");
    assert.deepEqual([code, stdout], [0, ""]);
    assert.equal(await shell("find /usr/lib/lodge/node_modules -type f -perm /111"), "", "programs of npm's");

    assert.match(await shell(`. ${HOME}/env; lodge user list`), / first$|^\S+ \S+/m);
    await shell("head -c 5000000 /dev/zero > /root/image.raw");
    const uploaded = await shell(`. ${HOME}/env; elastichosts-upload /root/image.raw`);
    assert.match(uploaded, /^Uploading 2 chunks of 4194304 bytes: \.\. completed$/m);
    const [, drive] = /^Created drive (\S+) of size 5000000$/m.exec(uploaded) ?? [];
    const downloaded = `. ${HOME}/env; elastichosts-download ${drive} /root/copy.raw >/dev/null; wc -c < /root/copy.raw`;
    assert.equal(await shell(downloaded), "5000000");
    await shell("rm /root/*.raw");
    const made = await tool(
      "-c servers create",
      `name s\\ncpu 500\\nmem 32\\npersistent true\\nide:0:0 ${drive}\\nnic:0:dhcp auto\\n`,
    );
    assert.match(made, /^status active$/m);
    server = /^server (\S+)$/m.exec(made)?.[1] ?? "";
    assert.match(await shell("lodge doctor"), /^Programs +all there$/m);
  });

  test("has its settings in a file, which an upgrade keeps, as it keeps servers running", async () => {
    const before = { daemon: await property("MainPID"), qemu: await qemu() };
    await shell("echo LODGE_LISTEN=127.0.0.1:8481 >> /etc/lodge/lodge.env");
    await install();
    assert.equal(await property("ActiveState"), "active");
    assert.notEqual(await property("MainPID"), before.daemon);
    assert.equal(await qemu(), before.qemu);
    assert.match(await shell(`. ${HOME}/env; echo $EHURI`), /:8481\/$/);
    assert.match(await tool(`servers ${server} info`), /^status active$/m);
  });

  test("runs another cloud, with a home and a port of its own", async () => {
    const daemon =
      "/usr/lib/lodge/scripts/node /usr/lib/lodge/src/main.ts --home /srv/other --listen 127.0.0.1:8490";
    await shell(
      `systemd-run --quiet --unit=other --property=Type=notify --property=NotifyAccess=all ${daemon}`,
    );
    assert.equal(await shell(". /srv/other/env; elastichosts servers list"), "");
    await shell("systemctl stop other; lodge down --home /srv/other; rm -r /srv/other");
  });

  test("is not removed while a server runs, and stays as it was", async () => {
    const before = await qemu();
    const { code, stderr } = await machine.run("dpkg", "--remove", "lodge");
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`servers run on this machine, such as ${server}`));
    assert.match(stderr, /run "lodge down"/);
    assert.equal(await property("ActiveState"), "active");
    assert.equal(await qemu(), before);
    assert.match(await tool(`servers ${server} info`), /^status active$/m);
  });

  test("leaves nothing behind when it is removed and purged, but the home, and says so", async () => {
    await tool(`servers ${server} stop`);
    await machine.say("dpkg", "--remove", "lodge");
    assert.equal((await machine.run("pgrep", "--list-full", "lodge|qemu|dnsmasq")).stdout, "");
    assert.equal(
      await shell("ls /run | grep lodge || true; ls /run/netns; nft list tables | grep lodge || true"),
      "",
    );
    assert.match(await shell("cat /etc/lodge/lodge.env"), /8481/);
    const { code, stderr } = await machine.run("dpkg", "--purge", "lodge");
    assert.equal(code, 0, stderr);
    assert.match(stderr, /\/var\/lib\/lodge has the drives and the state of a cloud, and is kept/);
    // What is on this machine as well was written there meanwhile, and is only seen from that one.
    const left = [...(await files())].filter((file) => !untouched.has(file) && !existsSync(file));
    assert.deepEqual(left, []);
    assert.match(await shell(`ls ${HOME}`), /^drives$/m);
    assert.notEqual((await machine.run("systemctl", "cat", "lodge")).code, 0);
  });

  test("finds its cloud again when it comes back", async () => {
    await install();
    assert.match(await tool(`servers ${server} info`), /^status stopped$/m);
  });

  test("is the API alone where it runs as the container's recipe has it", async () => {
    const recipe = readFileSync(join(ROOT, "packaging/container/Containerfile"), "utf8");
    const wordsOf = (instruction: RegExp) => JSON.parse(instruction.exec(recipe)?.[1] ?? "") as string[];
    const environment = /^ENV (.*)$/m.exec(recipe)?.[1]?.split(" ") ?? [];
    await machine.say("systemctl", "stop", "lodge");
    // As its engine confines it: a user who is not root, nothing to write but the home and /tmp, no QEMU for servers.
    const confinement = [
      ...[
        "User=1000",
        "Group=1000",
        "ProtectSystem=strict",
        "TemporaryFileSystem=/tmp:mode=1777",
        "ReadWritePaths=/srv/box",
      ],
      ...["InaccessiblePaths=/usr/bin/qemu-system-x86_64", "RemainAfterExit=yes", "KillMode=process"],
    ].map((line) => `--property=${line}`);
    await shell("mkdir /srv/box; chown 1000:1000 /srv/box");
    const variables = [...environment, "LODGE_HOME=/srv/box"].map((each) => `--setenv=${each}`);
    const entry = wordsOf(/^ENTRYPOINT (\[.*\])$/m);
    await machine.say("systemd-run", "--quiet", "--unit=box", ...confinement, ...variables, ...entry);
    await until("it is healthy", async () =>
      (await machine.run(...wordsOf(/^ {2}CMD (\[.*\])$/m))).code === 0 ? true : null,
    );

    const box = (words: string, input = "") =>
      machine.run("sh", "-c", `. /srv/box/env; printf '${input}' | elastichosts ${words}`);
    for (const cipher of ["none", "aes-xts-plain"]) {
      const made = await box("-c drives create", `name d\\nsize 4096\\nencryption:cipher ${cipher}\\n`);
      const [, drive] = /^drive (\S+)$/m.exec(made.stdout) ?? [];
      assert.equal((await box(`-c drives ${drive} write/0`, "kept")).code, 0, made.stderr);
      assert.equal((await box(`drives ${drive} read/0/4`)).stdout, "kept");
    }
    const stopped = await box("-c servers create/stopped", "name s\\ncpu 500\\nmem 32\\n");
    const [, made] = /^server (\S+)$/m.exec(stopped.stdout) ?? [];
    assert.match((await box(`servers ${made} start`)).stderr, /could not be started on its host/);
    assert.match((await box(`servers ${made} info`)).stdout, /^status stopped$/m);
    assert.match((await box("-c resources vlan create")).stdout, /^type vlan$/m);

    const [, signal] = /^STOPSIGNAL (\S+)$/m.exec(recipe) ?? [];
    await machine.say("systemctl", "kill", `--signal=${signal}`, "--kill-whom=main", "box");
    await until("it has ended", async () =>
      (await machine.say("systemctl", "show", "--property=MainPID", "--value", "box")) === "0" ? true : null,
    );
    const ended = await machine.say("systemctl", "show", "--property=ExecMainStatus,ExecMainCode", "box");
    assert.equal(ended, "ExecMainCode=1\nExecMainStatus=0");
  });
});
