/**
 * A code that begins one session, within minutes: the way into the console for whoever may read the home of the cloud, who
 * need copy no key. The store has a digest of it.
 */
import { shownWord } from "../api/shown.ts";
import { missing } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import type { Store } from "../store/store.ts";
import { activeAdmins } from "./account.ts";
import { newSecret, secretColumns } from "./secret.ts";
import { sessionToken } from "./sessions.ts";

/** How long it is good. */
export const CODE_S = 600;
/** How many an account has at once; the oldest makes way. */
const MOST_CODES = 10;

/**
 * Makes one for the account: its sessions open what the oldest key does that opens everything and does not end by itself,
 * of which every account has one. Errors: `missing`, there is no such account, or it is closed.
 */
export async function makeSessionCode(store: Store, user: UserId): Promise<string> {
  const secret = newSecret();
  const { sha256 } = secretColumns(secret);
  const expires = Math.floor(Date.now() / 1000) + CODE_S;
  await store.transaction(
    async (tx) => {
      const key = await tx
        .selectFrom("api_keys")
        .select("uuid")
        .where("user", "=", user)
        .where("scope", "=", "all")
        .where("expires", "is", null)
        .orderBy("serial")
        .limit(1)
        .executeTakeFirst();
      if (key === undefined)
        throw missing("no_such_user", `there is no user ${shownWord(user)} who may log in`);
      const kept = tx
        .selectFrom("session_codes")
        .select("serial")
        .where("user", "=", user)
        .orderBy("serial", "desc")
        .limit(MOST_CODES - 1);
      await tx.deleteFrom("session_codes").where("user", "=", user).where("serial", "not in", kept).execute();
      await tx.insertInto("session_codes").values({ user, key: key.uuid, expires, sha256 }).execute();
    },
    { grows: true },
  );
  return sessionToken(user, secret);
}

/** Whose way in it is that the home's own user is shown: the admin who was made first. Errors: `missing`. */
export async function firstAdmin(store: Store): Promise<UserId> {
  const admin = await store.snapshot((tx) => activeAdmins(tx).limit(1).executeTakeFirst());
  if (admin === undefined) throw missing("no_such_user", "there is no admin yet: start Lodge first");
  return admin.uuid as UserId;
}
