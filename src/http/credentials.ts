/**
 * HTTP Basic authentication: the user's UUID as the name, the secret API key as the password (spec: introduction).
 */
import type { Caller, Login } from "../api/command.ts";
import { auth } from "../base/errors.ts";
import { parseUuid, type UserId } from "../base/ids.ts";
import type { Accounts } from "./accounts.ts";
import type { AnonymousRates } from "./anonymous-rates.ts";
import type { FailedLogins } from "./failed-logins.ts";

/** Who counts those that are not let in: without credentials, and with wrong ones. */
type Refused = { readonly anonymous: AnonymousRates; readonly failed: FailedLogins };

type Verified = { readonly caller: Caller; readonly untilMs: number };

/** The remembered headers of a user, the one that was verified longest ago first, and what ends listening for changes. */
type Remembered = { readonly headers: Set<string>; readonly endListening: () => void };

/** How long one is remembered; less where its key ends sooner. */
const LIFETIME_MS = 5_000;
/** How many headers are remembered, of all users and of each; the one that was verified longest ago makes way. */
const LIMIT = 1024;
const LIMIT_OF_USER = 16;
/** One that is longer is verified each time: a user can write the same credentials in many and long ways. */
const MOST_CHARACTERS = 256;

/**
 * Verifies credentials, and remembers for a few seconds the headers that passed, a bounded number of them, so that a
 * client's stream of requests is verified once. Refusals are not remembered, but counted. What is remembered of a user is
 * forgotten as soon as a key of theirs ends or their account changes, in whatever process.
 */
export class Credentials {
  readonly #accounts: Pick<Accounts, "authenticate" | "onChange">;
  readonly #anonymous: AnonymousRates;
  readonly #failed: FailedLogins;
  readonly #nowMs: () => number;
  readonly #verified = new Map<string, Verified>();
  readonly #ofUser = new Map<string, Remembered>();

  /** @param nowMs a clock that only goes forward */
  constructor(
    accounts: Pick<Accounts, "authenticate" | "onChange">,
    { anonymous, failed }: Refused,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#accounts = accounts;
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
    const { login, holds } = await this.#authenticate(named);
    if (login === null) {
      const refusal = auth("credentials_wrong", "no user has this UUID with this secret API key");
      throw this.#failed.answerTo({ address, name: named.user }, refusal, this.#nowMs());
    }
    const caller = { user: login.user, role: login.role, login };
    if (holds()) this.#remember(authorization, caller);
    return caller;
  }

  /** Whose the secret is, and whether that held all the while it was asked. */
  async #authenticate(named: { readonly user: string; readonly secret: string }) {
    const user = parseUuid(named.user);
    let holds = true;
    const changed = () => {
      holds = false;
    };
    const endListening = user === null ? null : this.#accounts.onChange(user as UserId, changed);
    try {
      return { login: await this.#accounts.authenticate(named.user, named.secret), holds: () => holds };
    } finally {
      endListening?.();
    }
  }

  #remember(authorization: string, caller: Caller): void {
    if (authorization.length > MOST_CHARACTERS) return;
    const { user, login } = caller;
    this.#forget(authorization);
    const own = this.#ofUser.get(user)?.headers;
    const [oldestOwn] = own === undefined || own.size < LIMIT_OF_USER ? [] : own;
    const [oldest] = this.#verified.size < LIMIT ? [] : this.#verified.keys();
    this.#forget(oldestOwn ?? oldest);
    this.#listenFor(user).headers.add(authorization);
    this.#verified.set(authorization, { caller, untilMs: this.#nowMs() + lifetimeMs(login) });
  }

  /** What is remembered of the user, who is listened for from now on. */
  #listenFor(user: UserId): Remembered {
    const known = this.#ofUser.get(user);
    if (known !== undefined) return known;
    const forgetAll = () => {
      for (const header of [...(this.#ofUser.get(user)?.headers ?? [])]) this.#forget(header);
    };
    const made = { headers: new Set<string>(), endListening: this.#accounts.onChange(user, forgetAll) };
    this.#ofUser.set(user, made);
    return made;
  }

  #forget(authorization: string | undefined): void {
    const known = authorization === undefined ? undefined : this.#verified.get(authorization);
    if (known === undefined || authorization === undefined) return;
    this.#verified.delete(authorization);
    const own = this.#ofUser.get(known.caller.user);
    own?.headers.delete(authorization);
    if (own?.headers.size !== 0) return;
    own.endListening();
    this.#ofUser.delete(known.caller.user);
  }
}

const lifetimeMs = ({ expiresMs }: Login) =>
  expiresMs === null ? LIFETIME_MS : Math.min(LIFETIME_MS, expiresMs - Date.now());

/** The two halves of a Basic header (RFC 7617, section 2), or null when it is none. */
function readBasic(authorization: string): { user: string; secret: string } | null {
  const token = /^basic +([a-z0-9+/_-]+={0,2}) *$/i.exec(authorization)?.[1];
  if (token === undefined) return null;
  const decoded = Buffer.from(token, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  return colon === -1 ? null : { user: decoded.slice(0, colon), secret: decoded.slice(colon + 1) };
}
