import assert from "node:assert/strict";
import { test } from "node:test";
import { HALT } from "../../src/host/qemu/boot-sector.ts";
import { openCloud } from "../cloud.ts";
import { longAnd } from "../share.ts";
import { guestPage } from "./page.ts";
import { diskOf, screenShowing, show } from "./small.ts";

const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

test(
  "where a guest does not answer, the failure tells its server, screen, NIC and offer",
  longAnd(root),
  async (t) => {
    const cloud = await openCloud();
    t.after(() => cloud.close());
    const made = await cloud.make("servers/create", {
      ...{ name: "lost", cpu: 1000, mem: 32, "nic:0:dhcp": "auto" },
      "block:0": await diskOf(cloud, [...show("I am lost"), ...HALT]),
    });
    const [server = "", address = ""] = [made.get("server"), made.get("nic:0:dhcp:ip")];
    await screenShowing(cloud, server, /lost/);

    const signs = [
      new RegExp(
        `^waited in vain until ${address} answers HTTP\nwho has it: server ${server} at its tap t\\d+$`,
        "m",
      ),
      /^the server: \S.*^ +status active$.*^ +tx:packets 0$/ms,
      /^its screen: .*I am lost/ms,
      /^its tap: .*RX: +bytes/ms,
      new RegExp(`^what DHCP offers: ([0-9a-f]{2}:){5}[0-9a-f]{2},set:n0,${address}$`, "m"),
      /^DHCP's server: +PID STAT +ELAPSED\n +\d+ S/m,
    ];
    await assert.rejects(guestPage(cloud, address, 1), ({ message }: Error) => {
      for (const sign of signs) assert.match(message, sign);
      return true;
    });
    await cloud.withoutDaemon(async () => {
      const said = await guestPage(cloud, address, 1).catch(({ message }: Error) => message);
      assert.match(said, /^the server: not to be seen: TypeError: fetch failed$/m);
      assert.match(said, /^its screen: .*I am lost/ms, "the daemon is not needed for that");
    });
  },
);

test("a daemon that somebody did without is there again, whatever came of it", async (t) => {
  const cloud = await openCloud();
  t.after(() => cloud.close());
  const fault = new Error("in the middle of it");
  await assert.rejects(
    cloud.withoutDaemon(async () => {
      await assert.rejects(cloud.ask("drives/list"));
      throw fault;
    }),
    fault,
  );
  assert.equal((await cloud.ask("drives/list")).status, 200);
});
