/** Opens sessions with a database that may move between several hosts: the one that served last is tried first. */
import { StoreUnavailable } from "../../base/store-errors.ts";
import type { DatabaseUrl } from "./database-url.ts";
import { Session, type SessionOptions } from "./session.ts";

export class Connector {
  readonly #url: DatabaseUrl;
  #served = 0;

  constructor(url: DatabaseUrl) {
    this.#url = url;
  }

  /** Errors: `StoreUnavailable`, with what each host said. */
  async open(options: SessionOptions): Promise<Session> {
    const { addresses } = this.#url;
    const errors: Error[] = [];
    for (let step = 0; step < addresses.length; step++) {
      const index = (this.#served + step) % addresses.length;
      const address = addresses[index];
      if (address === undefined) continue;
      try {
        const session = await Session.open(this.#url, address, options);
        this.#served = index;
        return session;
      } catch (error) {
        errors.push(error as Error);
      }
    }
    const [only, ...more] = errors;
    if (only instanceof StoreUnavailable && more.length === 0) throw only;
    const message = errors.map((error) => error.message).join("; ");
    throw new StoreUnavailable("lost", message, { cause: new AggregateError(errors) });
  }
}
