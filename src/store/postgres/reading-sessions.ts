/**
 * Sessions for reads outside of transactions: a few that all share, each of which has many questions under way at once,
 * since PostgreSQL answers what is sent before it has answered the last. A read that lost its session is tried on
 * another once, as it changes nothing.
 */
import { StoreUnavailable } from "../../base/store-errors.ts";
import type { Connector } from "./connector.ts";
import type { Session, SessionOptions } from "./session.ts";

export class ReadingSessions {
  readonly #connector: Connector;
  readonly #options: SessionOptions;
  readonly #sessions: (Promise<Session> | undefined)[];
  #turn = 0;
  #closed = false;

  constructor(connector: Connector, count: number, options: SessionOptions) {
    this.#connector = connector;
    this.#options = options;
    this.#sessions = new Array(count).fill(undefined);
  }

  /** Errors: `StoreUnavailable`; the server's. */
  async rows<Row>(statement: string, values: readonly unknown[]): Promise<readonly Row[]> {
    try {
      return await (await this.#session()).rows<Row>(statement, values);
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || error.reason !== "lost" || this.#closed) throw error;
      return await (await this.#session()).rows<Row>(statement, values);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#sessions.map(async (session) => (await session?.catch(() => null))?.end()));
  }

  /** The next session in turn, opened by whoever finds first that there is none. */
  async #session(): Promise<Session> {
    if (this.#closed) throw new StoreUnavailable("lost", "the store was closed");
    this.#turn = (this.#turn + 1) % this.#sessions.length;
    const place = this.#turn;
    const known = this.#sessions[place];
    const session = await known?.catch(() => undefined);
    if (session?.isOpen) return session;
    const opened = this.#sessions[place];
    if (opened !== known && opened !== undefined) return opened;
    const opening = this.#connector.open(this.#options);
    this.#sessions[place] = opening;
    return opening;
  }
}
