/** The wrapped secrets of all drives: which master key they are wrapped with, and wrapping them with another. */
import { failed } from "../base/errors.ts";
import type { Store } from "../store/store.ts";
import type { Keyring } from "./secret.ts";

/** Whether the store has any. */
export async function hasSecrets(store: Store): Promise<boolean> {
  const row = await store.snapshot((tx) =>
    tx
      .selectFrom("drives")
      .select("uuid")
      .where("wrapped_secret", "is not", null)
      .limit(1)
      .executeTakeFirst(),
  );
  return row !== undefined;
}

/** Whether the keyring opens the store's secrets, or one of them where some are damaged; null when there are none. */
export async function isWrappedBy(store: Store, keyring: Keyring): Promise<boolean | null> {
  const rows = await store.snapshot((tx) =>
    tx
      .selectFrom("drives")
      .select(["uuid", "wrapped_secret"])
      .where("wrapped_secret", "is not", null)
      .execute(),
  );
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
      const rows = await tx
        .selectFrom("drives")
        .select(["uuid", "wrapped_secret"])
        .where("wrapped_secret", "is not", null)
        .execute();
      for (const { uuid, wrapped_secret } of rows) {
        const wrapped = rewrapped(from, to, uuid, wrapped_secret ?? "");
        if (wrapped === null) throw failed(`the key of drive ${uuid} does not open with the master key`);
        await tx.updateTable("drives").set({ wrapped_secret: wrapped }).where("uuid", "=", uuid).execute();
      }
      return rows.length;
    },
    { erases: true },
  );
}

/** A wrapped secret as the other keyring wraps it; null when it does not open. */
export function rewrapped(from: Keyring, to: Keyring, drive: string, wrapped: string): string | null {
  const secret = opened(from, drive, wrapped);
  return secret === null ? null : to.wrap(drive, secret);
}

function opened(keyring: Keyring, drive: string, wrapped: string | null): string | null {
  try {
    return keyring.unwrap(drive, wrapped ?? "");
  } catch {
    return null;
  }
}
