/**
 * Logging in: whose a secret is, and what its key opens (accounts: keys). That a key was used is recorded to the hour, a
 * moment later and many keys at once: whoever asks within an hour in which that is known already makes no write.
 */
import type { Selectable } from "kysely";
import type { Caller, Login, Role } from "../api/command.ts";
import { parseScope } from "../api/scope.ts";
import { outsideChange } from "../audit/event.ts";
import { coalesce } from "../base/coalesce.ts";
import { CLOUD_USER, parseUuid, type UserId } from "../base/ids.ts";
import type { Store } from "../store/store.ts";
import type { UsersTable } from "../store/tables.ts";
import { keyOfSecret } from "./secret.ts";

const HOUR_S = 3_600;

/** How long it is waited for more keys whose use is to be recorded. */
const RECORD_AFTER_MS = 1_000;

/** The topic that is rung once what is known of a user's keys, or of their role, holds no more. */
const topicOf = (user: string) => `account:${user}`;

/** To be called after the commit of whatever ends or changes what a user's keys open. */
export const accountChanged = (store: Store, user: string): void => store.ring(topicOf(user));

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
  readonly #onTrouble: (error: unknown) => void;
  readonly #nowMs: () => number;
  readonly #keysOf: ReturnType<typeof queries>["keysOf"];
  readonly #account: ReturnType<typeof queries>["account"];
  readonly #flush = coalesce(() => this.#record());
  /** Keys whose use is to be recorded, each with its hour. */
  #used = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param onTrouble told that uses could not be recorded; they are not tried again: the next one is soon
   * @param nowMs milliseconds since the epoch
   */
  constructor(store: Store, onTrouble: (error: unknown) => void, nowMs: () => number = Date.now) {
    this.#store = store;
    this.#onTrouble = onTrouble;
    this.#nowMs = nowMs;
    const { keysOf, account } = queries(store);
    this.#keysOf = keysOf;
    this.#account = account;
  }

  /** Whose the secret is, or null when it is nobody's. */
  async authenticate(user: string, secret: string): Promise<Login | null> {
    const uuid = parseUuid(user);
    if (uuid === null) return null;
    const row = keyOfSecret(await this.#keysOf({ user: uuid }), secret);
    if (row === null || (row.expires !== null && this.#nowMs() >= row.expires * 1000)) return null;
    this.#noteUse(row);
    return {
      user: uuid as UserId,
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

  /** Calls `listener` when what was answered of the user may hold no more, until the function that this returns is called. */
  onChange(user: UserId, listener: () => void): () => void {
    return this.#store.listen(topicOf(user), listener);
  }

  /** Records what was used before the call. Errors: the store's. */
  flush(): Promise<void> {
    return this.#flush();
  }

  async #record(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const used = this.#used;
    if (used.size === 0) return;
    this.#used = new Map();
    await outsideChange(() =>
      this.#store.transaction(async (tx) => {
        for (const [uuid, hour] of used)
          await tx.updateTable("api_keys").set({ used: hour }).where("uuid", "=", uuid).execute();
      }),
    );
  }

  #noteUse({ key, used }: KeyRow): void {
    const hour = Math.floor(this.#nowMs() / 1000 / HOUR_S) * HOUR_S;
    if (used === hour) return;
    this.#used.set(key, hour);
    this.#timer ??= setTimeout(() => this.flush().catch(this.#onTrouble), RECORD_AFTER_MS).unref();
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
