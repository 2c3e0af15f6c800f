/**
 * One request of a connection at a time, in the order in which they came, as HTTP/1.1 has it (RFC 9112, 9.3.2): what is
 * pipelined behind a change sees it done, and a caller who takes no answer has one under way, not hundreds.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** How many requests of a connection may wait behind the one that is served. */
const MOST_WAITING = 16;

type Line = {
  /** The answer to the request that is served, or was last. */
  current: ServerResponse;
  /** What is to be done next, in order. */
  readonly waiting: (() => void)[];
  /** Nothing more is taken: the connection ends with what waits. */
  isClosing: boolean;
};

export class InOrder {
  readonly #serve: RequestListener;
  readonly #lines = new WeakMap<Socket, Line>();

  constructor(serve: RequestListener) {
    this.#serve = serve;
  }

  /** Serves the request once all before it on its connection are answered, and their answers with the system. */
  readonly handle: RequestListener = (request, response) => {
    const { socket } = request;
    const line = this.#lines.get(socket);
    if (line === undefined) {
      this.#lines.set(socket, { current: response, waiting: [], isClosing: false });
    } else if (line.waiting.length > 0 || !line.current.writableFinished) {
      this.#queue(line, request, response);
      return;
    } else {
      line.current = response;
    }
    this.#serve(request, response);
  };

  /** Does what ends the connection, once all requests on it are answered. */
  finally(socket: Socket, end: () => void): void {
    const line = this.#lines.get(socket);
    if (line === undefined || (line.waiting.length === 0 && line.current.writableFinished)) end();
    else if (!line.isClosing) this.#wait(line, socket, end, true);
  }

  #queue(line: Line, request: IncomingMessage, response: ServerResponse): void {
    // It came together with those before it, or was on its way: its caller sends it again (RFC 9112, 9.3.2).
    if (line.isClosing) return;
    const isClosing = line.waiting.length === MOST_WAITING - 1;
    if (isClosing) response.setHeader("Connection", "close");
    const serve = () => {
      line.current = response;
      this.#serve(request, response);
    };
    this.#wait(line, request.socket, serve, isClosing);
  }

  #wait(line: Line, socket: Socket, work: () => void, isClosing: boolean): void {
    line.isClosing = isClosing;
    line.waiting.push(work);
    if (line.waiting.length === 1) line.current.once("close", () => this.#next(line, socket));
    // node:http has the connection read on as soon as it has parsed a request.
    process.nextTick(() => line.waiting.length > 0 && socket.pause());
  }

  #next(line: Line, socket: Socket): void {
    const work = line.waiting.shift();
    if (work === undefined || socket.destroyed) {
      line.waiting.length = 0;
      return;
    }
    work();
    if (line.waiting.length > 0) line.current.once("close", () => this.#next(line, socket));
    else socket.resume();
  }
}
