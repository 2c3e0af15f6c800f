/**
 * How many connections there may be, over all and for one address: each takes a descriptor, and the daemon's own files
 * and sockets need theirs, whoever asks for what. No address takes so many that none is left for the next.
 */
import type { Socket } from "node:net";
import type { Logger } from "pino";
import { busy } from "../base/errors.ts";
import { FairShares } from "../base/fair-shares.ts";
import { addressPrefix } from "./address-prefix.ts";
import { bareAnswer } from "./bare-answer.ts";

/** How long who was refused may take to read it. */
const LINGER_MS = 1_000;
/** How many of those there may be; further ones are hung up on without a word. */
const MOST_LINGERING = 32;
/** How often refusals are told. */
const TELL_EVERY_MS = 10_000;

/** Connections that are open, how many may be, and how many were refused up to now. */
export type ConnectionFigures = { readonly open: number; readonly most: number; readonly refused: number };

export class Connections {
  readonly #shares: FairShares;
  readonly #logger: Logger | undefined;
  #lingering = 0;
  #refused = 0;
  #refusedInAll = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(most: number, logger: Logger | undefined) {
    // One is always left free.
    this.#shares = new FairShares(most + 1);
    this.#logger = logger;
  }

  /** How many are open, but for those that were refused. */
  get open(): number {
    return this.#shares.taken;
  }

  get figures(): ConnectionFigures {
    return { open: this.open, most: this.#shares.total - 1, refused: this.#refusedInAll };
  }

  /** Counts the connection until it closes; answers whether it may be. One that may not is told so, and ended. */
  admit(socket: Socket): boolean {
    const { remoteAddress } = socket;
    const prefix = addressPrefix(remoteAddress ?? "");
    const giveBack = remoteAddress === undefined ? null : this.#shares.tryTake(prefix, 1);
    if (giveBack !== null) {
      socket.once("close", giveBack);
      return true;
    }
    this.#tell(prefix);
    if (this.#lingering >= MOST_LINGERING) {
      socket.destroy();
      return false;
    }
    this.#lingering++;
    const late = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once("close", () => {
      this.#lingering--;
      clearTimeout(late);
    });
    const refusal = busy(
      "too_many_connections",
      "too many connections are open: try it again when some of them are closed",
    );
    socket.on("error", () => socket.destroy()).end(bareAnswer(refusal));
    return false;
  }

  #tell(address: string): void {
    this.#refused++;
    this.#refusedInAll++;
    const nowMs = performance.now();
    if (nowMs < this.#toldAtMs + TELL_EVERY_MS) return;
    this.#toldAtMs = nowMs;
    const fields = { refused: this.#refused, last: address, open: this.open };
    this.#logger?.warn(fields, "connections are refused: too many are open");
    this.#refused = 0;
  }
}
