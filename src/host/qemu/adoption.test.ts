import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { copyFile, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { unkillable, withoutMainThread } from "../../../testing/processes.ts";
import {
  bareSerialPort,
  finish,
  guestDrive,
  guestSpec,
  serialPort,
  type TestHost,
  testHost,
} from "../../../testing/qemu/guest.ts";
import { Outdated, Unreachable } from "../errors.ts";
import { endProcess } from "../process/process.ts";
import { openCpuQuota } from "../quota/cpu-quota.ts";
import { makeRunDirectory, runDirectory } from "./run-directory.ts";
import type { QemuServerHost } from "./server-host.ts";

let machine: TestHost;
let host: QemuServerHost;
const children: ChildProcess[] = [];

before(async () => {
  machine = await testHost();
  host = await machine.open();
});

after(async () => {
  for (const child of children) child.kill("SIGKILL");
  await quota?.close();
  await machine.close();
});

async function launched(generation = 1) {
  const uuid = randomUUID();
  const spec = guestSpec(uuid, await guestDrive(machine.home, randomUUID()));
  await host.launch(spec, generation);
  const { process } = await machine.traces(uuid);
  assert.ok(process !== null);
  return { uuid, spec, pid: process.pid, path: join(machine.servers, uuid) };
}

/** Another daemon in place of this one. */
async function restart() {
  host.close();
  host = await machine.open();
}

/** Stands for a server's QEMU that was taken over while no daemon was there: it greets, and says that to each command. */
async function takenOver(t: TestContext, said: string) {
  const uuid = randomUUID();
  const { sockets, socketFolder } = runDirectory(machine.servers, uuid);
  await mkdir(socketFolder, { recursive: true });
  const script = `
    const [path, said] = process.argv.slice(-2);
    require("node:net").createServer((socket) => {
      let commands = 0;
      const write = () => { while (!socket.destroyed && socket.bytesWritten < 2 ** 29 && socket.write("x".repeat(2 ** 20))); };
      socket.on("error", () => {}).on("drain", write).write('{"QMP": {}}\\n');
      socket.on("data", (text) => {
        const { id } = JSON.parse(String(text).split("\\n")[0]);
        if (commands++ === 0) socket.write(JSON.stringify({ return: {}, id }) + "\\n");
        else if (said === "endless") write();
        else socket.write(said);
      });
    }).listen(path, () => console.log("listens"));`;
  const words = ["-chardev", `socket,id=qmp,path=${sockets.qmp},server=on,wait=off`, sockets.qmp, said];
  const child = spawn(process.execPath, ["-e", script, "--", ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return { uuid, child };
}

describe("a server that an earlier daemon left", () => {
  test("is found again as it was, with its drives' exports, and so is its end", async () => {
    const { uuid, spec } = await launched();
    const [instance, description] = [await host.find(uuid), await host.describe(uuid)];
    const drive = spec.devices[0]?.volume.uuid ?? "";
    const exported = await machine.exporterOf(drive)?.();
    await once(await serialPort(host, uuid), "data");
    await restart();
    assert.deepEqual(await host.find(uuid), instance);
    assert.deepEqual(await host.describe(uuid), description);
    assert.deepEqual(await machine.exporterOf(drive)?.(), exported);
    (await serialPort(host, uuid)).write("q");
    await machine.when(uuid, (each) => each?.state === "ended");
  });

  test("and that ended while no daemon was there has ended, with its last counters, until it is released", async () => {
    const [killed, poweredOff] = [await launched(), await launched()];
    await once(await serialPort(host, poweredOff.uuid), "data");
    host.close();
    process.kill(killed.pid, "SIGKILL");
    (await bareSerialPort(machine.home, poweredOff.uuid)).write("q");
    host = await machine.open();
    for (const { uuid } of [killed, poweredOff]) {
      await machine.when(uuid, (each) => each?.state === "ended");
      await restart();
      const instance = await host.find(uuid);
      assert.ok(instance?.state === "ended" && instance.generation === 1);
      assert.deepEqual(Object.keys(instance.counters.devices), ["ide:0:0"]);
      await host.release(uuid, 1);
      await restart();
      assert.equal(await host.find(uuid), null);
    }
  });

  test("and whose QEMU ended meanwhile says when, where it could remove its sockets, and else nothing", async () => {
    const killed = await launched();
    host.close();
    // It is of no other uid than the daemon: the folder of its sockets is not sealed against it.
    host = await machine.open({ uids: null });
    const ended = await launched();
    host.close();
    process.kill(killed.pid, "SIGKILL");
    const { process: qemu } = await machine.traces(ended.uuid);
    assert.ok(qemu !== null);
    await endProcess(qemu, "SIGTERM");
    const endedMs = performance.now();
    host = await machine.open();
    const agoOf = async ({ uuid }: { uuid: string }) => {
      const instance = await host.find(uuid);
      assert.ok(instance?.state === "ended");
      return instance.endedAgoS;
    };
    assert.equal(await agoOf(killed), null);
    const agoS = await agoOf(ended);
    assert.ok(
      agoS !== null && agoS >= 0 && agoS <= Math.ceil((performance.now() - endedMs) / 1000),
      `${agoS}`,
    );
    for (const { uuid } of [killed, ended]) await host.release(uuid, 1);
  });

  test("keeps the counters of its end through a restart", async () => {
    const { uuid } = await launched();
    await once(await serialPort(host, uuid), "data");
    await host.end(uuid, 2);
    const ended = await host.find(uuid);
    assert.ok(ended?.state === "ended" && (ended.counters.devices["ide:0:0"]?.readBytes ?? 0) >= 512);
    assert.ok(ended.endedAgoS !== null);
    await restart();
    const again = await host.find(uuid);
    assert.ok(again?.state === "ended" && (again.endedAgoS ?? -1) >= ended.endedAgoS);
    assert.deepEqual({ ...again, endedAgoS: ended.endedAgoS }, ended);
    await host.release(uuid, 2);
  });

  test("and that does not answer is active, and not responsive until it answers again", async () => {
    const { uuid, pid } = await launched();
    process.kill(pid, "SIGSTOP");
    await restart();
    const instance = await host.find(uuid);
    assert.ok(instance?.state === "active" && !instance.responsive);
    const live = await host.live(uuid);
    assert.ok(live?.state === "active" && !live.responsive);
    assert.deepEqual(Object.keys(live.counters.devices), ["ide:0:0"]);
    await assert.rejects(host.powerDown(uuid), Unreachable);
    process.kill(pid, "SIGCONT");
    await machine.when(uuid, (each) => each?.state === "active" && each.responsive);
    assert.equal((await host.live(uuid))?.responsive, true);
    await finish(host, uuid);
  });

  test("is fenced by its record where its fence is lost", async () => {
    const { uuid } = await launched(4);
    host.close();
    await rm(join(machine.home, "fences"), { recursive: true });
    host = await machine.open();
    await assert.rejects(host.end(uuid, 3), Outdated);
    assert.equal((await host.find(uuid))?.state, "active");
    await finish(host, uuid);
  });

  test("and that does not answer can be ended", async () => {
    const { uuid, pid } = await launched();
    process.kill(pid, "SIGSTOP");
    await restart();
    await host.end(uuid, 2);
    assert.equal((await host.find(uuid))?.state, "ended");
    assert.equal((await machine.traces(uuid)).process, null);
    await host.release(uuid, 2);
  });

  for (const [what, damage] of [
    ["is missing", (path: string) => rm(join(path, "record.json"))],
    ["is damaged", (path: string) => writeFile(join(path, "record.json"), '{"uuid":')],
    ["is of no use, nor are its counters", (path: string) => copyDamage(path)],
  ] as const) {
    test(`and whose record ${what} runs on, is shown, and can be ended`, async () => {
      const { uuid, pid, path } = await launched();
      host.close();
      await damage(path);
      host = await machine.open();
      const instance = await host.find(uuid);
      assert.ok(instance?.state === "active" && instance.responsive);
      assert.ok(Math.abs(instance.started - Date.now() / 1000) < 600);
      assert.equal(await host.describe(uuid), null);
      assert.equal((await machine.traces(uuid)).process?.pid, pid);
      await finish(host, uuid);
      assert.deepEqual(await machine.traces(uuid), { process: null, directory: false });
    });
  }

  for (const [how, said, why] of [
    ["sends 512 MiB without the end of a line", "endless", /a line has more than/],
    ["says what is no QMP", "Segmentation fault\n", /a line is no message of QMP/],
  ] as const) {
    test(`and that ${how} costs a start no more than itself, and can be ended`, {
      timeout: 60_000,
    }, async (t) => {
      const sound = await launched();
      host.close();
      const { uuid, child } = await takenOver(t, said);
      const before = process.memoryUsage().rss;
      host = await machine.open();
      assert.equal((await host.find(sound.uuid))?.state, "active");
      await machine.when(uuid, (each) => each?.state === "active" && !each.responsive);
      assert.ok(process.memoryUsage().rss - before < 128 * 2 ** 20);
      const told = machine.events.filter((each) => each.server === uuid && each.err !== undefined);
      assert.match(String(told[0]?.err), why);
      await finish(host, sound.uuid);
      await host.end(uuid, 1);
      if (child.signalCode === null) await once(child, "exit");
    });
  }

  test("and whose whole directory is gone runs on, does not answer, and can be ended", async () => {
    const { uuid, pid, path } = await launched();
    host.close();
    await rm(path, { recursive: true });
    host = await machine.open();
    const instance = await host.find(uuid);
    assert.ok(instance?.state === "active" && !instance.responsive);
    assert.equal((await machine.traces(uuid)).process?.pid, pid);
    await finish(host, uuid);
    assert.equal((await machine.traces(uuid)).process, null);
  });

  test("and whose record cannot be read keeps no other from being found", async () => {
    const [bad, good] = [await launched(), await launched()];
    host.close();
    process.kill(bad.pid, "SIGKILL");
    await rm(join(bad.path, "record.json"));
    await mkdir(join(bad.path, "record.json"));
    host = await machine.open();
    await machine.when(bad.uuid, (each) => each?.state === "ended");
    assert.equal((await host.find(good.uuid))?.state, "active");
    for (const { uuid } of [bad, good]) await finish(host, uuid);
  });
});

async function copyDamage(path: string): Promise<void> {
  for (const name of ["record.json", "counters.json"]) await writeFile(join(path, name), "null");
}

describe("a launch that was cut off", () => {
  /** The QEMU of a server whose vCPUs never ran, with its record. */
  async function cutOff() {
    const { uuid, spec, pid, path } = await launched();
    const words = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").slice(0, -1);
    const record = join(machine.home, "record.json");
    await copyFile(join(path, "record.json"), record);
    await finish(host, uuid);
    host.close();
    await makeRunDirectory(runDirectory(machine.servers, uuid), null);
    await copyFile(record, join(path, "record.json"));
    const [command = "", ...rest] = words;
    const { volume } = spec.devices[0] ?? {};
    const drive = await open(join(machine.home, "drives", `${volume?.uuid}.raw`), "r+");
    const child = spawn(command, rest, { stdio: ["ignore", "ignore", "ignore", "ignore", drive.fd] });
    children.push(child);
    await drive.close();
    return { uuid, spec, child };
  }

  test("is shown as a server that stands still, and is done anew by the same launch", async () => {
    const { uuid, spec, child } = await cutOff();
    await rm(join(machine.home, "fences"), { recursive: true });
    host = await machine.open();
    const instance = await machine.when(uuid, (each) => each?.state === "paused" && each.responsive);
    assert.equal(instance?.generation, 1);
    const ended = once(child, "exit");
    await host.launch(spec, 1);
    await ended;
    assert.equal((await host.find(uuid))?.state, "active");
    await finish(host, uuid);
  });

  test("leaves nothing behind where its process is gone", async () => {
    const { uuid, child } = await cutOff();
    child.kill("SIGKILL");
    await once(child, "exit");
    host = await machine.open();
    assert.equal(await host.find(uuid), null);
    assert.deepEqual(await machine.traces(uuid), { process: null, directory: false });
  });
});

const openQuota = () => openCpuQuota({ group: `lodge-test-${randomUUID().slice(0, 8)}`, coreMhz: 2000 });
const quota = await openQuota();
const options = { skip: quota === null ? "this machine has no control groups" : false };

describe("a QEMU whose main thread has ended while others run", () => {
  test("is found by its command line, and ended", async () => {
    const uuid = randomUUID();
    const { qmp } = runDirectory(machine.servers, uuid).sockets;
    const { child, pid } = await withoutMainThread(null, `socket,id=qmp,path=${qmp},server=on,wait=off`);
    children.push(child);
    await restart();
    const instance = await host.find(uuid);
    assert.ok(instance?.state === "active" && !instance.responsive);
    assert.equal((await machine.traces(uuid)).process?.pid, pid);
    const ended = once(child, "exit");
    await host.end(uuid, 1);
    await ended;
    assert.equal((await host.find(uuid))?.state, "ended");
    await host.release(uuid, 1);
  });

  test("is found by its control group, and ended", options, async () => {
    const uuid = randomUUID();
    const { child, pid } = await withoutMainThread(null);
    children.push(child);
    await quota?.enter(uuid, pid);
    host.close();
    host = await machine.open({ quota });
    const instance = await host.find(uuid);
    assert.ok(instance?.state === "active" && !instance.responsive);
    const ended = once(child, "exit");
    await finish(host, uuid);
    await ended;
    assert.deepEqual(await quota?.servers(), []);
  });

  test(
    "and that even the kernel does not end is said to be there, by name, until it is gone",
    options,
    async () => {
      const uuid = randomUUID();
      const { child, pid } = await unkillable();
      children.push(child);
      const group = await openQuota();
      await group?.enter(uuid, pid);
      host.close();
      host = await machine.open({ quota: group });
      await assert.rejects(host.end(uuid, 1), (error: unknown) => {
        assert.ok(error instanceof Unreachable);
        assert.match(error.message, new RegExp(`^the end of process ${pid} .* after SIGKILL took longer`));
        return true;
      });
      assert.notEqual((await host.find(uuid))?.state, "ended");
      child.kill("SIGKILL");
      await finish(host, uuid);
      assert.deepEqual(await group?.servers(), []);
      await group?.close();
    },
  );
});
