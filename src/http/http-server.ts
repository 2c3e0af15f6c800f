/** The server as its owner has it: where it listens, and how it ends. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "pino";
import { nameIn } from "../base/certificate.ts";
import { hostAndPort } from "../base/networks.ts";
import { cannotListen } from "./cannot-listen.ts";
import type { Drain } from "./drain.ts";
import type { HttpFigures } from "./figures.ts";
import type { Handshakes } from "./handshakes.ts";
import type { Health } from "./health.ts";
import type { InOrder } from "./in-order.ts";
import type { Streams } from "./streams.ts";
import type { TlsFiles } from "./tls-files.ts";
import type { Upgrades } from "./upgrades.ts";

/** How long requests under way may go on once the server closes. */
const CLOSING_MS = 10_000;

/** Node's server, and what of it ends in a way of its own. */
type Parts = {
  readonly server: Server;
  readonly inOrder: InOrder;
  readonly drain: Drain;
  readonly upgrades: Upgrades;
  readonly streams: Streams;
  /** Undefined where it speaks in clear. */
  readonly tls: { readonly files: TlsFiles; readonly handshakes: Handshakes } | undefined;
  /** Whether callers are to be led here. */
  readonly health: Health;
  readonly figures: () => HttpFigures;
  readonly logger: Logger | undefined;
};

/** An HTTP server that is to be started. */
export class HttpServer {
  readonly #parts: Parts;
  #ended: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** What it has done since it was opened, and holds now. */
  get figures(): HttpFigures {
    return this.#parts.figures();
  }

  /**
   * Answers where it listens, `http://HOST:PORT`; over TLS by a name that its certificate has. Errors: `failed`, which says
   * why it cannot; the system's.
   */
  async listen(at: { readonly host: string; readonly port: number }): Promise<string> {
    const { server, tls } = this.#parts;
    await once(server.listen(at), "listening").catch((error) => {
      throw cannotListen(error, at, "--listen / LODGE_LISTEN");
    });
    const { address, port } = server.address() as AddressInfo;
    const host = tls === undefined ? address : nameIn(tls.files.current, address);
    return `${tls === undefined ? "http" : "https"}://${hostAndPort(host, port)}`;
  }

  /**
   * Lets the requests under way end, for so long at most; those that come meanwhile are 503. Then all connections are cut, and
   * nothing listens. Called again, it may shorten the time.
   */
  async close(withinMs = CLOSING_MS): Promise<void> {
    const { server, drain, inOrder, streams, health } = this.#parts;
    health.stop();
    if (!server.listening) return;
    // What has no end of its own is not waited for.
    streams.close();
    await drain.drain(inOrder.current(), withinMs);
    this.#ended ??= this.#end();
    await this.#ended;
  }

  async #end(): Promise<void> {
    const { server, drain, upgrades, tls, logger } = this.#parts;
    const requests = drain.underWay;
    if (requests > 0) logger?.warn({ requests }, "requests that are still under way are cut off");
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    upgrades.close();
    tls?.handshakes.cut();
    await closed;
  }
}
