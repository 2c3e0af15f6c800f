/**
 * WebSockets (RFC 6455): `GET screen/TICKET`, for whoever has a ticket. A browser can send no `Authorization` with one, and sends
 * its cookies whatever page asks: so nothing but the ticket counts, and the page has to be one of this very origin.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { WebSocketServer } from "ws";
import type { Viewings } from "../api/viewing.ts";
import { auth, failed, LodgeError } from "../base/errors.ts";
import type { AnonymousRates } from "./anonymous-rates.ts";
import { bareAnswer } from "./bare-answer.ts";
import { Door } from "./door.ts";
import type { Forwarded } from "./forwarded.ts";
import { requestIdOf } from "./request-id.ts";

const PATH = /^\/+screen\/+([\w-]{1,128})\/*$/;

/** What one of them may have on its way to who looks, and all of them together. */
const MOST_IN_FLIGHT = 2 ** 20;
const MOST_IN_FLIGHT_IN_ALL = 64 * 2 ** 20;
/** What may come in one message: a screen's text to paste. */
const MOST_MESSAGE_BYTES = 2 ** 20;
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
  #server: WebSocketServer | undefined;
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
        error instanceof LodgeError ? error : failed("the screen could not be opened", { cause: error });
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
    const [, ticket = ""] = PATH.exec(request.url ?? "") ?? [];
    const viewing = await viewings.open(ticket, address).catch((error: unknown) => {
      throw this.#counted(error, address);
    });
    try {
      const server = await this.#webSockets();
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

  /** The library is loaded when somebody looks at a screen first: a start takes no longer for it. */
  async #webSockets(): Promise<WebSocketServer> {
    const { WebSocketServer: Server } = await import("ws");
    this.#server ??= new Server({
      ...{ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: MOST_MESSAGE_BYTES },
      handleProtocols: (offered) => (offered.has("binary") ? "binary" : false),
    });
    return this.#server;
  }
}
