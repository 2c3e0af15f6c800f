/** The screen of a real guest over a WebSocket, beside the VNC that its user configured, which stays as it is. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { createWebSocketStream, WebSocket } from "ws";
import { HALT } from "../../src/host/qemu/boot-sector.ts";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { litCells } from "../../testing/guest/picture.ts";
import { type Viewer, view, viewOver } from "../../testing/guest/rfb.ts";
import { diskOf, screenShowing, show } from "../../testing/guest/small.ts";
import { longAnd } from "../../testing/share.ts";

describe("a guest's screen by a ticket", longAnd({ timeout: 120_000 }), () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud.close());

  const look = async (server: string): Promise<Viewer> => {
    const ticket = (await cloud.make(`servers/${server}/screen`, {})).get("ticket");
    const socket = new WebSocket(`${cloud.url.replace(/^http/, "ws")}screen/${ticket}`, ["binary"]);
    const closed = once(socket, "close").then(() => {});
    return { ...(await viewOver(createWebSocketStream(socket), null)), closed };
  };

  const guest = async (more: Readonly<Record<string, string>>) => {
    const made = await cloud.make("servers/create", {
      ...{ name: "screen", cpu: 2000, mem: 32, persistent: "true", ...more },
      "ide:0:0": await diskOf(cloud, [...show("Hello from a small guest"), ...HALT]),
    });
    const server = made.get("server") ?? "";
    await screenShowing(cloud, server, /Hello/);
    return { server, address: made.get("vnc:ip") ?? "" };
  };

  it("is there without a password, and where the server has no VNC at all", async () => {
    const { server } = await guest({});
    const viewer = await look(server);
    assert.ok(litCells(await viewer.screenshot()) > 20, "the guest's words are on it");
    const other = await look(server);
    assert.ok(litCells(await other.screenshot()) > 20, "two look at once");
    await cloud.act(`servers/${server}/stop`);
    await Promise.all([viewer.closed, other.closed]);
  });

  it("leaves the server's own VNC as it is: open with its password alone, and closed without one", async () => {
    const { server, address } = await guest({ vnc: "auto", "vnc:password": "secret" });
    const viewer = await look(server);
    const own = await view(address, 5900, "secret");
    assert.ok(litCells(await own.screenshot()) > 20);
    await assert.rejects(view(address, 5900, "wrong"));
    own.close();
    await cloud.make(`servers/${server}/set`, { "vnc:password": "" });
    await assert.rejects(view(address, 5900, "secret"));
    assert.ok(litCells(await viewer.screenshot()) > 20, "who looks by a ticket looks on");
    viewer.close();
  });

  it("is there again after a restart of the daemon, by a new ticket", async () => {
    const { server } = await guest({});
    await cloud.stop();
    await cloud.start();
    const viewer = await look(server);
    assert.ok(litCells(await viewer.screenshot()) > 20);
    viewer.close();
  });
});
