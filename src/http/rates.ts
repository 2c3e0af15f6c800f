/**
 * How much an account may ask in a minute: requests, bytes in and out, objects that it makes. Whoever asks for more is
 * told 429, and when to come again; what others ask is not counted with it.
 */
import type { Socket } from "node:net";
import type { Command, Owner } from "../api/command.ts";
import { LodgeError } from "../base/errors.ts";
import { TokenBucket } from "../base/token-bucket.ts";
import type { Exchange } from "./exchange.ts";

/** What one account may have in a minute, and at once as much as that. */
export type Rates = { readonly requests: number; readonly bytes: number; readonly objects: number };

/** The buckets of one account. */
type Account = { readonly [What in keyof Rates]: TokenBucket };

/** How often the bytes of a connection are read off it: that costs more than all else here. */
const SETTLE_MS = 100;

/** How many accounts are remembered; the one that came first makes way. */
const MOST_ACCOUNTS = 10_000;

const SENTENCES: Readonly<Record<keyof Rates, string>> = {
  requests: "you ask for more than this cloud answers one account in a minute",
  bytes: "you move more bytes than this cloud moves for one account in a minute",
  objects: "you make more objects than this cloud makes for one account in a minute",
};

/** What a connection has moved, and for which account it moves it. */
class Meter {
  readonly #socket: Socket;
  #account: Account;
  #counted: number;
  #settledMs = Number.NEGATIVE_INFINITY;

  constructor(socket: Socket, account: Account) {
    this.#socket = socket;
    this.#account = account;
    this.#counted = movedBy(socket);
  }

  /** Charges what was moved since the last time; what comes from now on is the account's. */
  settle(account: Account, nowMs: number): void {
    if (account === this.#account && nowMs - this.#settledMs < SETTLE_MS) return;
    this.#settledMs = nowMs;
    const moved = movedBy(this.#socket);
    this.#account.bytes.charge(moved - this.#counted, nowMs);
    this.#counted = moved;
    this.#account = account;
  }

  close(): void {
    this.#settledMs = Number.NEGATIVE_INFINITY;
    this.settle(this.#account, performance.now());
  }
}

const movedBy = (socket: Socket) => socket.bytesRead + socket.bytesWritten;

export class RateLimits {
  readonly #rates: Rates;
  readonly #accounts = new Map<string, Account>();
  readonly #meters = new WeakMap<Socket, Meter>();

  constructor(rates: Rates) {
    this.#rates = rates;
  }

  /**
   * Counts the request. Bytes are counted by their connection, once they were moved: with the next request on it, or with
   * its end. Errors: `busy` with status 429, which says when there is room again.
   *
   * @param nowMs of a clock that only goes forward
   */
  admit({ user }: Owner, command: Command | null, { request: { socket } }: Exchange, nowMs: number): void {
    const account = this.#accounts.get(user) ?? this.#remember(user, nowMs);
    const meter = this.#meters.get(socket);
    if (meter === undefined) this.#meter(socket, account);
    else meter.settle(account, nowMs);
    ensureIn(account, "requests", 1, nowMs);
    ensureIn(account, "bytes", 0, nowMs);
    if (command?.creates === true) ensureIn(account, "objects", 1, nowMs);
  }

  #remember(user: string, nowMs: number): Account {
    const { requests, bytes, objects } = this.#rates;
    const account = {
      requests: new TokenBucket(requests, nowMs),
      bytes: new TokenBucket(bytes, nowMs),
      objects: new TokenBucket(objects, nowMs),
    };
    const [first] = this.#accounts.size < MOST_ACCOUNTS ? [] : this.#accounts.keys();
    if (first !== undefined) this.#accounts.delete(first);
    this.#accounts.set(user, account);
    return account;
  }

  #meter(socket: Socket, account: Account): void {
    const meter = new Meter(socket, account);
    this.#meters.set(socket, meter);
    socket.once("close", () => meter.close());
  }
}

function ensureIn(account: Account, what: keyof Rates, count: number, nowMs: number): void {
  const waitMs = account[what].take(count, nowMs);
  if (waitMs === 0) return;
  const retryAfterS = Math.ceil(waitMs / 1000);
  throw new LodgeError("busy", `${SENTENCES[what]}: come again in ${retryAfterS} s`, {
    code: "rate_exceeded",
    retryAfterS,
  });
}
