/**
 * Creates that may be repeated: a request that bears an `Idempotency-Key` makes its object once, however often it comes
 * and whatever was interrupted. The key is recorded in the transaction that makes the object. An object whose creation
 * came to nothing takes its key along, and the request makes another. Keys are bounded in time and, for each user, in number.
 */
import { createHash } from "node:crypto";
import { noteMade } from "../audit/event.ts";
import { DAY_MS } from "../base/durations.ts";
import { busy, missing, usage } from "../base/errors.ts";
import type { Store, TransactionOptions, Tx } from "../store/store.ts";
import type { Operation } from "./operation.ts";
import type { Worker } from "./worker.ts";

/** How long a key is remembered. */
const KEPT_MS = DAY_MS;
/** How many keys of one user are remembered: the last. */
const MOST_KEYS = 10_000;
/** What a key names whose object is gone: another object may come to have that object's name. */
const GONE = "";
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
 * @param durable false: the outcome of the operation is recorded durably, which is enough (`Store.transaction`)
 *
 * Errors: `make`'s and the operation's; `usage` for a key that was used for something else; `missing`
 * (`repeated_object_gone`) where `retireKeyOf` said that the object is gone.
 */
export async function createOnce(
  { store, worker }: { readonly store: Store; readonly worker: Worker },
  repeat: Repeat | null,
  make: (tx: Tx) => Promise<Made>,
  { durable = true }: Pick<TransactionOptions, "durable"> = {},
): Promise<string> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const { object, operation, earlier } = await store.transaction(
      async (tx) => {
        if (repeat !== null) await forgetOld(tx, Date.now());
        const known = repeat === null ? null : await objectOf(tx, repeat);
        if (known === GONE)
          throw missing("repeated_object_gone", "what was made with this Idempotency-Key is gone");
        if (known !== null) {
          noteMade(known);
          return { object: known, operation: null, earlier: true };
        }
        const made = await make(tx);
        noteMade(made.object);
        if (repeat !== null) await remember(tx, repeat, made.object);
        return { ...made, earlier: false };
      },
      { grows: true, durable },
    );
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

/** The object is gone: its key makes nothing, and does not name another object that may come to have its name. */
export async function retireKeyOf(tx: Tx, object: string): Promise<void> {
  await tx.updateTable("idempotency_keys").set({ object: GONE }).where("object", "=", object).execute();
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
  await forgetAllBut(tx, user, MOST_KEYS - 1);
  await tx
    .insertInto("idempotency_keys")
    .values({ user, key, fingerprint, object, recorded_ms: Date.now() })
    .execute();
}

async function forgetOld(tx: Tx, nowMs: number): Promise<void> {
  await tx
    .deleteFrom("idempotency_keys")
    .where("recorded_ms", "<", nowMs - KEPT_MS)
    .execute();
}

/** Keeps so many keys of the user, the last ones. */
async function forgetAllBut(tx: Tx, user: string, kept: number): Promise<void> {
  const ofUser = tx.selectFrom("idempotency_keys").select("recorded_ms").where("user", "=", user);
  const newest = await ofUser.orderBy("recorded_ms", "desc").offset(kept).limit(1).executeTakeFirst();
  if (newest === undefined) return;
  await tx
    .deleteFrom("idempotency_keys")
    .where("user", "=", user)
    .where("recorded_ms", "<=", newest.recorded_ms)
    .execute();
}
