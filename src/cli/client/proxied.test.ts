import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { type AddressInfo, connect, type Server as NetServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, test } from "node:test";
import { createServer as createTls } from "node:tls";
import { writeCertificate } from "../../../testing/certificate.ts";
import { DRIVE, type FakeCloud, startFakeCloud } from "../../../testing/fake-cloud.ts";
import { runTool } from "../../../testing/run.ts";

/** A proxy that goes where it is asked to (RFC 9110, 9.3.6; RFC 9112, 3.2.2), but for names: those are this machine. */
type Proxy = { readonly url: string; readonly asked: string[]; refuses: boolean; close(): Promise<void> };

const folder = mkdtempSync(join(tmpdir(), "proxied-"));
const { key, cert } = writeCertificate(folder, ["DNS:api.example.org"]);
const AUTHORIZATION = `Basic ${Buffer.from("me:se cret").toString("base64")}`;

after(() => rmSync(folder, { recursive: true }));

let cloud: FakeCloud;
let proxy: Proxy;
beforeEach(async () => {
  cloud = await startFakeCloud();
  proxy = await startProxy();
});
afterEach(async () => {
  await proxy.close();
  await cloud.close();
});

test("an https endpoint is reached through a CONNECT of the proxy, up and down", async () => {
  await using tls = await startTls(cloud);
  const image = Buffer.alloc(9_000_000, "Lodge keeps what it is given. ");
  const [file, copy] = [join(folder, "image.raw"), join(folder, "copy.raw")];
  writeFileSync(file, image);
  const env = {
    EHURI: `https://api.example.org:${tls.port}/`,
    EHAUTH: cloud.env.EHAUTH,
    NODE_EXTRA_CA_CERTS: cert,
    HTTPS_PROXY: proxy.url,
  };
  const up = await runTool("elastichosts-upload", [file], env);
  assert.deepEqual([up.code, up.stderr], [0, ""]);
  assert.ok(cloud.bytes.equals(image));
  const down = await runTool("elastichosts-download", [DRIVE, copy], env);
  assert.deepEqual([down.code, down.stderr], [0, ""]);
  assert.ok(readFileSync(copy).equals(image));
  assert.ok(proxy.asked.length > 0);
  for (const asked of proxy.asked) assert.equal(asked, `CONNECT api.example.org:${tls.port}`);

  const directly = await runTool("elastichosts", ["drives", "list"], { ...env, no_proxy: "example.org" });
  // The name stands for no host but the proxy's.
  assert.equal(directly.code, 1);
  assert.match(directly.stderr, /^elastichosts: cannot reach https:\/\/api\.example\.org:\d+: /);
});

test("an http endpoint is asked for by its whole address, by http_proxy and ALL_PROXY, not by HTTP_PROXY", async () => {
  const EHURI = cloud.env.EHURI.replace("127.0.0.1", "api.example.org");
  for (const name of ["http_proxy", "ALL_PROXY"]) {
    // curl takes an address without a scheme, too.
    const env = { ...cloud.env, EHURI, [name]: proxy.url.replace("http://", "") };
    const { code, stderr, stdout } = await runTool("elastichosts", ["drives", DRIVE, "info"], env);
    assert.deepEqual([code, stderr, stdout], [0, "", `drive ${DRIVE}\nname TestDrive\nsize 0\n`]);
    assert.equal(proxy.asked.pop(), `POST ${EHURI}drives/${DRIVE}/info`);
  }
  const upper = await runTool("elastichosts", ["drives", "list"], { ...cloud.env, HTTP_PROXY: proxy.url });
  assert.deepEqual([upper.code, proxy.asked], [0, []]);
  const exempt = { ...cloud.env, http_proxy: proxy.url, NO_PROXY: "127.0.0.0/8" };
  assert.equal((await runTool("elastichosts", ["drives", "list"], exempt)).code, 0);
  assert.deepEqual(proxy.asked, []);
});

test("a proxy that refuses, is not there or is of another kind is told, and none of it is gone past", async () => {
  proxy.refuses = true;
  const file = join(folder, "image.raw");
  writeFileSync(file, "image");
  const https = { ...cloud.env, EHURI: "https://api.example.org/", https_proxy: proxy.url };
  const refused = await runTool("elastichosts-upload", ["-d", DRIVE, file], https);
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /^elastichosts-upload: cannot reach https:\/\/api\.example\.org by the proxy 127\.0\.0\.1:\d+: [^\n]*403 Forbidden; resume with: /,
  );
  // A write that may pass would have been tried again.
  assert.equal(proxy.asked.length, 1);
  const plain = { ...cloud.env, http_proxy: proxy.url };
  assert.match(
    (await runTool("elastichosts", ["drives", "list"], plain)).stderr,
    /^elastichosts: HTTP 403 Forbidden/,
  );

  const gone = proxy.url;
  await proxy.close();
  const unreached = await runTool("elastichosts", ["drives", "list"], { ...cloud.env, http_proxy: gone });
  assert.match(unreached.stderr, /by the proxy 127\.0\.0\.1:\d+: connect ECONNREFUSED/);
  const socks = await runTool("elastichosts", ["drives", "list"], {
    ...cloud.env,
    all_proxy: "socks5://127.0.0.1:1",
  });
  assert.equal(socks.code, 2);
  assert.match(socks.stderr, /^elastichosts: all_proxy takes a proxy such as/);
  assert.deepEqual(cloud.calls, []);
  proxy = await startProxy();
});

async function startProxy(): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer((asked, response) => {
    state.asked.push(`${asked.method} ${asked.url}`);
    if (!mayPass(asked)) return void response.writeHead(403).end();
    const { port, pathname } = new URL(asked.url ?? "");
    const { "proxy-authorization": _, ...headers } = asked.headers;
    const onward = request({ port, path: pathname, method: asked.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    asked.pipe(onward);
  });
  server.on("connect", (asked: IncomingMessage, socket: Socket) => {
    state.asked.push(`CONNECT ${asked.url}`);
    if (!mayPass(asked)) return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const onward = connect(Number(asked.url?.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    for (const each of [socket, onward]) each.on("error", () => each.destroy());
  });
  server.on("connection", (socket) => sockets.add(socket));
  const mayPass = (asked: IncomingMessage) =>
    !state.refuses && asked.headers["proxy-authorization"] === AUTHORIZATION;
  const port = await listen(server);
  const state: Proxy = {
    url: `http://me:se%20cret@127.0.0.1:${port}`,
    asked: [],
    refuses: false,
    close: () => close(server, sockets),
  };
  return state;
}

/** The cloud behind TLS. */
async function startTls(behind: FakeCloud): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createTls({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    const onward = connect(Number(new URL(behind.env.EHURI).port), "127.0.0.1");
    socket.pipe(onward).pipe(socket);
    for (const each of [socket, onward]) each.on("error", () => each.destroy());
  });
  server.on("connection", (socket) => sockets.add(socket));
  const port = await listen(server);
  return { port, [Symbol.asyncDispose]: () => close(server, sockets) };
}

async function listen(server: Server | NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function close(server: Server | NetServer, sockets: Iterable<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}
