/**
 * A request as bytes on a socket, so that it is exactly what a client sends: no header that a library would add, and
 * none left out that it would not send.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";

export type RawAnswer = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** The statuses of the interim answers that went before. */
  readonly interim: readonly number[];
};

const END_OF_HEAD = "\r\n\r\n";

/**
 * Sends `start` (`GET /drives/list`), `headers` as they are and `body`, and answers what comes until the connection
 * closes. A body gets its length, unless it is sent chunked, as it stands then; without a body there is none.
 */
export async function sendRaw(
  url: string,
  start: string,
  headers: Readonly<Record<string, string>>,
  body?: string | Uint8Array,
): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const isChunked = headers["Transfer-Encoding"] !== undefined;
  const all = {
    Host: host,
    Connection: "close",
    ...headers,
    ...(bytes === undefined || isChunked ? {} : { "Content-Length": String(bytes.length) }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  socket.write([`${start} HTTP/1.1`, ...lines].join("\r\n") + END_OF_HEAD);
  if (bytes !== undefined) socket.write(bytes);
  return parse(await buffer(socket));
}

function parse(bytes: Buffer): RawAnswer {
  const interim: number[] = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf(END_OF_HEAD);
    if (end === -1) throw new Error(`this is no HTTP answer: ${rest}`);
    const [first = "", ...lines] = rest.subarray(0, end).toString("latin1").split("\r\n");
    const status = Number(first.split(" ")[1]);
    rest = rest.subarray(end + END_OF_HEAD.length);
    if (status < 200) {
      interim.push(status);
      continue;
    }
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    return { status, headers, body: rest, interim };
  }
}
