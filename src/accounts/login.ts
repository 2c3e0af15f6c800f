/**
 * Logging in: whose a secret is, and what its key opens (accounts: keys). That a key was used is recorded to the hour, a
 * moment later and many keys at once: whoever asks within an hour in which that is known already makes no write.
 */
import type { Selectable } from "kysely";
import type { Caller, Login, Role, SecretOf } from "../api/command.ts";
import { parseScope } from "../api/scope.ts";
import { HOUR_S } from "../base/durations.ts";
import { CLOUD_USER, parseUuid, type UserId } from "../base/ids.ts";
import type { Store } from "../store/store.ts";
import type { UsersTable } from "../store/tables.ts";
import { onAccountChange } from "./changed.ts";
import { keyOfSecret } from "./secret.ts";
import { SessionLogins } from "./session-login.ts";
import { Uses } from "./uses.ts";

type Status = Selectable<UsersTable>["status"];

type KeyRow = {
  readonly key: string;
  readonly sha256: string;
  readonly scope: string;
  readonly expires: number | null;
  readonly used: number | null;
  readonly role: Role;
  readonly status: Status;
};

export class Logins {
  readonly #store: Store;
  readonly #nowMs: () => number;
  readonly #keysOf: ReturnType<typeof queries>["keysOf"];
  readonly #account: ReturnType<typeof queries>["account"];
  readonly #uses: Uses;
  readonly #sessions: SessionLogins;

  /**
   * @param onTrouble told that uses could not be recorded; they are not tried again: the next one is soon
   * @param nowMs milliseconds since the epoch
   */
  constructor(store: Store, onTrouble: (error: unknown) => void, nowMs: () => number = Date.now) {
    this.#store = store;
    this.#nowMs = nowMs;
    this.#uses = new Uses(store, "api_keys", onTrouble);
    this.#sessions = new SessionLogins(store, onTrouble, nowMs);
    const { keysOf, account } = queries(store);
    this.#keysOf = keysOf;
    this.#account = account;
  }

  /** Whose the secret is, that of a key, of a session or of a code, or null when it is nobody's. */
  async authenticate(user: string, secret: string, by: SecretOf = "key"): Promise<Login | null> {
    const uuid = parseUuid(user) as UserId | null;
    if (uuid === null) return null;
    if (by !== "key") {
      const [opened, account] = await Promise.all([this.#sessions[by](uuid, secret), this.find(uuid)]);
      return opened === null || account === null ? null : { ...opened, role: account.role };
    }
    const row = keyOfSecret(await this.#keysOf({ user: uuid }), secret);
    if (row === null || (row.expires !== null && this.#nowMs() >= row.expires * 1000)) return null;
    this.#noteUse(row);
    return {
      user: uuid,
      role: roleOf(row),
      key: row.key,
      // One that is damaged opens nothing.
      scope: parseScope(row.scope) ?? [],
      expiresMs: row.expires === null ? null : row.expires * 1000,
    };
  }

  /** The account of that uuid, which may be anything that came; null where there is none. */
  async find(user: string): Promise<Pick<Caller, "user" | "role"> | null> {
    const uuid = parseUuid(user);
    if (uuid === null || uuid === CLOUD_USER) return null;
    const [row] = await this.#account({ user: uuid });
    return row === undefined ? null : { user: uuid as UserId, role: roleOf(row) };
  }

  /** Whether who asked once is let in still, with the key or session that they came with, and in the place of whom they asked. */
  async isLetIn({ user, login }: Caller): Promise<boolean> {
    const [account] = await this.#account({ user: login.user });
    if (account === undefined || (user !== login.user && roleOf(account) !== "admin")) return false;
    const keys = await this.#keysOf({ user: login.user });
    const key = keys.find((row) => row.key === login.key);
    if (key === undefined || (key.expires !== null && this.#nowMs() >= key.expires * 1000)) return false;
    const session = login.by?.session;
    return session === undefined || this.#sessions.isThere(login.user, session);
  }

  /** Calls `listener` when what was answered of the user may hold no more, until the function that this returns is called. */
  onChange(user: UserId, listener: () => void): () => void {
    return onAccountChange(this.#store, user, listener);
  }

  /** Records what was used before the call. Errors: the store's. */
  async flush(): Promise<void> {
    await Promise.all([this.#uses.flush(), this.#sessions.flush()]);
  }

  #noteUse({ key, used }: KeyRow): void {
    const hour = Math.floor(this.#nowMs() / 1000 / HOUR_S) * HOUR_S;
    if (used === hour) return;
    this.#uses.note(key, hour);
  }
}

/** One that is suspended is nobody's operator. */
const roleOf = ({ role, status }: Pick<KeyRow, "role" | "status">): Role =>
  status === "active" ? role : "user";

const queries = (store: Store) => ({
  // All of them at once: a query by what came would fill the store's cache with whatever anybody makes up.
  keysOf: store.query<{ user: string }, KeyRow>((db, param) =>
    db
      .selectFrom("api_keys")
      .innerJoin("users", "users.uuid", "api_keys.user")
      .select(["api_keys.uuid as key", "api_keys.sha256", "api_keys.scope"])
      .select(["api_keys.expires", "api_keys.used", "users.role", "users.status"])
      .where("api_keys.user", "=", param("user"))
      .orderBy("api_keys.serial"),
  ),
  account: store.query<{ user: string }, Pick<KeyRow, "role" | "status">>((db, param) =>
    db
      .selectFrom("users")
      .select(["role", "status"])
      .where("uuid", "=", param("user"))
      .where("status", "!=", "closed"),
  ),
});
