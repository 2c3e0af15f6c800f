import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import {
  finish,
  guestDrive,
  guestSpec,
  LOOPBACK,
  type TestHost,
  testHost,
} from "../../../testing/qemu/guest.ts";
import { LodgeError } from "../../base/errors.ts";
import { Outdated, Unreachable } from "../errors.ts";
import type { QemuServerHost } from "./server-host.ts";

let machine: TestHost;
let host: QemuServerHost;

before(async () => {
  machine = await testHost();
  host = await machine.open();
});

after(() => machine.close());

const newSpec = async () => guestSpec(randomUUID(), await guestDrive(machine.home, randomUUID()));

let addresses = 0;

/** A server whose QEMU answers nothing, since it is stopped. */
async function stuck() {
  const address = `127.${8 + addresses++}.${process.pid % 250}.${(process.pid >> 8) % 250 || 1}`;
  const spec = { ...(await newSpec()), vnc: { address, password: null, tls: false } };
  await host.launch(spec, 1);
  const { process: qemu } = await machine.traces(spec.uuid);
  assert.ok(qemu !== null);
  process.kill(qemu.pid, "SIGSTOP");
  return { spec, uuid: spec.uuid, pid: qemu.pid };
}

/** What was late is the command itself, or one that was given before it. */
const named = (command: string, uuid: string) => (error: unknown) => {
  assert.ok(error instanceof Unreachable, String(error));
  const [own, lost] = [`the answer of server ${uuid} to`, "the connection was lost, since"];
  const late = `^(${own} ${command}|${command}: ${lost} ${own} \\S+) took longer than \\d+ ms$`;
  assert.match(error.message, new RegExp(late));
  return true;
};

describe("a QEMU that does not answer", { concurrency: true }, () => {
  for (const [what, command, act] of [
    ["powerDown", "system_powerdown", (uuid: string) => host.powerDown(uuid)],
    ["reset", "system_reset", (uuid: string) => host.reset(uuid)],
  ] as const) {
    test(`ends ${what} by a deadline that names what was late, and runs on unresponsive`, async () => {
      const { uuid, pid } = await stuck();
      await assert.rejects(act(uuid), named(command, uuid));
      const instance = await host.find(uuid);
      assert.ok(instance?.state === "active" && !instance.responsive);
      // It is known by now.
      await assert.rejects(act(uuid), Unreachable);
      process.kill(pid, "SIGCONT");
      await machine.when(uuid, (each) => each?.state === "active" && each.responsive);
      await host.reset(uuid);
      await finish(host, uuid);
    });
  }

  test("is not among what servers use until it answers again, and the others are", async () => {
    const { uuid, pid } = await stuck();
    const { uuid: other, ...rest } = await newSpec();
    await host.launch({ uuid: other, ...rest }, 1);
    await assert.rejects(host.powerDown(uuid), Unreachable);
    const uses = await host.uses();
    assert.deepEqual([uses.has(uuid), uses.has(other)], [false, true]);
    process.kill(pid, "SIGCONT");
    await machine.when(uuid, (each) => each?.state === "active" && each.responsive);
    assert.equal((await host.uses()).has(uuid), true);
    await finish(host, uuid);
    await finish(host, other);
  });

  test("ends apply by a deadline that names what was late", async () => {
    const { uuid, spec } = await stuck();
    const applied = host.apply({ ...spec, vnc: { ...spec.vnc, password: "12345678" } }, 2);
    await assert.rejects(applied, named("(set_password|display-update)", uuid));
    await finish(host, uuid);
  });

  test("is ended while all else that was asked of it waits", async () => {
    const { uuid, spec } = await stuck();
    const asked = [
      host.powerDown(uuid),
      host.reset(uuid),
      host.apply({ ...spec, vnc: { ...spec.vnc, password: "12345678" } }, 2),
    ].map((each) =>
      assert.rejects(each, (error) => {
        const isEnded = error instanceof LodgeError && error.code === "server_not_here";
        assert.ok(isEnded || error instanceof Unreachable || error instanceof Outdated, String(error));
        // They were cut short by the end: it has not waited for any of them.
        assert.doesNotMatch(error.message, /took longer/);
        return true;
      }),
    );
    // All of them have given their commands by then.
    await setImmediate();
    await host.end(uuid, 3);
    assert.equal((await host.find(uuid))?.state, "ended");
    assert.equal((await machine.traces(uuid)).process, null);
    await Promise.all(asked);
    await host.release(uuid, 3);
  });

  test("is answered for by its last counters", async () => {
    const { uuid } = await stuck();
    const live = await host.live(uuid);
    assert.deepEqual(Object.keys(live?.counters.devices ?? {}), ["ide:0:0"]);
    await finish(host, uuid);
  });

  test("rejects who reads its drives, and lets them read once it answers again", async () => {
    const { uuid, spec, pid } = await stuck();
    const exporter = machine.exporterOf(spec.devices[0]?.volume.uuid ?? "");
    assert.ok(exporter !== undefined);
    await assert.rejects(exporter(), /block-export-add/);
    process.kill(pid, "SIGCONT");
    await machine.when(uuid, (each) => each?.state === "active" && each.responsive);
    assert.match((await exporter()).socketPath, /nbd/);
    await finish(host, uuid);
  });
});

describe("a launch that is under way when its server is ended", () => {
  test("is given up at once where its QEMU does not answer, and nothing is left", async () => {
    const program = join(machine.home, "mute");
    await writeFile(program, "#!/usr/bin/python3\nimport time\ntime.sleep(1000)\n", { mode: 0o755 });
    const { promise: spawned, resolve } = Promise.withResolvers<void>();
    const { promise: admitted, resolve: admit } = Promise.withResolvers<void>();
    const network = {
      ...LOOPBACK,
      admit() {
        resolve();
        return admitted;
      },
    };
    const other = await machine.open({ program, network });
    const spec = await newSpec();
    const launched = other.launch(spec, 4);
    const refused = assert.rejects(launched, Outdated);
    await spawned;
    const { process: mute } = await machine.traces(spec.uuid);
    assert.ok(mute !== null);
    assert.equal((await other.find(spec.uuid))?.state, "paused");
    await assert.rejects(other.launch(spec, 5), { type: "busy" });
    await assert.rejects(other.end(spec.uuid, 4), Outdated);
    const ended = other.end(spec.uuid, 5);
    // Its process is killed while something else of the launch hangs.
    const signal = AbortSignal.timeout(60_000);
    while ((await machine.traces(spec.uuid)).process !== null) signal.throwIfAborted();
    admit();
    await ended;
    await refused;
    assert.equal(await other.find(spec.uuid), null);
    assert.deepEqual(await machine.traces(spec.uuid), { process: null, directory: false });
    other.close();
  });

  test("starts no process where it was still being prepared", async () => {
    const { promise: plugged, resolve } = Promise.withResolvers<void>();
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const network = {
      ...LOOPBACK,
      async vncListen(_server: string, address: string) {
        ask();
        await plugged;
        return { address, port: 5900 };
      },
    };
    const [program, mark] = [join(machine.home, "marking"), join(machine.marks, "started")];
    await writeFile(program, `#!/bin/sh\n: > ${mark}\n`, { mode: 0o755 });
    const other = await machine.open({ network, program });
    const spec = { ...(await newSpec()), vnc: { address: "127.9.0.3", password: null, tls: false } };
    const refused = assert.rejects(other.launch(spec, 1), Outdated);
    await asked;
    const ended = other.end(spec.uuid, 1);
    resolve();
    await ended;
    await refused;
    assert.equal(await other.find(spec.uuid), null);
    assert.equal(existsSync(mark), false);
    // It would have said so.
    await assert.rejects(other.launch(spec, 2), { type: "failed" });
    assert.equal(existsSync(mark), true);
    other.close();
  });
});

describe("a generation that a later one has overtaken", () => {
  test("changes nothing, whatever it asks for, also after the run was released and the daemon restarted", async () => {
    const spec = await newSpec();
    const { uuid } = spec;
    await host.launch(spec, 3);
    await host.apply(spec, 5);
    assert.equal((await host.find(uuid))?.generation, 5);
    for (const act of [host.launch, host.apply]) await assert.rejects(act.call(host, spec, 4), Outdated);
    await assert.rejects(host.end(uuid, 4), Outdated);
    await host.release(uuid, 4);
    assert.equal((await host.find(uuid))?.state, "active");
    await host.end(uuid, 6);
    await host.release(uuid, 6);
    await assert.rejects(host.launch(spec, 6), Outdated);
    const restarted = await machine.open();
    for (const generation of [3, 6]) await assert.rejects(restarted.launch(spec, generation), Outdated);
    assert.deepEqual(await machine.traces(uuid), { process: null, directory: false });
    restarted.close();
    host.close();
    host = await machine.open();
    await host.launch(spec, 7);
    await finish(host, uuid);
  });

  test("a change is refused that is overtaken while an earlier one goes on", async () => {
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const network = {
      ...LOOPBACK,
      openVnc() {
        ask();
        return opened;
      },
    };
    const other = await machine.open({ network });
    const address = `127.9.${process.pid % 250}.${(process.pid >> 8) % 250 || 1}`;
    const spec = { ...(await newSpec()), vnc: { address, password: null, tls: false } };
    const changed = { ...spec, vnc: { ...spec.vnc, password: "12345678" } };
    await other.launch(spec, 1);
    const first = other.apply(changed, 2);
    await asked;
    const overtaken = assert.rejects(other.apply(spec, 3), Outdated);
    const last = other.apply(changed, 4);
    open();
    await Promise.all([first, overtaken, last]);
    assert.equal((await other.find(spec.uuid))?.generation, 4);
    await finish(other, spec.uuid);
    other.close();
  });

  test("a launch is refused that comes after the end of a server that never ran here", async () => {
    const spec = await newSpec();
    await host.end(spec.uuid, 2);
    await assert.rejects(host.launch(spec, 2), Outdated);
    assert.equal(await host.find(spec.uuid), null);
  });

  test("many who launch and end one server at once leave it as the last generation says", async () => {
    const spec = await newSpec();
    const { uuid } = spec;
    const outcomes = await Promise.allSettled([
      host.launch(spec, 1),
      host.end(uuid, 2),
      host.launch(spec, 1),
      host.launch(spec, 2),
      host.end(uuid, 3),
    ]);
    const [first, ended, ...later] = outcomes.map(({ status }) => status);
    assert.deepEqual([ended, later.at(-1)], ["fulfilled", "fulfilled"], JSON.stringify(outcomes));
    assert.deepEqual([first, ...later.slice(0, 2)], ["rejected", "rejected", "rejected"]);
    const instance = await host.find(uuid);
    assert.ok(instance === null || instance.state === "ended");
    assert.equal((await machine.traces(uuid)).process, null);
    await host.release(uuid, 3);
    await host.launch(spec, 4);
    assert.equal((await host.find(uuid))?.state, "active");
    await finish(host, uuid);
  });
});
