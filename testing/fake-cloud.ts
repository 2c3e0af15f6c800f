/** A cloud of one drive in memory for the tests of the tools: it keeps what is written, and fails when told to. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";

export const DRIVE = "08c92dd5-70a0-4f51-83d2-835919d254df";
export const USER = "11111111-2222-4333-8444-555555555555";

/** What is no answer of this API: a portal's page, a redirect. */
export type Strange = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Readable;
};

/** How a call is spoilt: by an error or a strange answer, or by breaking the connection before or within the answer. */
export type Fault =
  | { readonly status: number; readonly type: string; readonly sentence: string }
  | Strange
  | "hang up"
  | "cut";

export type FakeCloud = {
  readonly env: { readonly EHURI: string; readonly EHAUTH: string };
  /** The drive's bytes; made by `drives/create`, or put here by the test. */
  bytes: Buffer;
  /** Every call in order: `POST /drives/create`. */
  readonly calls: string[];
  /** Every write that was stored, in order: how much at which offset, and how it came. */
  readonly writes: { readonly offset: number; readonly bytes: number; readonly gzipped: boolean }[];
  /** The text of the last call that sent properties, and its headers. */
  last: { body: string; headers: IncomingMessage["headers"] };
  /** What it answers to every call that is neither a read nor a write. */
  properties: () => string;
  /** The most calls that were under way at one time. */
  mostAtOnce: number;
  /** Reads and writes are not answered before this many of them are under way; from then on all are. */
  crowd: number;
  /** Asked at every call: null lets it pass. */
  fault: (path: string) => Fault | null;
  close(): Promise<void>;
};

/** Starts a cloud on a port of its own. */
export async function startFakeCloud(): Promise<FakeCloud> {
  let underWay = 0;
  const crowded = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    cloud.mostAtOnce = Math.max(cloud.mostAtOnce, ++underWay);
    response.once("close", () => underWay--);
    if (underWay >= cloud.crowd) crowded.resolve();
    if (/\/(read|write)\//.test(request.url ?? "") && cloud.crowd > 1) await crowded.promise;
    // A defect of this cloud ends the call rather than leaving its caller to wait.
    await answer(cloud, request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cloud: FakeCloud = {
    env: { EHURI: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, EHAUTH: `${USER}:secret` },
    bytes: Buffer.alloc(0),
    calls: [],
    writes: [],
    last: { body: "", headers: {} },
    properties: () => `drive ${DRIVE}\nname TestDrive\nsize ${cloud.bytes.length}\n`,
    mostAtOnce: 0,
    crowd: 1,
    fault: () => null,
    close: () => closeServer(server),
  };
  return cloud;
}

async function answer(cloud: FakeCloud, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? "";
  cloud.calls.push(`${request.method} ${path}`);
  const body = await buffer(request);
  const fault = cloud.fault(path);
  if (fault === "hang up") return void request.socket.destroy();
  if (fault === "cut") {
    response.writeHead(200, { "Content-Length": 1000 }).write("half");
    return void setImmediate(() => request.socket.destroy());
  }
  if (fault !== null) return answerFault(response, fault);
  const expected = `Basic ${Buffer.from(cloud.env.EHAUTH).toString("base64")}`;
  if (request.headers.authorization !== expected) {
    return answerFault(response, { status: 401, type: "auth", sentence: "The user or the key is wrong" });
  }
  const [, noun, word, command, offset = "0", length = "0"] = path.split("/");
  if (noun === "drives" && command === "write") {
    const gzipped = request.headers["content-encoding"] === "gzip";
    const bytes = gzipped ? gunzipSync(body) : body;
    cloud.writes.push({ offset: Number(offset), bytes: bytes.length, gzipped });
    bytes.copy(cloud.bytes, Number(offset));
    return void response.writeHead(204).end();
  }
  if (noun === "drives" && command === "read") {
    response.setHeader("Content-Type", "application/octet-stream");
    return void response.end(cloud.bytes.subarray(Number(offset), Number(offset) + Number(length)));
  }
  cloud.last = { body: body.toString(), headers: request.headers };
  if (noun === "drives" && word === "create") {
    cloud.bytes = Buffer.alloc(Number(/^size (\d+)$/m.exec(cloud.last.body)?.[1]));
  }
  response.writeHead(word === "destroy" || command === "destroy" ? 204 : 200, {
    "Content-Type": "text/plain; charset=utf-8",
    "X-Elastic-Output": "properties",
  });
  response.end(cloud.properties());
}

function answerFault(response: ServerResponse, fault: Exclude<Fault, string>): void {
  if ("type" in fault) {
    const { status, type, sentence } = fault;
    return void response.writeHead(status, { "X-Elastic-Error": type }).end(`${sentence}\n`);
  }
  const { status, headers, body } = fault;
  response.writeHead(status, headers);
  // Whoever has had enough of an endless body goes.
  if (body instanceof Readable) body.pipe(response);
  else response.end(body);
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
