/** A real guest on static addresses: one for its network interface, one for its screen. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { guestPage } from "../../testing/guest/page.ts";
import { view } from "../../testing/guest/rfb.ts";
import { sampleDrive } from "../../testing/guest/sample.ts";

const PASSWORD = "XXXXXXXX";

describe("a guest on static addresses", () => {
  let cloud: Cloud;
  let server = "";
  let address = "";
  let screen = "";

  before(async () => {
    cloud = await openCloud();
    const create = async () => (await cloud.make("resources/ip/create", {})).get("resource") ?? "";
    [address, screen] = [await create(), await create()];
    const made = await cloud.make("servers/create", {
      ...{ name: "TestServer", cpu: 2000, mem: 128, persistent: "true" },
      ...{ "block:0": await sampleDrive(cloud), "nic:0:dhcp": address },
      ...{ vnc: screen, "vnc:password": PASSWORD },
    });
    server = made.get("server") ?? "";
  });
  after(() => cloud?.close());

  const destroy = async (resource: string) =>
    (await cloud.ask(`resources/ip/${resource}/destroy`, { method: "POST" })).status;

  it("gets its static address by DHCP and answers on it", async () => {
    assert.match(await guestPage(cloud, address), /Hello/);
  });

  it("shows its screen on another address of its user's own", async () => {
    (await view(screen, 5900, PASSWORD)).close();
    await assert.rejects(view(address, 5900, PASSWORD), { code: "ECONNREFUSED" });
  });

  it("uses both for as long as it runs, whatever becomes of the daemon", async () => {
    await cloud.kill();
    await cloud.start();
    assert.match(await guestPage(cloud, address), /Hello/);
    assert.deepEqual([await destroy(address), await destroy(screen)], [409, 409]);
    await cloud.act(`servers/${server}/stop`);
    assert.deepEqual([await destroy(address), await destroy(screen)], [204, 204]);
  });
});
