/** A web server with one file, for tests of imports: it knows ranges, and can be made to hang or to break off. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

export type FileServer = {
  readonly url: string;
  content: Buffer;
  etag: string | null;
  /** How many bytes it sends before it does as `onStop` says; undefined: all. */
  stopAfter: number | undefined;
  onStop: "hang" | "break";
  /** More headers that it answers with. */
  headers: Readonly<Record<string, string>>;
  /** The headers of each request. */
  readonly asked: IncomingHttpHeaders[];
};

/** Opens one, for as long as the test runs. */
export async function openFileServer(context: TestContext, content: Buffer): Promise<FileServer> {
  const server = createServer((request, response) => {
    files.asked.push(request.headers);
    const { content, etag, stopAfter } = files;
    const wanted = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
    const isSame = request.headers["if-range"] === etag;
    if (request.url !== "/image") {
      response.writeHead(404).end();
      return;
    }
    const start = wanted === undefined || !isSame ? 0 : Number(wanted);
    const bytes = content.subarray(start);
    response.writeHead(start === 0 ? 200 : 206, {
      "content-length": bytes.length,
      ...(etag === null ? {} : { etag }),
      ...files.headers,
      ...(start === 0 ? {} : { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` }),
    });
    if (stopAfter === undefined) response.end(bytes);
    else response.write(bytes.subarray(0, stopAfter), () => files.onStop === "break" && response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const files: FileServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/image`,
    content,
    etag: '"one"',
    stopAfter: undefined,
    onStop: "break",
    headers: {},
    asked: [],
  };
  return files;
}
