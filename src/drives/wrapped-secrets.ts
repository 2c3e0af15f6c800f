/** All secrets that the master key wraps, of drives, of webhooks and of servers' user data: which one wrapped them, and wrapping them with another. */
import { failed } from "../base/errors.ts";
import type { Keyring } from "../base/keyring.ts";
import type { Store, Tx } from "../store/store.ts";

const NOUNS = { drives: "drive", webhooks: "webhook", servers: "server" } as const;
const TABLES = Object.keys(NOUNS) as readonly (keyof typeof NOUNS)[];

const secretsIn = (tx: Tx, table: (typeof TABLES)[number]) =>
  tx.selectFrom(table).select(["uuid", "wrapped_secret"]).where("wrapped_secret", "is not", null).execute();

/** Whether the store has any. */
export async function hasSecrets(store: Store): Promise<boolean> {
  return store.snapshot(async (tx) => {
    for (const table of TABLES) {
      const secrets = tx.selectFrom(table).select("uuid").where("wrapped_secret", "is not", null);
      if ((await secrets.limit(1).executeTakeFirst()) !== undefined) return true;
    }
    return false;
  });
}

/** Whether the keyring opens the store's secrets, or one of them where some are damaged; null when there are none. */
export async function isWrappedBy(store: Store, keyring: Keyring): Promise<boolean | null> {
  const rows = await store.snapshot(async (tx) => [
    ...(await secretsIn(tx, "drives")),
    ...(await secretsIn(tx, "webhooks")),
    ...(await secretsIn(tx, "servers")),
  ]);
  if (rows.length === 0) return null;
  return rows.some(({ uuid, wrapped_secret }) => opened(keyring, uuid, wrapped_secret) !== null);
}

/**
 * Wraps all secrets with another keyring, in one transaction, and answers how many there are. Nothing of the database keeps
 * them as they were wrapped before. Errors: `failed`, when one does not open.
 */
export function rewrapAll(store: Store, from: Keyring, to: Keyring): Promise<number> {
  return store.transaction(
    async (tx) => {
      let count = 0;
      for (const table of TABLES) {
        for (const { uuid, wrapped_secret } of await secretsIn(tx, table)) {
          const wrapped = rewrapped(from, to, uuid, wrapped_secret ?? "");
          if (wrapped === null)
            throw failed(`the key of ${NOUNS[table]} ${uuid} does not open with the master key`);
          await tx.updateTable(table).set({ wrapped_secret: wrapped }).where("uuid", "=", uuid).execute();
          count++;
        }
      }
      return count;
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
