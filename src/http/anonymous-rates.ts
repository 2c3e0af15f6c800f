/**
 * How many requests without credentials an address may send in a minute: questions of health, the description of the API,
 * and whatever is answered 401 or never becomes a request. Each costs the daemon about as much as one with credentials,
 * which is counted for its account.
 *
 * Files of the console are counted apart: whoever uses it loads many at once, while their logins are counted with the rest. So
 * are questions of health: whoever asks them on behalf of others, as a load balancer does, is
 * answered whatever else comes from its address.
 */
import type { Logger } from "pino";
import { LodgeError } from "../base/errors.ts";
import { addressPrefix } from "./address-prefix.ts";
import { RateTable } from "./rate-table.ts";
import { Refusals } from "./refusals.ts";

/** What comes without credentials. */
export type Anonymous = "health" | "console" | "other";

export class AnonymousRates {
  readonly #rates: Readonly<Record<Anonymous, RateTable>>;
  readonly #refusals: Refusals;
  readonly #nowMs: () => number;

  /**
   * @param perMinute of each address
   * @param nowMs a clock that only goes forward
   */
  constructor(perMinute: number, logger: Logger | undefined, nowMs: () => number = () => performance.now()) {
    this.#rates = {
      health: new RateTable(perMinute),
      console: new RateTable(perMinute),
      other: new RateTable(perMinute),
    };
    this.#refusals = new Refusals(logger, "requests without credentials are refused: too many come");
    this.#nowMs = nowMs;
  }

  /**
   * Counts one; answers null while it is within the rate, else what it is refused with: 429, and when there is room again.
   *
   * @param address where it comes from
   */
  refusalOf(address: string, what: Anonymous): LodgeError | null {
    const prefix = addressPrefix(address);
    const waitMs = this.#rates[what].take(prefix, this.#nowMs());
    if (waitMs === 0) return null;
    this.#refusals.count({ last: prefix });
    const retryAfterS = Math.ceil(waitMs / 1000);
    const sentence = `too many requests without credentials come from your address: come again in ${retryAfterS} s`;
    return new LodgeError("busy", sentence, { code: "too_many_anonymous", retryAfterS });
  }
}
