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
import { Refusals } from "./refusals.ts";

/** How long who was refused may take to read it. */
const LINGER_MS = 1_000;
/** How many of those there may be; further ones are hung up on without a word. */
const MOST_LINGERING = 32;

/** Connections that are open, how many may be, and how many were refused up to now. */
export type ConnectionFigures = { readonly open: number; readonly most: number; readonly refused: number };

export class Connections {
  readonly #shares: FairShares;
  readonly #refusals: Refusals;
  readonly #mostLingering: number;
  #lingering = 0;

  /** @param isTls whether callers speak TLS: who is refused could not read a word, and is hung up on */
  constructor(most: number, logger: Logger | undefined, isTls = false) {
    // One is always left free.
    this.#shares = new FairShares(most + 1);
    this.#refusals = new Refusals(logger, "connections are refused: too many are open");
    this.#mostLingering = isTls ? 0 : MOST_LINGERING;
  }

  /** How many are open, but for those that were refused. */
  get open(): number {
    return this.#shares.taken;
  }

  get figures(): ConnectionFigures {
    return { open: this.open, most: this.#shares.total - 1, refused: this.#refusals.inAll };
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
    this.#refusals.count({ last: prefix, open: this.open });
    if (this.#lingering >= this.#mostLingering) {
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
}
