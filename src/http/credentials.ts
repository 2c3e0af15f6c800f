/**
 * Who asks. HTTP Basic authentication: the user's UUID as the name, the secret API key as the password (spec: introduction).
 * Besides, a page in a browser asks with a session, and begins one with a code that it was given.
 */
import type { IncomingMessage } from "node:http";
import type { Caller, Command, Login, SecretOf } from "../api/command.ts";
import { auth } from "../base/errors.ts";
import { parseUuid, type UserId } from "../base/ids.ts";
import type { Accounts } from "./accounts.ts";
import type { AnonymousRates } from "./anonymous-rates.ts";
import type { FailedLogins } from "./failed-logins.ts";
import { sessionTokenOf } from "./session-cookie.ts";

/** What stands before a token that did not come as a header of that kind: none can hold the sign. */
const OF_SESSION = "\0session ";
const OF_CODE = "\0code ";

/**
 * What a request comes with, undefined where that is nothing. Whoever names themselves by `Authorization` is who they say there,
 * whatever cookies their browser adds.
 *
 * @param command what it asks for, null where there is no such thing
 */
export function credentialsOf(request: IncomingMessage, command: Command | null): string | undefined {
  const { authorization } = request.headers;
  if (authorization === undefined) {
    const token = sessionTokenOf(request, command);
    return token === null ? undefined : OF_SESSION + token;
  }
  const code = command?.session === "begins" ? /^bearer +([\w.-]+)$/i.exec(authorization)?.[1] : undefined;
  return code === undefined ? authorization : OF_CODE + code;
}

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
    const named = readToken(authorization) ?? readBasic(authorization);
    if (named === null) {
      const malformed = "the Authorization header is malformed: HTTP Basic takes USER:SECRET in base64";
      const refusal = auth("credentials_malformed", malformed);
      throw this.#failed.answerTo({ address, name: null }, refusal, this.#nowMs());
    }
    const { login, holds } = await this.#authenticate(named);
    if (login === null) {
      const refusal = auth("credentials_wrong", WRONG[named.by]);
      throw this.#failed.answerTo({ address, name: named.user }, refusal, this.#nowMs());
    }
    const caller = { user: login.user, role: login.role, login };
    // A code is used once.
    if (holds() && named.by !== "code") this.#remember(authorization, caller);
    return caller;
  }

  /** Whose the secret is, and whether that held all the while it was asked. */
  async #authenticate(named: Named) {
    const user = parseUuid(named.user);
    let holds = true;
    const changed = () => {
      holds = false;
    };
    const endListening = user === null ? null : this.#accounts.onChange(user as UserId, changed);
    try {
      return {
        login: await this.#accounts.authenticate(named.user, named.secret, named.by),
        holds: () => holds,
      };
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

type Named = { readonly user: string; readonly secret: string; readonly by: SecretOf };

const WRONG: Readonly<Record<SecretOf, string>> = {
  key: "no user has this UUID with this secret API key",
  session: "the session is over: log in again",
  code: "the code was used, or is over: ask for another",
};

/** The two halves of a token of a session or a code, or null when it is none. */
function readToken(credentials: string): Named | null {
  const by = credentials.startsWith(OF_SESSION) ? "session" : credentials.startsWith(OF_CODE) ? "code" : null;
  if (by === null) return null;
  const token = credentials.slice((by === "session" ? OF_SESSION : OF_CODE).length);
  const dot = token.indexOf(".");
  return { user: token.slice(0, Math.max(0, dot)), secret: token.slice(dot + 1), by };
}

/** The two halves of a Basic header (RFC 7617, section 2), or null when it is none. */
function readBasic(authorization: string): Named | null {
  const token = /^basic +([a-z0-9+/_-]+={0,2}) *$/i.exec(authorization)?.[1];
  if (token === undefined) return null;
  const decoded = Buffer.from(token, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  return colon === -1 ? null : { user: decoded.slice(0, colon), secret: decoded.slice(colon + 1), by: "key" };
}
