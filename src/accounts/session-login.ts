/**
 * Who asks with a session, or with the code that begins one. When a session was used is on record to some minutes: it is
 * what it ends by when nobody uses it.
 */
import type { Login } from "../api/command.ts";
import { parseScope } from "../api/scope.ts";
import type { UserId } from "../base/ids.ts";
import type { Store } from "../store/store.ts";
import { keyOfSecret } from "./secret.ts";
import { IDLE_S } from "./sessions.ts";
import { Uses } from "./uses.ts";

/** How long ago a use is on record at most. */
const PRECISION_S = 300;

/** What is known of the key that a session or a code is of. */
type KeyColumns = {
  readonly sha256: string;
  readonly key: string;
  readonly scope: string;
  /** Of the key. */
  readonly expires: number | null;
};

type SessionRow = KeyColumns & { readonly uuid: string; readonly used: number };
type CodeRow = KeyColumns & { readonly until: number };

/** A login but for the role, which is the account's. */
type Opened = Omit<Login, "role">;

export class SessionLogins {
  readonly #sessionsOf: ReturnType<typeof queries>["sessionsOf"];
  readonly #codesOf: ReturnType<typeof queries>["codesOf"];
  readonly #nowMs: () => number;
  readonly #uses: Uses;

  /** @param nowMs milliseconds since the epoch */
  constructor(store: Store, onTrouble: (error: unknown) => void, nowMs: () => number) {
    const { sessionsOf, codesOf } = queries(store);
    this.#sessionsOf = sessionsOf;
    this.#codesOf = codesOf;
    this.#nowMs = nowMs;
    this.#uses = new Uses(store, "sessions", onTrouble);
  }

  /** Whose session the secret is of, or null when it is none's, is over, or its key is. */
  async session(user: UserId, secret: string): Promise<Opened | null> {
    const row = keyOfSecret(await this.#sessionsOf({ user }), secret);
    const now = Math.floor(this.#nowMs() / 1000);
    if (row === null || row.used + IDLE_S <= now) return null;
    if (now - row.used >= PRECISION_S) this.#uses.note(row.uuid, now);
    return this.#opened(user, row, { session: row.uuid });
  }

  /** Whether the session of that uuid is, and is not over. */
  async isThere(user: UserId, uuid: string): Promise<boolean> {
    const rows = await this.#sessionsOf({ user });
    return rows.some((row) => row.uuid === uuid && (row.used + IDLE_S) * 1000 > this.#nowMs());
  }

  /** Whose code it is, or null when it is nobody's, is over, or its key is. */
  async code(user: UserId, secret: string): Promise<Opened | null> {
    const row = keyOfSecret(await this.#codesOf({ user }), secret);
    if (row === null || row.until * 1000 <= this.#nowMs()) return null;
    return this.#opened(user, row, { code: row.sha256 });
  }

  /** Records what was used before the call. Errors: the store's. */
  flush(): Promise<void> {
    return this.#uses.flush();
  }

  #opened(user: UserId, { key, scope, expires }: KeyColumns, by: Login["by"]): Opened | null {
    const expiresMs = expires === null ? null : expires * 1000;
    if (expiresMs !== null && expiresMs <= this.#nowMs()) return null;
    return { user, key, scope: parseScope(scope) ?? [], expiresMs, ...(by === undefined ? {} : { by }) };
  }
}

/** Of all that a user has, as keys are looked for (`login.ts`). */
const queries = (store: Store) => ({
  sessionsOf: store.query<{ user: string }, SessionRow>((db, param) =>
    db
      .selectFrom("sessions")
      .innerJoin("api_keys", "api_keys.uuid", "sessions.key")
      .select(["sessions.uuid", "sessions.sha256", "sessions.used", "sessions.key"])
      .select(["api_keys.scope", "api_keys.expires"])
      .where("sessions.user", "=", param("user"))
      .orderBy("sessions.serial"),
  ),
  codesOf: store.query<{ user: string }, CodeRow>((db, param) =>
    db
      .selectFrom("session_codes")
      .innerJoin("api_keys", "api_keys.uuid", "session_codes.key")
      .select(["session_codes.sha256", "session_codes.key", "session_codes.expires as until"])
      .select(["api_keys.scope", "api_keys.expires"])
      .where("session_codes.user", "=", param("user"))
      .orderBy("session_codes.serial"),
  ),
});
