/**
 * One request of a connection at a time, in the order in which they came, as HTTP/1.1 has it (RFC 9112, 9.3.2): what is
 * pipelined behind a change sees it done, and a caller who takes no answer has one under way, not hundreds.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** How many requests of a connection may wait behind the one that is served. */
const MOST_WAITING = 16;

/** What is to be done in its turn; `request` where it is one that is to be served. */
type Turn = { readonly request: IncomingMessage | null; run(): void };

type Line = {
  /** The answer to the request that is served, or was last. */
  current: ServerResponse;
  readonly waiting: Turn[];
  /** Nothing more is taken: the connection ends with what waits. */
  isClosing: boolean;
};

export class InOrder {
  readonly #serve: RequestListener;
  /** Of the connections that are open; null for one on which nothing is served. */
  readonly #lines = new Map<Socket, Line | null>();

  constructor(serve: RequestListener) {
    this.#serve = serve;
  }

  /** Serves the request once all before it on its connection are answered, and their answers with the system. */
  readonly handle: RequestListener = (request, response) => {
    const { socket } = request;
    const line = this.#lines.get(socket);
    if (line === undefined) {
      this.#remember(socket, { current: response, waiting: [], isClosing: false });
    } else if (line === null || line.isClosing || !socket.writable) {
      // It came together with those before it: its caller sends it again (RFC 9112, 9.3.2).
      return;
    } else if (line.waiting.length > 0 || !line.current.writableFinished) {
      this.#queue(line, request, response);
      return;
    } else {
      line.current = response;
    }
    this.#serve(request, response);
  };

  /** Serves nothing that comes on the connection. */
  ignore(socket: Socket): void {
    this.#remember(socket, null);
  }

  /** The answer to the request of each connection that is served, or was last. */
  *current(): Generator<ServerResponse, void> {
    for (const line of this.#lines.values()) {
      if (line !== null) yield line.current;
    }
  }

  #remember(socket: Socket, line: Line | null): void {
    // One that has closed already tells nobody any more.
    if (socket.destroyed) return;
    this.#lines.set(socket, line);
    socket.once("close", () => this.#lines.delete(socket));
  }

  /**
   * What came on the connection is no HTTP: does `end`, which ends it, once all requests before are answered. One whose own
   * body it broke is not waited for.
   */
  broken(socket: Socket, end: () => void): void {
    const line = this.#lines.get(socket);
    const isIdle = line == null || (line.waiting.length === 0 && isOver(line.current));
    if (isIdle) {
      end();
      return;
    }
    const turn: Turn = { request: null, run: end };
    const last = line.waiting.at(-1)?.request;
    if (last?.complete === false) line.waiting.splice(-1, 1, turn);
    else if (!line.isClosing) this.#wait(line, socket, turn);
    line.isClosing = true;
  }

  #queue(line: Line, request: IncomingMessage, response: ServerResponse): void {
    line.isClosing = line.waiting.length === MOST_WAITING - 1;
    if (line.isClosing) response.setHeader("Connection", "close");
    const run = () => {
      line.current = response;
      this.#serve(request, response);
    };
    this.#wait(line, request.socket, { request, run });
  }

  #wait(line: Line, socket: Socket, turn: Turn): void {
    line.waiting.push(turn);
    if (line.waiting.length === 1) line.current.once("close", () => this.#next(line, socket));
    // node:http has the connection read on as soon as it has parsed a request.
    process.nextTick(() => line.waiting.length > 0 && socket.pause());
  }

  #next(line: Line, socket: Socket): void {
    // An answer may have ended the connection: what is behind it could be told nothing, and is not begun.
    const turn = socket.writable ? line.waiting.shift() : undefined;
    if (turn === undefined) {
      line.waiting.length = 0;
      return;
    }
    turn.run();
    if (line.waiting.length > 0) line.current.once("close", () => this.#next(line, socket));
    else socket.resume();
  }
}

/** Whether nothing more comes of it, or its body will never have come whole. */
const isOver = ({ writableFinished, req }: ServerResponse) => writableFinished || !req.complete;
