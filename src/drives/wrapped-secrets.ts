/**
 * All secrets that the master key wraps, of drives, of webhooks, of servers' user data, and the URLs that drives are imaged from: which
 * key wrapped them, and wrapping them with another.
 */
import { sql } from "kysely";
import { failed } from "../base/errors.ts";
import type { Keyring } from "../base/keyring.ts";
import type { Store, Tx } from "../store/store.ts";
import { WRAPPED_COLUMNS } from "../store/wrapped-columns.ts";

type Wrapped = {
  /** What the secret is of, for people. */
  readonly of: string;
  /** What it is wrapped as. */
  readonly object: string;
  readonly wrapped: string;
  /** Puts it in place as it is wrapped anew. */
  replace(wrapped: string): Promise<unknown>;
};

async function secretsIn(tx: Tx, most?: number): Promise<readonly Wrapped[]> {
  const found: Wrapped[] = [];
  for (const { table, id, column, objectOf, nameOf } of WRAPPED_COLUMNS) {
    const [from, key, secret] = [sql.table(table), sql.ref(id), sql.ref(column)];
    const bound = most === undefined ? sql`` : sql`limit ${sql.lit(most)}`;
    const rows = sql<{ id: string; wrapped: string }>`
      select ${key} as id, ${secret} as wrapped from ${from} where ${secret} is not null ${bound}`;
    for (const row of (await rows.execute(tx)).rows)
      found.push({
        ...{ of: nameOf(row.id), object: objectOf(row.id), wrapped: row.wrapped },
        replace: (anew) => sql`update ${from} set ${secret} = ${anew} where ${key} = ${row.id}`.execute(tx),
      });
  }
  return found;
}

/** Whether the store has any. */
export async function hasSecrets(store: Store): Promise<boolean> {
  return (await store.snapshot((tx) => secretsIn(tx, 1))).length > 0;
}

/** Whether the keyring opens the store's secrets, or one of them where some are damaged; null when there are none. */
export async function isWrappedBy(store: Store, keyring: Keyring): Promise<boolean | null> {
  const secrets = await store.snapshot((tx) => secretsIn(tx));
  if (secrets.length === 0) return null;
  return secrets.some(({ object, wrapped }) => opened(keyring, object, wrapped) !== null);
}

/**
 * Wraps all secrets with another keyring, in one transaction, and answers how many there are. Nothing of the database keeps
 * them as they were wrapped before. Errors: `failed`, when one does not open.
 */
export function rewrapAll(store: Store, from: Keyring, to: Keyring): Promise<number> {
  return store.transaction(
    async (tx) => {
      const secrets = await secretsIn(tx);
      for (const { of, object, wrapped, replace } of secrets) {
        const anew = rewrapped(from, to, object, wrapped);
        if (anew === null) throw failed(`${of} does not open with the master key`);
        await replace(anew);
      }
      return secrets.length;
    },
    { erases: true },
  );
}

/** A wrapped secret as the other keyring wraps it; null when it does not open. */
export function rewrapped(from: Keyring, to: Keyring, object: string, wrapped: string): string | null {
  const secret = opened(from, object, wrapped);
  return secret === null ? null : to.wrap(object, secret);
}

function opened(keyring: Keyring, object: string, wrapped: string | null): string | null {
  try {
    return keyring.unwrap(object, wrapped ?? "");
  } catch {
    return null;
  }
}
