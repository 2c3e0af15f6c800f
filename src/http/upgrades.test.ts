/** WebSockets of a server that speaks TLS, and of one that is being stopped. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Duplex, duplexPair } from "node:stream";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { writeCertificate } from "../../testing/certificate.ts";
import { serveCommands } from "../../testing/http/server.ts";
import type { Viewings } from "../api/viewing.ts";
import { TlsFiles } from "./tls-files.ts";

/** Lets everybody look; answers the far ends of what they see, and how often one of them was over. */
function everybodyLooks() {
  const ends: Duplex[] = [];
  const counts = { over: 0 };
  const viewings: Viewings = {
    async open() {
      const [bytes, far] = duplexPair();
      ends.push(far);
      const end = () => {
        counts.over++;
        bytes.destroy();
      };
      return { bytes, withdrawn: new AbortController().signal, end };
    },
  };
  return { ends, counts, viewings };
}

async function lookAt(t: TestContext, url: string, ca?: Buffer): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}screen/ticket`, ca === undefined ? {} : { ca });
  t.after(() => socket.terminate());
  await once(socket, "open");
  return socket;
}

test("a screen is shown over TLS as in clear", { timeout: 30_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "lodge-tls-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const files = writeCertificate(folder, ["DNS:localhost"]);
  const { ends, viewings } = everybodyLooks();
  const server = await serveCommands([], { viewings, tls: await TlsFiles.open(files) });
  t.after(() => server.close());
  const { port } = new URL(server.url);
  const socket = await lookAt(t, `https://localhost:${port}/`, readFileSync(files.cert));
  ends[0]?.write("RFB 003.008\n");
  assert.equal(String((await once(socket, "message"))[0]), "RFB 003.008\n");
});

test("a server that stops ends who looks, and waits for none of them", { timeout: 30_000 }, async (t) => {
  const { counts, viewings } = everybodyLooks();
  const server = await serveCommands([], { viewings });
  const sockets = [await lookAt(t, server.url), await lookAt(t, server.url)];
  const closed = sockets.map((socket) => once(socket, "close"));
  await server.close();
  for (const [code] of await Promise.all(closed)) assert.equal(code, 1001);
  assert.equal(counts.over, 2);
});
