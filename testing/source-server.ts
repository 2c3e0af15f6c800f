/** A web server from which a test has something fetched: what it answers, the test says; honest, hostile or slow. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type SourceServer = {
  /** With a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** The requests so far. */
  readonly asked: { readonly url: string; readonly headers: IncomingMessage["headers"] }[];
  answer(request: IncomingMessage, response: ServerResponse): void;
};

/** Opens one that goes with the test; it answers 404 until it is told otherwise. */
export async function openSourceServer(
  t: { after(work: () => void): void },
  { host = "127.0.0.1", port = 0 } = {},
): Promise<SourceServer> {
  const asked: SourceServer["asked"] = [];
  const server = createServer((request, response) => {
    asked.push({ url: request.url ?? "", headers: request.headers });
    source.answer(request, response);
  });
  server.listen(port, host);
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address() as AddressInfo;
  const source: SourceServer = {
    ...{ url: `http://${host}:${address.port}/`, port: address.port, asked },
    answer: (_, response) => void response.writeHead(404).end(),
  };
  return source;
}

/** Answers a content, whole or from where it is asked for on; `most`: no more than so many bytes before it breaks off. */
export function sendContent(
  request: IncomingMessage,
  response: ServerResponse,
  content: Buffer,
  { etag = '"one"', most = content.length }: { readonly etag?: string | null; readonly most?: number } = {},
): void {
  const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  const isRest = from !== undefined && request.headers["if-range"] === etag;
  const start = isRest ? Number(from) : 0;
  const bytes = content.subarray(start);
  response.writeHead(isRest ? 206 : 200, {
    "content-length": bytes.length,
    ...(etag === null ? {} : { etag }),
    ...(isRest ? { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
  });
  if (bytes.length <= most) response.end(bytes);
  else response.write(bytes.subarray(0, most), () => response.destroy());
}
