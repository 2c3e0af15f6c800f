/** Sessions that are lent to one transaction at a time, opened as they are needed, at most so many. */
import { StoreUnavailable } from "../../base/store-errors.ts";
import type { Connector } from "./connector.ts";
import type { Session, SessionOptions } from "./session.ts";

type Waiting = {
  readonly lend: (session: Session | null) => void;
  readonly fail: (error: Error) => void;
};

export class SessionPool {
  readonly #connector: Connector;
  readonly #options: SessionOptions;
  readonly #most: number;
  readonly #idle: Session[];
  readonly #lent = new Set<Session>();
  readonly #waiting: Waiting[] = [];
  /** How many are lent, idle or being opened. */
  #count: number;
  #closed = false;

  /** @param opened sessions that are open already, with these options; they are the pool's from now on */
  constructor(connector: Connector, most: number, options: SessionOptions, opened: readonly Session[] = []) {
    this.#connector = connector;
    this.#most = most;
    this.#options = options;
    this.#idle = [...opened];
    this.#count = opened.length;
  }

  /** Lends a session. Errors: `StoreUnavailable`, also when none is given back within a statement's time. */
  async acquire(): Promise<Session> {
    if (this.#closed) throw new StoreUnavailable("lost", "the store was closed");
    for (let session = this.#idle.pop(); session !== undefined; session = this.#idle.pop()) {
      if (session.isOpen) return this.#lend(session);
      this.#count--;
    }
    if (this.#count >= this.#most) {
      const session = await this.#next();
      if (session !== null) return this.#lend(session);
    } else this.#count++;
    try {
      return this.#lend(await this.#connector.open(this.#options));
    } catch (error) {
      this.#give(null);
      throw error;
    }
  }

  /** Takes a session back; one that is not open any more makes room for another. */
  release(session: Session): void {
    this.#lent.delete(session);
    this.#give(session.isOpen ? session : null);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const error = new StoreUnavailable("lost", "the store was closed");
    for (const { fail } of this.#waiting.splice(0)) fail(error);
    await Promise.all([...this.#idle.splice(0), ...this.#lent].map((session) => session.end()));
  }

  async #lend(session: Session): Promise<Session> {
    if (this.#closed) await session.end();
    this.#lent.add(session);
    return session;
  }

  /** Waits for a session that is given back; null is the right to open one. */
  #next(): Promise<Session | null> {
    const { promise, resolve, reject } = Promise.withResolvers<Session | null>();
    const waiting: Waiting = { lend: resolve, fail: reject };
    this.#waiting.push(waiting);
    const timer = setTimeout(() => {
      const index = this.#waiting.indexOf(waiting);
      if (index < 0) return;
      this.#waiting.splice(index, 1);
      reject(new StoreUnavailable("late", "no connection to the database came free in time"));
    }, this.#options.statementTimeoutMs);
    return promise.finally(() => clearTimeout(timer));
  }

  #give(session: Session | null): void {
    const next = this.#waiting.shift();
    if (next !== undefined) next.lend(session);
    else if (session === null) this.#count--;
    else if (this.#closed) void session.end();
    else this.#idle.push(session);
  }
}
