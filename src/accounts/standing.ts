/**
 * Whether a caller may still do what they were let in for. It is asked in the transaction that lets somebody in for longer, or
 * changes another's account: a request may have been on its way while its key was ended, or its account made no admin any more.
 */
import type { Caller, Login } from "../api/command.ts";
import { auth, missing } from "../base/errors.ts";
import type { Tx } from "../store/store.ts";

/** When the key ends that the caller asks with, in seconds since the epoch, null for never. Errors: `auth`, it has ended. */
export async function endOfOwn(tx: Tx, { key }: Login): Promise<number | null> {
  const own = await tx.selectFrom("api_keys").select("expires").where("uuid", "=", key).executeTakeFirst();
  if (own !== undefined && (own.expires === null || own.expires > Math.floor(Date.now() / 1000)))
    return own.expires;
  throw auth("credentials_wrong", "the key that this was asked with has ended");
}

/**
 * Errors: `auth`, the key has ended; `missing`, its account is no admin's: there are no such commands for it any more.
 *
 * @param login null where the cloud itself does it
 */
export async function ensureAdmin(tx: Tx, login: Login | null): Promise<void> {
  if (login === null) return;
  await endOfOwn(tx, login);
  const account = await tx
    .selectFrom("users")
    .select(["role", "status"])
    .where("uuid", "=", login.user)
    .executeTakeFirst();
  if (account?.role === "admin" && account.status === "active") return;
  throw missing("no_such_command", "there is no such command for an account that is no admin's any more");
}

/** Of who acts in another's place. Errors: as `ensureAdmin`. */
export async function ensureActs(tx: Tx, { user, login }: Caller): Promise<void> {
  if (user !== login.user) await ensureAdmin(tx, login);
}
