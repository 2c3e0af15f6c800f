/**
 * All secrets that the master key wraps, of drives, of webhooks, of servers' user data, and the URLs that drives are imaged from: which
 * key wrapped them, and wrapping them with another.
 */
import { failed } from "../base/errors.ts";
import type { Keyring } from "../base/keyring.ts";
import type { Store, Tx } from "../store/store.ts";
import { urlSecretOf } from "../store/wrapped-columns.ts";

const NOUNS = { drives: "drive", webhooks: "webhook", servers: "server" } as const;
const TABLES = Object.keys(NOUNS) as readonly (keyof typeof NOUNS)[];

type Wrapped = {
  /** What the secret is of, for people. */
  readonly of: string;
  /** What it is wrapped as. */
  readonly object: string;
  readonly wrapped: string;
  /** Puts it in place as it is wrapped anew. */
  replace(wrapped: string): Promise<unknown>;
};

async function secretsIn(tx: Tx): Promise<readonly Wrapped[]> {
  const found: Wrapped[] = [];
  for (const table of TABLES) {
    const rows = tx.selectFrom(table).select(["uuid", "wrapped_secret"]);
    for (const { uuid, wrapped_secret } of await rows.where("wrapped_secret", "is not", null).execute())
      found.push({
        ...{ of: `the key of ${NOUNS[table]} ${uuid}`, object: uuid, wrapped: wrapped_secret ?? "" },
        replace: (wrapped) =>
          tx.updateTable(table).set({ wrapped_secret: wrapped }).where("uuid", "=", uuid).execute(),
      });
  }
  const urls = tx.selectFrom("imagings").select(["target", "wrapped_url"]);
  for (const { target, wrapped_url } of await urls.where("wrapped_url", "is not", null).execute())
    found.push({
      of: `the URL that drive ${target} is imaged from`,
      ...{ object: urlSecretOf(target), wrapped: wrapped_url ?? "" },
      replace: (wrapped) =>
        tx.updateTable("imagings").set({ wrapped_url: wrapped }).where("target", "=", target).execute(),
    });
  return found;
}

/** Whether the store has any. */
export async function hasSecrets(store: Store): Promise<boolean> {
  return store.snapshot(async (tx) => {
    for (const table of TABLES) {
      const secrets = tx.selectFrom(table).select("uuid").where("wrapped_secret", "is not", null);
      if ((await secrets.limit(1).executeTakeFirst()) !== undefined) return true;
    }
    const urls = tx.selectFrom("imagings").select("target").where("wrapped_url", "is not", null);
    return (await urls.limit(1).executeTakeFirst()) !== undefined;
  });
}

/** Whether the keyring opens the store's secrets, or one of them where some are damaged; null when there are none. */
export async function isWrappedBy(store: Store, keyring: Keyring): Promise<boolean | null> {
  const secrets = await store.snapshot(secretsIn);
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
