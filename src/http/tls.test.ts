/** The HTTP server over TLS, and callers who do not come to an end with it. */
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { pino } from "pino";
import { writeCertificate } from "../../testing/certificate.ts";
import { closed } from "../../testing/http/closed.ts";
import { AUTHORIZATION, QUIET, serveCommands } from "../../testing/http/server.ts";
import type { Command } from "../api/command.ts";
import type { ServerOptions } from "./server.ts";
import { TlsFiles } from "./tls-files.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 60_000 };

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "lodge-tls-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A log whose lines are waited for. */
function openLog() {
  const lines = new EventEmitter();
  const all: string[] = [];
  const logger = pino(
    { level: "debug" },
    {
      write(line: string) {
        all.push(line);
        lines.emit("line");
      },
    },
  );
  return {
    logger,
    all,
    async said(word: string) {
      while (!all.some((line) => line.includes(word))) await once(lines, "line");
    },
  };
}

type Options = { limits?: ServerOptions["limits"]; names?: string[]; commands?: Command[] };

async function serve(t: TestContext, { limits = {}, names = ["IP:127.0.0.1"], commands = [] }: Options = {}) {
  const folder = folderOf(t);
  const log = openLog();
  const files = writeCertificate(folder, names);
  const tls = await TlsFiles.open(files, { logger: log.logger, lookMs: 10 });
  const server = await serveCommands(commands, { tls, limits, logger: log.logger });
  t.after(() => server.close());
  const url = new URL(server.url);
  const at = { host: "127.0.0.1", port: Number(url.port) };
  const dial = async (localAddress = "127.0.0.1") => {
    const socket = connect({ ...at, localAddress }).on("error", () => {});
    t.after(() => socket.destroy());
    await once(socket, "connect");
    return socket;
  };
  const ask = (ca: string, path = "/health") =>
    new Promise<string>((resolve, reject) => {
      const asked = request({ ...at, path, ca, agent: false }, (answer) => resolve(text(answer)));
      asked.on("error", reject).end();
    });
  const handshake = async (options: ConnectionOptions) => {
    const socket = connectTls({ ...at, ca: readFileSync(files.cert), ...options });
    t.after(() => socket.destroy());
    await once(socket, "secureConnect");
    return socket;
  };
  return { ...{ server, url, files, folder, log }, dial, ask, handshake };
}

/** The first bytes of a handshake: a record whose rest is still to come. */
const BEGINNING = Buffer.from([0x16, 3, 1, 2, 0]);

test(
  "requests are answered by HTTP/1.1 over TLS 1.2 and 1.3, and nothing else is spoken",
  ends,
  async (t) => {
    const { url, files, ask, handshake } = await serve(t);
    assert.equal(url.protocol, "https:");
    assert.equal(await ask(readFileSync(files.cert, "utf8")), '{"status":"ok"}');
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const socket = await handshake({
        minVersion: version,
        maxVersion: version,
        ALPNProtocols: ["h2", "http/1.1"],
      });
      assert.deepEqual([socket.getProtocol(), socket.alpnProtocol], [version, "http/1.1"]);
    }
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    await assert.rejects(handshake(old), /alert|version/i);
    await assert.rejects(handshake({ ALPNProtocols: ["h2"] }), /alert|protocol/i);
  },
);

test("HTTP in clear is told that TLS is spoken here", ends, async (t) => {
  const { dial } = await serve(t);
  const socket = await dial();
  socket.write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  assert.match(await text(socket), /^HTTP\/1\.1 400 .*begins with https:\/\/\n$/s);
});

test("the address of a server is a name that its certificate has", ends, async (t) => {
  for (const [names, host] of [
    [["DNS:*.example.org", "DNS:api.example.org", "IP:127.0.0.1"], "127.0.0.1"],
    [["DNS:*.example.org", "DNS:api.example.org"], "api.example.org"],
    [["DNS:*.example.org"], "127.0.0.1"],
  ] as const) {
    assert.equal((await serve(t, { names: [...names] })).url.hostname, host);
  }
});

test("a handshake that does not come to an end is cut, though its bytes drip on", ends, async (t) => {
  const { dial } = await serve(t, { limits: { headersMs: 100 } });
  const socket = await dial();
  socket.write(BEGINNING);
  const drip = setInterval(() => socket.write("x"), 10);
  t.after(() => clearInterval(drip));
  await closed(socket.resume());
});

test("an address has so many handshakes at once, and others have theirs meanwhile", ends, async (t) => {
  const { dial, log, handshake } = await serve(t, { limits: { handshakes: 4 } });
  const held = [await dial("127.0.0.2"), await dial("127.0.0.2")];
  await closed((await dial("127.0.0.2")).resume());
  await log.said("TLS handshakes are refused");
  await handshake({ localAddress: "127.0.0.3" } as ConnectionOptions);
  held[0]?.destroy();
  // The server hears of it in its own time.
  for (;;) {
    const socket = await handshake({ localAddress: "127.0.0.2" } as ConnectionOptions).catch(() => null);
    if (socket !== null) break;
  }
});

test("an address has so many handshakes in a minute, and others have theirs", ends, async (t) => {
  const { handshake } = await serve(t, { limits: { handshakesPerMinute: 3 } });
  for (let count = 0; count < 3; count++) (await handshake({})).destroy();
  await assert.rejects(handshake({}));
  await handshake({ localAddress: "127.0.0.3" } as ConnectionOptions);
});

test("a handshake that has ended is not counted, nor cut", ends, async (t) => {
  const { dial, handshake } = await serve(t, { limits: { handshakes: 2, headersMs: 1_000 } });
  const sockets = [];
  const health = async (socket: Socket) => {
    socket.write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(socket, "data");
  };
  for (let count = 0; count < 5; count++) {
    const socket = await handshake({});
    await health(socket);
    sockets.push(socket);
  }
  // Longer than a handshake may take.
  await closed((await dial()).resume());
  for (const socket of sockets) await health(socket);
});

test("a connection beyond what there may be is hung up on", ends, async (t) => {
  const { dial, log } = await serve(t, { limits: { connections: 2 } });
  await dial();
  assert.equal(await text(await dial()), "");
  await log.said("connections are refused");
});

test("who takes nothing is cut, and others are answered", ends, async (t) => {
  const look: Command = {
    ...{ ...QUIET, path: "look", effect: "reads", returns: "properties" },
    run: async () => [["note", "x".repeat(32 * 2 ** 20)]],
  };
  const limits = { silenceMs: 50, floorBytesPerSecond: 1 };
  const { ask, files, handshake } = await serve(t, { limits, commands: [look] });
  const socket = await handshake({});
  const cut = closed(socket.pause());
  socket.write(`GET /look HTTP/1.1\r\nHost: x\r\nAuthorization: ${AUTHORIZATION.Authorization}\r\n\r\n`);
  const prod = setInterval(() => socket.write("\r\n"), 10);
  t.after(() => clearInterval(prod));
  await cut;
  assert.equal(await ask(readFileSync(files.cert, "utf8")), '{"status":"ok"}');
});

test("a server ends though handshakes are under way", ends, async (t) => {
  const { server, dial, handshake } = await serve(t);
  const [half, idle] = [await dial(), await handshake({})];
  half.write(BEGINNING);
  const all = [half, idle].map((socket) => closed(socket.resume()));
  await server.closeWithin(50_000);
  await Promise.all(all);
});

test(
  "a certificate that is replaced is taken, one that cannot be used is not, and the log says so",
  ends,
  async (t) => {
    const { ask, files, folder, log } = await serve(t);
    const first = readFileSync(files.cert, "utf8");
    const next = writeCertificate(folder, ["IP:127.0.0.1"], "next");
    const second = readFileSync(next.cert, "utf8");
    // One of the two alone is no pair.
    copyFileSync(next.cert, files.cert);
    await log.said("one before it stays in use");
    assert.ok(log.all.some((line) => line.includes(`${files.key} is not the key of ${files.cert}`)));
    assert.equal(await ask(first), '{"status":"ok"}');
    copyFileSync(next.key, files.key);
    await log.said("the certificate was replaced");
    assert.equal(await ask(second), '{"status":"ok"}');
    await assert.rejects(ask(first));
    rmSync(files.key);
    await log.said("there is none");
    assert.equal(await ask(second), '{"status":"ok"}');
  },
);

test("a key that others may read is told of", ends, async (t) => {
  const folder = folderOf(t);
  const files = writeCertificate(folder, ["IP:127.0.0.1"]);
  for (const [mode, count] of [
    [0o600, 0],
    [0o640, 0],
    [0o644, 1],
    [0o660, 1],
  ] as const) {
    const { logger, all } = openLog();
    chmodSync(files.key, mode);
    await TlsFiles.open(files, { logger });
    assert.equal(all.filter((line) => line.includes("others may read")).length, count, mode.toString(8));
  }
});

test("files that cannot be used are refused in a sentence that names the file", ends, async (t) => {
  const folder = folderOf(t);
  const [{ cert, key }, other] = [
    writeCertificate(folder, ["IP:::1"]),
    writeCertificate(folder, ["IP:::1"], "b"),
  ];
  const junk = join(folder, "junk.pem");
  writeFileSync(junk, "junk");
  for (const [files, says] of [
    [{ cert: join(folder, "no"), key }, `${join(folder, "no")} cannot be read: there is none`],
    [{ cert, key: join(folder, "no") }, `${join(folder, "no")} cannot be read: there is none`],
    [{ cert: folder, key }, `${folder} is no file of at most 1 MiB`],
    [{ cert: "/dev/zero", key }, "/dev/zero is no file of at most 1 MiB"],
    [{ cert: junk, key }, `${junk} holds no certificate in PEM`],
    [{ cert, key: junk }, `${junk} holds no private key in PEM without a passphrase`],
    [{ cert, key: other.key }, `${other.key} is not the key of ${cert}`],
  ] as const) {
    const message = `TLS (--tls-cert / LODGE_TLS_CERT, --tls-key / LODGE_TLS_KEY): ${says}`;
    await assert.rejects(TlsFiles.open(files), { type: "usage", message });
  }
});
