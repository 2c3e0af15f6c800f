/** The serial port of a real guest by a ticket: its boot is read afterwards, and what is typed arrives. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { sampleDrive } from "../../testing/guest/sample.ts";
import { diskOf, FLOOD, SAY_ONCE } from "../../testing/guest/small.ts";
import { listenToSerial } from "../../testing/images/serial.ts";
import { long } from "../../testing/share.ts";
import { until } from "../../testing/until.ts";

/** Twice what is shown, and what is written at once. */
const MOST_BYTES = 2 * 2 ** 18 + 2 ** 17;

describe("a guest's serial port by a ticket", { timeout: 480_000 }, () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud.close());

  const server = async (more: Readonly<Record<string, string | number>>) =>
    (
      await cloud.make("servers/create", { name: "serial", cpu: 2000, mem: 32, persistent: "true", ...more })
    ).get("server") ?? "";

  /** The first message: what it said before. */
  const history = async (uuid: string): Promise<string> => {
    const ticket = (await cloud.make(`servers/${uuid}/serial`, {})).get("ticket");
    const socket = new WebSocket(`${cloud.url.replace(/^http/, "ws")}serial/${ticket}`);
    const [message] = await once(socket, "message");
    socket.terminate();
    return String(message);
  };

  it("is read after the boot, and a command that is typed is done", async () => {
    const uuid = await server({ mem: 256, "block:0": await sampleDrive(cloud), boot: "block:0" });
    const serial = await listenToSerial(cloud, uuid);
    await serial.says(/lodge-sample: ready none/);
    assert.match(await history(uuid), /lodge-sample: ready none/);
    // What waits for the first line may not be there yet as the guest says that it is.
    const typed = setInterval(() => serial.type("\recho sum is $((6 * 7))\r"), 1_000);
    try {
      await serial.says(/sum is 42/);
    } finally {
      clearInterval(typed);
    }
    serial.close();
    await cloud.act(`servers/${uuid}/stop`);
    assert.match(await history(uuid), /sum is 42/);
    await cloud.act(`servers/${uuid}/destroy`);
  });

  it("is had again by the next daemon, with what was said before, and nothing of a run is in that of the next", async () => {
    const uuid = await server({ "ide:0:0": await diskOf(cloud, SAY_ONCE) });
    const said = () => until("it said something", async () => ((await history(uuid)) === "!" ? true : null));
    await said();
    // A moment later it is on the disk, whatever becomes of the daemon.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await cloud.kill();
    await cloud.start();
    await said();
    const serial = await listenToSerial(cloud, uuid);
    await cloud.act(`servers/${uuid}/reset`);
    await serial.says(/!!/);
    serial.close();
    await cloud.act(`servers/${uuid}/stop`);
    assert.equal(await history(uuid), "!!");
    await cloud.act(`servers/${uuid}/start`);
    await said();
    await cloud.act(`servers/${uuid}/destroy`);
  });

  it(
    "of a guest that writes as fast as it can costs neither the disk nor the daemon more than its share",
    long,
    async () => {
      const { readdirSync, readFileSync, statSync } = await import("node:fs");
      const folder = `${cloud.home}/serial`;
      const uuid = await server({ "ide:0:0": await diskOf(cloud, FLOOD) });
      const taken = () =>
        readdirSync(folder)
          .filter((name) => name.startsWith(uuid))
          .reduce((sum, name) => sum + statSync(`${folder}/${name}`).size, 0);
      await until("it has written much", async () => (taken() > 2 ** 18 ? true : null));
      /** In hundredths of a second (proc(5)). */
      const ticks = () => {
        const fields = readFileSync(`/proc/${cloud.pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
        return Number(fields[11]) + Number(fields[12]);
      };
      const [begun, beganMs] = [ticks(), performance.now()];
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      const share = (ticks() - begun) / ((performance.now() - beganMs) / 10);
      assert.ok(share < 0.25, `the daemon had ${share} of a processor`);
      assert.ok(taken() <= MOST_BYTES, `${taken()} bytes`);
      assert.match(await history(uuid), /^[#]+$/);
      await cloud.act(`servers/${uuid}/destroy`);
      await until("nothing is left", async () => (taken() === 0 ? true : null));
    },
  );
});
