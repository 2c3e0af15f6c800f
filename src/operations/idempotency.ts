/**
 * Creates that may be repeated: a request that bears an `Idempotency-Key` makes its object once, however often it comes
 * and whatever was interrupted. The key is recorded in the transaction that makes the object. An object whose creation
 * came to nothing takes its key along, and the request makes another.
 */
import { createHash } from "node:crypto";
import { busy, usage } from "../base/errors.ts";
import type { Store, Tx } from "../store/store.ts";
import type { Operation } from "./operation.ts";
import type { Worker } from "./worker.ts";

/** How long a key is remembered. */
const KEPT_MS = 24 * 3_600_000;
/** How often a request makes its object anew whose earlier one came to nothing, until it is told so. */
const MOST_ATTEMPTS = 3;

/** What tells a request that is repeated: whose it is, its key, and a digest of what it asks for. */
export type Repeat = { readonly user: string; readonly key: string; readonly fingerprint: string };

/** What a create made within its transaction; null: there is nothing left to do. */
type Made = { readonly object: string; readonly operation: Operation | null };

type Input = ReadonlyMap<string, unknown>;

/** The request's mark, null where it bears no key. `command` is its path. */
export function repeatOf(user: string, key: string | null, command: string, input: Input): Repeat | null {
  if (key === null) return null;
  const properties = [...input].sort(([one], [other]) => (one < other ? -1 : 1));
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([command, properties]))
    .digest("hex");
  return { user, key, fingerprint };
}

/**
 * Makes an object and answers its name, once for all requests with the same key.
 *
 * Errors: `make`'s and the operation's; `usage` for a key that was used for something else.
 */
export async function createOnce(
  { store, worker }: { readonly store: Store; readonly worker: Worker },
  repeat: Repeat | null,
  make: (tx: Tx) => Promise<Made>,
): Promise<string> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const { object, operation, earlier } = await store.transaction(async (tx) => {
      const known = repeat === null ? null : await objectOf(tx, repeat);
      if (known !== null) return { object: known, operation: null, earlier: true };
      const made = await make(tx);
      if (repeat !== null) await remember(tx, repeat, made.object);
      return { ...made, earlier: false };
    });
    if (operation !== null) await worker.perform(operation);
    if (!earlier || repeat === null) return object;
    await worker.quiet(object);
    if ((await store.transaction((tx) => objectOf(tx, repeat))) === object) return object;
  }
  throw busy("command_overtaken", "what this Idempotency-Key stands for could not be made: try it again");
}

/** The creation came to nothing: its key stands for nothing any more. */
export async function forgetKeyOf(tx: Tx, object: string): Promise<void> {
  await tx.deleteFrom("idempotency_keys").where("object", "=", object).execute();
}

/** What an earlier request with the key made, null when there was none. Errors: `usage`. */
async function objectOf(tx: Tx, { user, key, fingerprint }: Repeat): Promise<string | null> {
  const row = await tx
    .selectFrom("idempotency_keys")
    .select(["fingerprint", "object"])
    .where("user", "=", user)
    .where("key", "=", key)
    .executeTakeFirst();
  if (row === undefined) return null;
  if (row.fingerprint !== fingerprint)
    throw usage("idempotency_key_reused", "this Idempotency-Key was used for another request");
  return row.object;
}

async function remember(tx: Tx, { user, key, fingerprint }: Repeat, object: string): Promise<void> {
  const now = Date.now();
  await tx
    .deleteFrom("idempotency_keys")
    .where("recorded_ms", "<", now - KEPT_MS)
    .execute();
  await tx
    .insertInto("idempotency_keys")
    .values({ user, key, fingerprint, object, recorded_ms: now })
    .execute();
}
