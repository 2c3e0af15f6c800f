/** Accounts and their keys as they stand in the store: the queries that read them. */

import type { Properties } from "../api/properties.ts";
import { CLOUD_USER, type UserId } from "../base/ids.ts";
import { mapPages } from "../base/pages.ts";
import type { Asking } from "../limits/coverage.ts";
import type { Store, Tx } from "../store/store.ts";
import { type Account, accountAnswer, presentAccount } from "./account.ts";
import { API_KEY_COLUMNS, type ApiKey, apiKeyAnswer, noSuchKey } from "./api-keys.ts";

/** How many accounts are in memory at once. */
const PAGE = 50;

type Dependencies = Pick<Asking, "limits" | "clock"> & { readonly store: Store };

/** Errors: `missing`; `failed`, its limits are damaged. */
export const accountInfo = (dependencies: Dependencies, user: UserId): Promise<Properties> =>
  dependencies.store.snapshot(async (tx) => accountAnswer(tx, await presentAccount(tx, user), dependencies));

/** Of all accounts, oldest first, closed ones too. */
export const accountInfos = (dependencies: Dependencies): AsyncIterable<readonly Properties[]> =>
  mapPages(accountPages(dependencies.store), (rows) =>
    dependencies.store.snapshot(async (tx) => {
      const answers: Properties[] = [];
      for (const row of rows) answers.push(await accountAnswer(tx, row, dependencies));
      return answers;
    }),
  );

export const accountList = (store: Store): AsyncIterable<readonly Properties[]> =>
  mapPages(accountPages(store), (rows) => rows.map(({ uuid }) => [["user", uuid]]));

async function* accountPages(store: Store): AsyncGenerator<readonly Account[]> {
  for (let after: Account | undefined; ; ) {
    const rows: readonly Account[] = await store.snapshot((tx) => accountsAfter(tx, after));
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1);
  }
}

async function accountsAfter(tx: Tx, after: Account | undefined): Promise<readonly Account[]> {
  const behind = tx
    .selectFrom("users")
    .selectAll()
    .where("uuid", "!=", CLOUD_USER)
    .orderBy("created")
    .orderBy("uuid")
    .limit(PAGE);
  if (after === undefined) return behind.execute();
  const { created, uuid } = after;
  const isLater = behind.where((row) =>
    row.or([row("created", ">", created), row.and([row("created", "=", created), row("uuid", ">", uuid)])]),
  );
  return isLater.execute();
}

/** The keys of the user, oldest first: there are few. */
const keysOf = (store: Store, user: UserId): Promise<readonly ApiKey[]> =>
  store.snapshot((tx) =>
    tx.selectFrom("api_keys").select(API_KEY_COLUMNS).where("user", "=", user).orderBy("serial").execute(),
  );

export async function* keyList(store: Store, user: UserId): AsyncGenerator<readonly Properties[]> {
  const keys = await keysOf(store, user);
  if (keys.length > 0) yield keys.map(({ uuid }) => [["key", uuid]]);
}

export async function* keyInfos(store: Store, user: UserId): AsyncGenerator<readonly Properties[]> {
  const keys = await keysOf(store, user);
  if (keys.length > 0) yield keys.map((key) => apiKeyAnswer(key));
}

/** @param secret what is told this once, null for nothing. Errors: `missing`. */
export async function keyInfo(
  store: Store,
  user: UserId,
  uuid: string,
  secret: string | null = null,
): Promise<Properties> {
  const key = (await keysOf(store, user)).find((each) => each.uuid === uuid);
  if (key === undefined) throw noSuchKey(uuid);
  return apiKeyAnswer(key, secret);
}
