/** A program that takes webhooks, for tests: a real HTTP server, which answers as the test says. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { TestContext } from "node:test";

export type Received = {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly json: {
    readonly id: string;
    readonly event: string;
    readonly user: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
};

export type Receiver = {
  readonly url: string;
  /** All that came, in its order. */
  readonly received: Received[];
  /** Answers what came; by default 204. */
  answer: (response: ServerResponse, received: Received) => void;
  /** The most that were under way at one time. */
  mostAtOnce: number;
};

/** Starts one on a port of its own; it goes with the test. */
export async function openReceiver(t: Pick<TestContext, "after">): Promise<Receiver> {
  let underWay = 0;
  const server = createServer(async (request, response) => {
    receiver.mostAtOnce = Math.max(receiver.mostAtOnce, ++underWay);
    response.once("close", () => underWay--);
    const body = String(await buffer(request));
    const received = { headers: request.headers, body, json: JSON.parse(body) };
    receiver.received.push(received);
    receiver.answer(response, received);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    received: [],
    answer: (response) => response.writeHead(204).end(),
    mostAtOnce: 0,
  };
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return receiver;
}
