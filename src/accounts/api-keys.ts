/**
 * The keys of an account (accounts: keys). A key makes, changes and ends none that opens more than itself, nor does one
 * that it makes outlive it. An account keeps one that opens everything.
 */
import { randomUUID } from "node:crypto";
import type { Selectable } from "kysely";
import type { Caller } from "../api/command.ts";
import type { Changes } from "../api/input.ts";
import { ifAny, type Properties, type Value } from "../api/properties.ts";
import { covers, parseScope } from "../api/scope.ts";
import { shownWord } from "../api/shown.ts";
import { busy, missing, usage } from "../base/errors.ts";
import { parseUuid } from "../base/ids.ts";
import { createOnce, type Repeat, retireKeyOf } from "../operations/idempotency.ts";
import type { Worker } from "../operations/worker.ts";
import type { Store, Tx } from "../store/store.ts";
import type { ApiKeysTable } from "../store/tables.ts";
import { presentAccount } from "./account.ts";
import { accountChanged } from "./changed.ts";
import { endSessionsOf } from "./end-sessions.ts";
import { API_KEY_KEYS } from "./keys.ts";
import { ensureNotOver } from "./lifecycle/change.ts";
import { newSecret, secretColumns } from "./secret.ts";
import { endOfOwn, ensureActs } from "./standing.ts";

/** More than anybody has machines that ask; what a login looks through. */
const MOST_KEYS = 100;

export type ApiKey = Omit<Selectable<ApiKeysTable>, "sha256" | "serial">;

export const API_KEY_COLUMNS = [
  ...(["uuid", "user", "name", "scope", "expires", "created", "used", "hint"] as const),
] as const;

type Dependencies = { readonly store: Store; readonly worker: Worker };

/** The key in a word of the URL. Errors: `missing`. */
export function keyWord(word = ""): string {
  const uuid = parseUuid(word);
  if (uuid === null) throw noSuchKey(word);
  return uuid;
}

export const noSuchKey = (key: string) => missing("no_such_key", `there is no key ${shownWord(key)}`);

export function apiKeyAnswer(key: ApiKey, secret: string | null = null): Properties {
  const { uuid, name, scope, expires, created, used, hint } = key;
  return API_KEY_KEYS.inOrder([
    ["key", uuid] as [string, Value],
    ["name", name],
    ["scope", scope],
    ...ifAny("expires", expires),
    ["created", created],
    ...ifAny("used", used),
    ...ifAny("hint", hint),
    ...ifAny("secret", secret),
  ]);
}

/** A SHA-256 in hex. */
const DIGEST = /^[0-9a-f]{64}$/;

/** The columns that are damaged. */
export const damagedKeyColumns = ({
  scope,
  sha256,
}: Pick<Selectable<ApiKeysTable>, "scope" | "sha256">): readonly string[] => [
  ...(parseScope(scope) === null ? ["scope"] : []),
  ...(DIGEST.test(sha256) ? [] : ["sha256"]),
];

/** Makes a key; answers its uuid and its secret, null where an earlier request has made it. Errors: `usage`, `missing`, `busy`. */
export async function createKey(
  dependencies: Dependencies,
  caller: Caller,
  changes: Changes,
  repeat: Repeat | null,
): Promise<{ readonly uuid: string; readonly secret: string | null }> {
  const { user, login } = caller;
  const scope = String(changes.get("scope") ?? "all");
  ensureWithin(login.scope, scope);
  const asked = expiryIn(changes);
  const made = { uuid: randomUUID() as string, secret: newSecret() };
  const uuid = await createOnce(dependencies, repeat, async (tx) => {
    await ensureActs(tx, caller);
    const bound = await endOfOwn(tx, login);
    const expires = asked ?? bound;
    ensureWithinLife(bound, expires);
    ensureNotOver(await presentAccount(tx, user));
    await ensureFew(tx, user);
    await tx
      .insertInto("api_keys")
      .values({
        ...{ uuid: made.uuid, user, name: String(changes.get("name")), scope, expires },
        ...{ created: nowS(), used: null, ...secretColumns(made.secret) },
      })
      .execute();
    return { object: made.uuid, operation: null };
  });
  return { uuid, secret: uuid === made.uuid ? made.secret : null };
}

/** Changes its name, or when it ends. Errors: `usage`, `missing`, `busy`. */
export async function setKey(
  { store }: Dependencies,
  caller: Caller,
  uuid: string,
  changes: Changes,
): Promise<void> {
  const expires = expiryIn(changes);
  await store.transaction(
    async (tx) => {
      await ensureActs(tx, caller);
      const key = await ownKey(tx, caller, uuid);
      const bound = await endOfOwn(tx, caller.login);
      if (changes.has("expires")) ensureWithinLife(bound, expires);
      if (expires !== null) await ensureNotLast(tx, key);
      const set = {
        ...(changes.has("name") ? { name: String(changes.get("name")) } : {}),
        ...(changes.has("expires") ? { expires } : {}),
      };
      if (Object.keys(set).length > 0)
        await tx.updateTable("api_keys").set(set).where("uuid", "=", uuid).execute();
    },
    { grows: true },
  );
  accountChanged(store, caller.user);
}

/** Ends a key; nobody is let in with it once this answers. Errors: `missing`; `busy` for the last that opens everything. */
export async function destroyKey({ store }: Dependencies, caller: Caller, uuid: string): Promise<void> {
  await store.transaction(async (tx) => {
    await ensureNotLast(tx, await ownKey(tx, caller, uuid));
    await tx.deleteFrom("api_keys").where("uuid", "=", uuid).execute();
    await endSessionsOf(tx, { key: uuid });
    await retireKeyOf(tx, uuid);
  });
  accountChanged(store, caller.user);
}

/** A key of the caller's account that opens no more than their own. Errors: `missing`. */
async function ownKey(tx: Tx, { user, login }: Caller, uuid: string): Promise<ApiKey> {
  const key = await tx
    .selectFrom("api_keys")
    .select(API_KEY_COLUMNS)
    .where("uuid", "=", uuid)
    .where("user", "=", user)
    .executeTakeFirst();
  if (key === undefined) throw noSuchKey(uuid);
  ensureWithin(login.scope, key.scope);
  return key;
}

/** Errors: `missing` where a key of that scope opens more than the caller's own. */
export function ensureWithin(own: Caller["login"]["scope"], scope: string): void {
  if (covers(own, parseScope(scope) ?? [])) return;
  throw missing("outside_scope", `a key whose scope is ${scope} opens more than your own`);
}

/** @param bound when the caller's own key ends, null for never. Errors: `usage` where another would end later. */
function ensureWithinLife(bound: number | null, expires: number | null): void {
  if (bound === null || (expires !== null && expires <= bound)) return;
  throw usage(
    "malformed_value",
    `expires takes a time of at most ${bound}, which is when your own key ends`,
    { key: "expires" },
  );
}

/** Errors: `usage`, that time has passed. */
function expiryIn(changes: Changes): number | null {
  const expires = changes.get("expires") ?? null;
  if (expires === null || Number(expires) > nowS()) return expires === null ? null : Number(expires);
  throw usage("malformed_value", `expires takes a time to come, not ${expires}: destroy ends a key now`, {
    key: "expires",
  });
}

/** Errors: `busy`. */
async function ensureFew(tx: Tx, user: string): Promise<void> {
  const { count } = await tx
    .selectFrom("api_keys")
    .where("user", "=", user)
    .select((row) => row.fn.countAll().as("count"))
    .executeTakeFirstOrThrow();
  if (Number(count) < MOST_KEYS) return;
  throw busy(
    "too_many_api_keys",
    `an account has at most ${MOST_KEYS} keys, and yours has them: destroy some`,
  );
}

/** Errors: `busy` where no other key opens everything for as long as nobody ends it: one that ends by itself does not. */
async function ensureNotLast(tx: Tx, { uuid, user, scope }: ApiKey): Promise<void> {
  if (scope !== "all") return;
  const other = await tx
    .selectFrom("api_keys")
    .select("uuid")
    .where("user", "=", user)
    .where("scope", "=", "all")
    .where("uuid", "!=", uuid)
    .where("expires", "is", null)
    .limit(1)
    .executeTakeFirst();
  if (other === undefined)
    throw busy("last_key", `key ${uuid} is the account's last that opens everything: make another first`);
}

const nowS = () => Math.floor(Date.now() / 1000);
