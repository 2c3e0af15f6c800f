/** One who looks over a WebSocket and answers no pings any more. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { duplexPair } from "node:stream";
import { test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { Door } from "./door.ts";

for (const [what, autoPong] of [
  ["does not answer is gone at the second ping", false],
  ["answers stays", true],
] as const) {
  test(`who ${what}`, async (t) => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    t.after(() => server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const viewer = new WebSocket(`ws://127.0.0.1:${port}/`, { autoPong });
    viewer.on("error", () => {});
    t.after(() => viewer.terminate());
    let pings = 0;
    const third = new Promise<string>((resolve) =>
      viewer.on("ping", () => ++pings === 3 && resolve("three pings")),
    );
    const [socket] = (await once(server, "connection")) as [WebSocket];
    const [bytes] = duplexPair();
    let ended = 0;
    const end = () => {
      ended++;
      bytes.destroy();
    };
    const door = new Door(socket, { bytes, withdrawn: new AbortController().signal, end }, () => 1_000);
    const over = door.carry(200).then(() => "over");
    const came = await Promise.race([over, third]);
    assert.deepEqual([came, ended], autoPong ? ["three pings", 0] : ["over", 1]);
    assert.ok(pings <= 3);
  });
}
