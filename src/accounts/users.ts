/**
 * Users: a UUID, which is the name of HTTP Basic authentication, and a secret API key, which is its password (spec:
 * introduction). The key is 256 random bits, so a plain hash of it is as good as a slow one.
 */
import { createHash, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import type { UserId } from "../base/ids.ts";
import { CLOUD_USER, parseUuid } from "../base/ids.ts";
import type { Store } from "../store/store.ts";

export type User = { readonly uuid: UserId; readonly name: string };

/** A user with the secret, which is shown once. */
export type NewUser = User & { readonly secret: string };

/** A user with a key of their own, of whom no store knows yet. */
export const newUser = (name: string): NewUser => ({
  uuid: randomUUID() as UserId,
  name,
  secret: randomBytes(32).toString("base64url"),
});

/** Makes an account. */
export async function createUser(store: Store, name: string): Promise<NewUser> {
  const user = newUser(name);
  await addUser(store, user);
  return user;
}

/** Makes the account of that user. */
export async function addUser(store: Store, user: NewUser): Promise<void> {
  await store.transaction(
    (tx) =>
      tx
        .insertInto("users")
        .values({
          uuid: user.uuid,
          name: user.name,
          key_sha256: sha256(user.secret),
          created: Math.floor(Date.now() / 1000),
        })
        .execute(),
    { grows: true },
  );
}

/** All accounts, oldest first; the cloud itself is none. */
export async function listUsers(store: Store): Promise<readonly User[]> {
  const rows = await store.snapshot((tx) =>
    tx
      .selectFrom("users")
      .select(["uuid", "name"])
      .where("uuid", "!=", CLOUD_USER)
      .orderBy("created")
      .orderBy("uuid")
      .execute(),
  );
  return rows.map(({ uuid, name }) => ({ uuid: uuid as UserId, name }));
}

/** Makes the function that answers whose uuid and secret they are, or null: nobody's. */
export function authenticator(store: Store): (user: string, secret: string) => Promise<UserId | null> {
  const keyOf = store.query<{ uuid: string }, { key_sha256: string }>((db, param) =>
    db.selectFrom("users").select("key_sha256").where("uuid", "=", param("uuid")),
  );
  return async (user, secret) => {
    const uuid = parseUuid(user);
    if (uuid === null) return null;
    const [row] = await keyOf({ uuid });
    // The cloud itself has no key.
    if (row === undefined || row.key_sha256 === "") return null;
    const right = timingSafeEqual(Buffer.from(sha256(secret), "hex"), Buffer.from(row.key_sha256, "hex"));
    return right ? (uuid as UserId) : null;
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
