/** A caller that announces ten bytes, or more, sends four of them and then no more, to a server of a test's own. */
import { once } from "node:events";
import { createServer, type RequestListener, type ServerOptions } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { TestContext } from "node:test";

/** The caller's side. The server ends with the test, whatever is still open. */
export async function sendHalf(
  t: TestContext,
  handle: RequestListener,
  options: ServerOptions = {},
  lengthBytes = 10,
): Promise<Socket> {
  const server = createServer(options, handle);
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${lengthBytes}\r\n\r\nhalf`);
  return socket;
}
