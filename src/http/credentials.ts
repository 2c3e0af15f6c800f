/**
 * HTTP Basic authentication: the user's UUID as the name, the secret API key as the password (spec: introduction).
 */
import type { Caller } from "../api/command.ts";
import { auth } from "../base/errors.ts";

/** Whose the secret is, or null when it is nobody's. Comparing secrets safely is its matter. */
export type Authenticate = (user: string, secret: string) => Promise<Caller | null>;

export type Credentials = {
  /** The caller whom `authorization` named a moment ago, or null when it has to be verified (again). */
  recall(authorization: string | undefined): Caller | null;
  /** The caller whom `authorization` names. Errors: `auth`. */
  verify(authorization: string | undefined): Promise<Caller>;
};

type Verified = { readonly caller: Caller; readonly untilMs: number };

/** A key that is withdrawn opens nothing once this has passed. */
const LIFETIME_MS = 5_000;
const LIMIT = 1024;

/**
 * Verifies credentials with `authenticate`, and remembers for a few seconds the headers that passed, a bounded number
 * of them, so that a client's stream of requests is verified once. Refusals are not remembered.
 */
export function rememberCredentials(
  authenticate: Authenticate,
  nowMs: () => number = () => performance.now(),
): Credentials {
  const verified = new Map<string, Verified>();

  function remember(authorization: string, caller: Caller): void {
    verified.delete(authorization);
    const [oldest] = verified.size < LIMIT ? [] : verified.keys();
    if (oldest !== undefined) verified.delete(oldest);
    verified.set(authorization, { caller, untilMs: nowMs() + LIFETIME_MS });
  }

  return {
    recall(authorization) {
      const found = authorization === undefined ? undefined : verified.get(authorization);
      return found !== undefined && nowMs() < found.untilMs ? found.caller : null;
    },
    async verify(authorization) {
      if (authorization === undefined) {
        throw auth("credentials are missing: HTTP Basic takes your user's UUID and your secret API key");
      }
      const named = readBasic(authorization);
      if (named === null) {
        throw auth("the Authorization header is malformed: HTTP Basic takes USER:SECRET in base64");
      }
      const caller = await authenticate(named.user, named.secret);
      if (caller === null) throw auth("no user has this UUID with this secret API key");
      remember(authorization, caller);
      return caller;
    },
  };
}

/** The two halves of a Basic header (RFC 7617, section 2), or null when it is none. */
function readBasic(authorization: string): { user: string; secret: string } | null {
  const token = /^basic +([a-z0-9+/_-]+={0,2}) *$/i.exec(authorization)?.[1];
  if (token === undefined) return null;
  const decoded = Buffer.from(token, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  return colon === -1 ? null : { user: decoded.slice(0, colon), secret: decoded.slice(colon + 1) };
}
