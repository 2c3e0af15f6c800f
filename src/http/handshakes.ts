/**
 * TLS handshakes, each of which costs the daemon about as much as hundreds of requests, before anybody has said who they
 * are: how long one may take, how many are under way at once, over all and for one address, and how many an address may
 * have in a minute.
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import { usage } from "../base/errors.ts";
import { FairShares, type GiveBackShare } from "../base/fair-shares.ts";
import { addressPrefix } from "./address-prefix.ts";
import { bareAnswer } from "./bare-answer.ts";
import { RateTable } from "./rate-table.ts";
import { Refusals } from "./refusals.ts";
import { runsOver } from "./reset.ts";

export type HandshakeLimits = {
  /** How long one may take. */
  readonly headersMs: number;
  /** How many are under way at once; one address alone may have a half. */
  readonly handshakes: number;
  /** Of one address. */
  readonly handshakesPerMinute: number;
};

/** Node's error where HTTP came in the place of TLS. */
const PLAIN_HTTP = "ERR_SSL_HTTP_REQUEST";

type UnderWay = { readonly raw: Socket; readonly late: NodeJS.Timeout; readonly giveBack: GiveBackShare };

export class Handshakes {
  readonly #limits: HandshakeLimits;
  readonly #shares: FairShares;
  readonly #rates: RateTable;
  readonly #refusals: Refusals;
  readonly #logger: Logger | undefined;
  /** By the two ends of the connection, which name it while it is open. */
  readonly #underWay = new Map<string, UnderWay>();

  constructor(limits: HandshakeLimits, logger: Logger | undefined) {
    this.#limits = limits;
    // One is always left free.
    this.#shares = new FairShares(limits.handshakes + 1);
    this.#rates = new RateTable(limits.handshakesPerMinute);
    this.#refusals = new Refusals(logger, "TLS handshakes are refused: too many come");
    this.#logger = logger;
  }

  /** Bounds the handshakes of a server's connections; `admit` says of each whether it may be. */
  guard(server: Server, admit: (raw: Socket) => boolean): void {
    server.on("connection", (raw: Socket) => admit(raw) && this.#begin(raw));
    server.on("secureConnection", (secure: Socket) => {
      const raw = this.#underWay.get(endsOf(secure))?.raw;
      if (raw === undefined) return;
      this.#end(endsOf(secure), raw);
      runsOver(secure, raw);
    });
    server.on("tlsClientError", (error: NodeJS.ErrnoException, secure: Socket) => {
      this.#logger?.debug({ address: secure.remoteAddress, err: error }, "a TLS handshake failed");
      if (error.code === PLAIN_HTTP) this.#underWay.get(endsOf(secure))?.raw.write(bareAnswer(NOT_PLAIN));
    });
  }

  /** Cuts those that are under way. */
  cut(): void {
    for (const { raw } of this.#underWay.values()) raw.destroy();
  }

  #begin(raw: Socket): void {
    const prefix = addressPrefix(raw.remoteAddress ?? "");
    const waitMs = this.#rates.take(prefix, performance.now());
    const giveBack = waitMs === 0 ? this.#shares.tryTake(prefix, 1) : null;
    if (giveBack === null) {
      this.#refusals.count({ last: prefix });
      raw.destroy();
      return;
    }
    const ends = endsOf(raw);
    const late = setTimeout(() => raw.destroy(), this.#limits.headersMs);
    this.#underWay.set(ends, { raw, late, giveBack });
    raw.once("close", () => this.#end(ends, raw));
  }

  #end(ends: string, raw: Socket): void {
    const underWay = this.#underWay.get(ends);
    if (underWay?.raw !== raw) return;
    this.#underWay.delete(ends);
    clearTimeout(underWay.late);
    underWay.giveBack();
  }
}

const NOT_PLAIN = usage("malformed_http", "this port speaks TLS: the address begins with https://");

const endsOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket) =>
  `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
