/**
 * Failed logins: each account and each address may have so many in a minute, and what is beyond that is answered 429, with
 * its connection closed, and not compared any further than the answer shows. Who has the right key is let in all the same,
 * at once: others' failures, from behind the same address or with the same account's name, must lock nobody out, and a key
 * of 256 random bits is not found by trying (`accounts/users.ts`).
 *
 * Each is logged, but for those beyond the rate, which are counted in a line a minute.
 */
import type { Logger } from "pino";
import { MINUTE_MS } from "../base/durations.ts";
import { type auth, LodgeError } from "../base/errors.ts";
import { parseUuid } from "../base/ids.ts";
import { addressPrefix } from "./address-prefix.ts";
import { RateTable } from "./rate-table.ts";

/** Who failed to log in: the address, and the name that they gave, if any. */
export type Failed = { readonly address: string; readonly name: string | null };

export class FailedLogins {
  readonly #rates: RateTable;
  readonly #logger: Logger | undefined;
  #unlogged = 0;
  #summedUpMs: number;

  constructor(perMinute: number, logger: Logger | undefined, nowMs: number) {
    this.#rates = new RateTable(perMinute);
    this.#logger = logger;
    this.#summedUpMs = nowMs;
  }

  /** What is answered to one more: `refusal` while it is within the rates. Errors are answered, not thrown. */
  answerTo({ address, name }: Failed, refusal: ReturnType<typeof auth>, nowMs: number): LodgeError {
    const account = name === null ? null : parseUuid(name);
    const keys = [`address ${addressPrefix(address)}`, ...(account === null ? [] : [`account ${account}`])];
    const waitMs = Math.max(...keys.map((key) => this.#rates.take(key, nowMs)));
    this.#sumUp(nowMs);
    if (waitMs === 0) {
      // A name that is no uuid may be a password that was typed into the wrong place.
      this.#logger?.warn({ address, account, code: refusal.code }, "login failed");
      return refusal;
    }
    this.#unlogged++;
    const retryAfterS = Math.ceil(waitMs / 1000);
    return new LodgeError("busy", `too many logins have failed: come again in ${retryAfterS} s`, {
      code: "too_many_failed_logins",
      retryAfterS,
    });
  }

  #sumUp(nowMs: number): void {
    if (nowMs - this.#summedUpMs < MINUTE_MS) return;
    if (this.#unlogged > 0)
      this.#logger?.warn({ count: this.#unlogged }, "more logins failed than are logged");
    this.#unlogged = 0;
    this.#summedUpMs = nowMs;
  }
}
