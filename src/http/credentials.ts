/**
 * HTTP Basic authentication: the user's UUID as the name, the secret API key as the password (spec: introduction).
 */
import type { Caller } from "../api/command.ts";
import { auth } from "../base/errors.ts";
import type { AnonymousRates } from "./anonymous-rates.ts";
import type { FailedLogins } from "./failed-logins.ts";

/** Whose the secret is, or null when it is nobody's. Comparing secrets safely is its matter. */
export type Authenticate = (user: string, secret: string) => Promise<Caller | null>;

/** Who counts those that are not let in: without credentials, and with wrong ones. */
type Refused = { readonly anonymous: AnonymousRates; readonly failed: FailedLogins };

type Verified = { readonly caller: Caller; readonly untilMs: number };

/** A key that is withdrawn opens nothing once this has passed. */
const LIFETIME_MS = 5_000;
/** How many headers are remembered, of all users and of each; the one that was verified longest ago makes way. */
const LIMIT = 1024;
const LIMIT_OF_USER = 16;
/** One that is longer is verified each time: a user can write the same credentials in many and long ways. */
const MOST_CHARACTERS = 256;

/**
 * Verifies credentials with `authenticate`, and remembers for a few seconds the headers that passed, a bounded number
 * of them, so that a client's stream of requests is verified once. Refusals are not remembered, but counted.
 */
export class Credentials {
  readonly #authenticate: Authenticate;
  readonly #anonymous: AnonymousRates;
  readonly #failed: FailedLogins;
  readonly #nowMs: () => number;
  readonly #verified = new Map<string, Verified>();
  /** The remembered headers of each user, the one that was verified longest ago first. */
  readonly #ofUser = new Map<string, Set<string>>();

  /** @param nowMs a clock that only goes forward */
  constructor(
    authenticate: Authenticate,
    { anonymous, failed }: Refused,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#authenticate = authenticate;
    this.#anonymous = anonymous;
    this.#failed = failed;
    this.#nowMs = nowMs;
  }

  /** The caller whom `authorization` named a moment ago, or null when it has to be verified (again). */
  recall(authorization: string | undefined, nowMs = this.#nowMs()): Caller | null {
    const found = authorization === undefined ? undefined : this.#verified.get(authorization);
    return found !== undefined && nowMs < found.untilMs ? found.caller : null;
  }

  /**
   * The caller whom `authorization` names. Errors: `auth`; `busy` with status 429 where too many have failed, or
   * came without any.
   *
   * @param address where the request comes from
   */
  async verify(authorization: string | undefined, address: string): Promise<Caller> {
    if (authorization === undefined) {
      const missing = "credentials are missing: HTTP Basic takes your user's UUID and your secret API key";
      throw this.#anonymous.refusalOf(address, "other") ?? auth("credentials_missing", missing);
    }
    const named = readBasic(authorization);
    if (named === null) {
      const malformed = "the Authorization header is malformed: HTTP Basic takes USER:SECRET in base64";
      const refusal = auth("credentials_malformed", malformed);
      throw this.#failed.answerTo({ address, name: null }, refusal, this.#nowMs());
    }
    const caller = await this.#authenticate(named.user, named.secret);
    if (caller === null) {
      const refusal = auth("credentials_wrong", "no user has this UUID with this secret API key");
      throw this.#failed.answerTo({ address, name: named.user }, refusal, this.#nowMs());
    }
    this.#remember(authorization, caller);
    return caller;
  }

  #remember(authorization: string, caller: Caller): void {
    if (authorization.length > MOST_CHARACTERS) return;
    this.#forget(authorization);
    const own = this.#ofUser.get(caller.user) ?? new Set();
    const [oldestOwn] = own.size < LIMIT_OF_USER ? [] : own;
    const [oldest] = this.#verified.size < LIMIT ? [] : this.#verified.keys();
    this.#forget(oldestOwn ?? oldest);
    this.#ofUser.set(caller.user, own.add(authorization));
    this.#verified.set(authorization, { caller, untilMs: this.#nowMs() + LIFETIME_MS });
  }

  #forget(authorization: string | undefined): void {
    const known = authorization === undefined ? undefined : this.#verified.get(authorization);
    if (known === undefined || authorization === undefined) return;
    this.#verified.delete(authorization);
    const own = this.#ofUser.get(known.caller.user);
    own?.delete(authorization);
    if (own?.size === 0) this.#ofUser.delete(known.caller.user);
  }
}

/** The two halves of a Basic header (RFC 7617, section 2), or null when it is none. */
function readBasic(authorization: string): { user: string; secret: string } | null {
  const token = /^basic +([a-z0-9+/_-]+={0,2}) *$/i.exec(authorization)?.[1];
  if (token === undefined) return null;
  const decoded = Buffer.from(token, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  return colon === -1 ? null : { user: decoded.slice(0, colon), secret: decoded.slice(colon + 1) };
}
