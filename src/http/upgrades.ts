/**
 * WebSockets (RFC 6455): `GET screen/TICKET` and `GET serial/TICKET`, for whoever has a ticket. A browser can send no `Authorization` with one, and sends
 * its cookies whatever page asks: so nothing but the ticket counts, and the page has to be one of this very origin.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { WebSocketServer } from "ws";
import type { Viewings, ViewKind } from "../api/viewing.ts";
import { auth, failed, LodgeError } from "../base/errors.ts";
import type { AnonymousRates } from "./anonymous-rates.ts";
import { bareAnswer } from "./bare-answer.ts";
import { Door } from "./door.ts";
import type { Forwarded } from "./forwarded.ts";
import { requestIdOf } from "./request-id.ts";

const PATH = /^\/+(screen|serial)\/+([\w-]{1,128})\/*$/;

/** What one of them may have on its way to who looks, and all of them together. */
const MOST_IN_FLIGHT = 2 ** 20;
const MOST_IN_FLIGHT_IN_ALL = 64 * 2 ** 20;
/** What may come in one message: a screen's text to paste; what is typed, or a piece of what is pasted. */
const MOST_MESSAGE_BYTES: Readonly<Record<ViewKind, number>> = { screen: 2 ** 20, serial: 2 ** 16 };
/** How long a caller may take to read why they are refused. */
const LINGER_MS = 2_000;

type Dependencies = {
  readonly viewings: Viewings;
  readonly anonymous: AnonymousRates;
  readonly forwarded: Forwarded;
  readonly logger: Logger | undefined;
};

/** Whether the request asks for a WebSocket of ours; an upgrade to anything else is left out, as HTTP allows. */
export const isUpgrade = ({ method, url = "", headers }: IncomingMessage): boolean =>
  method === "GET" && headers.upgrade?.toLowerCase() === "websocket" && PATH.test(url);

export class Upgrades {
  readonly #dependencies: Dependencies;
  readonly #doors = new Set<Door>();
  readonly #servers = new Map<ViewKind, WebSocketServer>();
  #isClosed = false;

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  /** How many are open. */
  get open(): number {
    return this.#doors.size;
  }

  /** Takes the connection over, or refuses it. */
  handle(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const requestId = requestIdOf(request.headers["x-request-id"]);
    this.#take(request, socket, head).catch((error: unknown) => {
      const refused =
        error instanceof LodgeError ? error : failed("the server could not be shown", { cause: error });
      const { logger } = this.#dependencies;
      if (error === refused) logger?.debug({ requestId, code: refused.code }, "request refused");
      else logger?.error({ requestId, err: error }, "request failed");
      socket.end(bareAnswer(refused, requestId));
      const late = setTimeout(() => socket.destroy(), LINGER_MS);
      socket.once("close", () => clearTimeout(late));
    });
  }

  /** Ends all of them; none begins from now on. */
  close(): void {
    this.#isClosed = true;
    for (const door of this.#doors) door.leave();
  }

  async #take(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const { viewings, forwarded } = this.#dependencies;
    const address = forwarded.addressOf(request);
    this.#ensureOwnPage(request, address);
    const [, word, ticket = ""] = PATH.exec(request.url ?? "") ?? [];
    const kind = word === "serial" ? word : "screen";
    const viewing = await viewings.open(kind, ticket, address).catch((error: unknown) => {
      throw this.#counted(error, address);
    });
    try {
      const server = await this.#webSockets(kind);
      if (this.#isClosed) throw new LodgeError("system", "the cloud is being stopped", { code: "stopping" });
      if (!socket.writable) throw new Error("who asked for it has gone");
      server.handleUpgrade(request, socket, head, (webSocket) =>
        this.#carry(new Door(webSocket, viewing, this.#share)),
      );
      // One that was no handshake was refused, and its connection ended.
      if (socket.destroyed || socket.writableEnded) viewing.end();
    } catch (error) {
      viewing.end();
      throw error;
    }
  }

  /** Errors: `auth`, a page of another origin asks. What is no browser names none. */
  #ensureOwnPage({ headers }: IncomingMessage, address: string): void {
    const { origin, host } = headers;
    if (origin === undefined) return;
    if (URL.canParse(origin) && new URL(origin).host === host) return;
    throw this.#counted(auth("credentials_wrong", "a page of another origin asks"), address);
  }

  /** The error, or that too many come from that address. */
  #counted(error: unknown, address: string): unknown {
    const isAnonymous = error instanceof LodgeError && error.type === "auth";
    return (isAnonymous ? this.#dependencies.anonymous.refusalOf(address, "other") : null) ?? error;
  }

  /** Of as many as there are, one's share of what is on the way in all. */
  readonly #share = (): number =>
    Math.min(MOST_IN_FLIGHT, Math.floor(MOST_IN_FLIGHT_IN_ALL / this.#doors.size));

  #carry(door: Door): void {
    this.#doors.add(door);
    void door.carry().then(() => this.#doors.delete(door));
  }

  /** The library is loaded when somebody looks at a server first: a start takes no longer for it. */
  async #webSockets(kind: ViewKind): Promise<WebSocketServer> {
    const { WebSocketServer: Server } = await import("ws");
    const server =
      this.#servers.get(kind) ??
      new Server({
        ...{ noServer: true, clientTracking: false, perMessageDeflate: false },
        maxPayload: MOST_MESSAGE_BYTES[kind],
        handleProtocols: (offered) => (offered.has("binary") ? "binary" : false),
      });
    this.#servers.set(kind, server);
    return server;
  }
}
