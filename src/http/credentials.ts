/**
 * HTTP Basic authentication: the user's UUID as the name, the secret API key as the password (spec: introduction).
 */
import type { Caller } from "../api/command.ts";
import { auth } from "../base/errors.ts";

/** Whose the secret is, or null when it is nobody's. Comparing secrets safely is its matter. */
export type Authenticate = (user: string, secret: string) => Promise<Caller | null>;

type Verified = { readonly caller: Caller; readonly untilMs: number };

/** A key that is withdrawn opens nothing once this has passed. */
const LIFETIME_MS = 5_000;
/** How many headers are remembered; the one that was verified longest ago makes way. */
const LIMIT = 1024;

/**
 * Verifies credentials with `authenticate`, and remembers for a few seconds the headers that passed, a bounded number
 * of them, so that a client's stream of requests is verified once. Refusals are not remembered.
 */
export class Credentials {
  readonly #authenticate: Authenticate;
  readonly #nowMs: () => number;
  readonly #verified = new Map<string, Verified>();

  /** @param nowMs a clock that only goes forward */
  constructor(authenticate: Authenticate, nowMs: () => number = () => performance.now()) {
    this.#authenticate = authenticate;
    this.#nowMs = nowMs;
  }

  /** The caller whom `authorization` named a moment ago, or null when it has to be verified (again). */
  recall(authorization: string | undefined): Caller | null {
    const found = authorization === undefined ? undefined : this.#verified.get(authorization);
    return found !== undefined && this.#nowMs() < found.untilMs ? found.caller : null;
  }

  /** The caller whom `authorization` names. Errors: `auth`. */
  async verify(authorization: string | undefined): Promise<Caller> {
    if (authorization === undefined) {
      throw auth(
        "credentials_missing",
        "credentials are missing: HTTP Basic takes your user's UUID and your secret API key",
      );
    }
    const named = readBasic(authorization);
    if (named === null) {
      throw auth(
        "credentials_malformed",
        "the Authorization header is malformed: HTTP Basic takes USER:SECRET in base64",
      );
    }
    const caller = await this.#authenticate(named.user, named.secret);
    if (caller === null) throw auth("credentials_wrong", "no user has this UUID with this secret API key");
    this.#remember(authorization, caller);
    return caller;
  }

  #remember(authorization: string, caller: Caller): void {
    this.#verified.delete(authorization);
    const [oldest] = this.#verified.size < LIMIT ? [] : this.#verified.keys();
    if (oldest !== undefined) this.#verified.delete(oldest);
    this.#verified.set(authorization, { caller, untilMs: this.#nowMs() + LIFETIME_MS });
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
