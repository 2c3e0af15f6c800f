/** The kind of the guests' network, on a machine whose abilities have changed under servers that run. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type TestClouds, testClouds } from "../../../testing/network/cloud.ts";
import { inOwnMachine } from "../../../testing/network/machine.ts";
import { run } from "../process/process.ts";
import { openGuestNetwork } from "./open.ts";

/** Works on a machine on which dnsmasq does not run. */
async function withoutDnsmasq(work: () => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-kind-"));
  await writeFile(join(folder, "dnsmasq"), "#!/bin/sh\nexit 1\n");
  await chmod(join(folder, "dnsmasq"), 0o755);
  const { PATH } = process.env;
  process.env.PATH = `${folder}:${PATH}`;
  try {
    await work();
  } finally {
    process.env.PATH = PATH;
    await rm(folder, { recursive: true });
  }
}

if (await inOwnMachine(import.meta.filename)) {
  const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

  describe("the kind of network", root, () => {
    let clouds: TestClouds;
    const warnings: string[] = [];
    before(async () => {
      clouds = await testClouds();
    });
    after(() => clouds.close());

    const openBeside = (id: string, servers: readonly ChildProcess[]) =>
      openGuestNetwork({
        ...{ id, kind: "auto", uid: clouds.uid, subnet: null, stateFile: join(clouds.home, `${id}.json`) },
        runDirectory: join(clouds.home, id),
        guestPorts: [],
        servers: async () => servers.map(({ pid }) => pid ?? 0),
        warn: (message) => warnings.push(message),
      });

    test("stays bridged while servers run: a start that cannot have bridges is refused, with why and what to do", async () => {
      const id = clouds.newId();
      const network = await clouds.open(id);
      const server = await clouds.inhabit(id);
      await network.close("running");
      const traces = await clouds.traces();
      await withoutDnsmasq(async () => {
        await assert.rejects(openBeside(id, [server]), {
          type: "failed",
          message: /run on bridges.*dnsmasq does not run here.*apt-get install dnsmasq-base.*lodge down/,
        });
        assert.deepEqual(await clouds.traces(), traces, "nothing of it was touched");
        const ended = once(server, "exit");
        server.kill("SIGKILL");
        await ended;
        const other = await openBeside(id, []);
        assert.equal(other.kind, "user", "without servers it is what can be had");
      });
      await (await clouds.open(id)).close("none");
    });

    test("survives another owner of the guests' route, as a VPN may be, and says so", async (t) => {
      const id = clouds.newId();
      const first = await clouds.open(id, "10.99.0.0/24");
      const server = await clouds.inhabit(id);
      t.after(() => server.kill("SIGKILL"));
      await first.close("running");
      await run(["ip", "route", "replace", "10.99.0.0/24", "dev", "eth0"]);
      const second = await clouds.open(id);
      assert.deepEqual(second.addresses, first.addresses);
      assert.match(
        clouds.takeWarnings().join(),
        /another on this machine has the route of the guests' subnet 10\.99/,
      );
      const ended = once(server, "exit");
      server.kill("SIGKILL");
      await ended;
      await second.close("none");
      await run(["ip", "route", "delete", "10.99.0.0/24", "dev", "eth0"]);
    });

    test("stays user-mode while servers run so, and the operator is told that bridges can be had", async (t) => {
      const server = spawn("sleep", ["1000"], { stdio: "ignore" });
      t.after(() => server.kill("SIGKILL"));
      await once(server, "spawn");
      assert.equal((await openBeside(clouds.newId(), [server])).kind, "user");
      assert.match(warnings.join(), /bridges can be had here, but servers run with user-mode networking/);
      const bridged = await openBeside(clouds.newId(), []);
      assert.equal(bridged.kind, "bridged");
      await bridged.close("none");
    });
  });
}
