/**
 * A key for an admin whose secret nobody has any more: who may read and write the cloud's store may do anything with the cloud
 * anyway, and makes one there, beside the API. It is in the audit trail like any other.
 */
import { randomUUID } from "node:crypto";
import { recordEvent } from "../audit/event.ts";
import { failed, missing } from "../base/errors.ts";
import type { Store, Tx } from "../store/store.ts";
import { activeAdmins } from "./account.ts";
import { newSecret, secretColumns } from "./secret.ts";

/** Where it was asked from, as the trail tells it. */
const FROM_STORE = "the store";

/**
 * Makes a key that opens everything and does not end by itself.
 *
 * @param user which admin's; null for the one whose account is the oldest
 *
 * Errors: `missing`, that one is no admin, or is suspended or closed; `failed`, there is none.
 */
export async function makeAdminKey(
  store: Store,
  name: string,
  user: string | null,
): Promise<{ readonly user: string; readonly secret: string }> {
  const [uuid, secret] = [randomUUID(), newSecret()];
  const admin = await store.transaction(
    async (tx) => {
      const found = await adminIn(tx, user);
      const created = Math.floor(Date.now() / 1000);
      await tx
        .insertInto("api_keys")
        .values({
          ...{ uuid, user: found, name, scope: "all", expires: null, created, used: null },
          ...secretColumns(secret),
        })
        .execute();
      const done = { command: "profile/keys/create", object: uuid, key: uuid, address: FROM_STORE };
      await recordEvent(tx, { ...done, user: found, actor: found }, "done");
      return found;
    },
    { grows: true },
  );
  return { user: admin, secret };
}

async function adminIn(tx: Tx, user: string | null): Promise<string> {
  const first = await activeAdmins(tx)
    .$if(user !== null, (rows) => rows.where("uuid", "=", user ?? ""))
    .limit(1)
    .executeTakeFirst();
  if (first !== undefined) return first.uuid;
  if (user !== null)
    throw missing("no_such_user", `there is no admin ${user} who is not suspended or closed`);
  throw failed("the cloud has no admin: lodge user create makes one in a cloud that has no account at all");
}
