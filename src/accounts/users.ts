/**
 * Users: the accounts of a cloud, made with a first key each. A UUID is the name of HTTP Basic authentication, and the
 * secret of any of its keys the password (spec: introduction; accounts).
 */
import { randomUUID } from "node:crypto";
import type { Role } from "../api/command.ts";
import type { UserId } from "../base/ids.ts";
import { CLOUD_USER } from "../base/ids.ts";
import type { Store, Tx } from "../store/store.ts";
import { newSecret, secretColumns } from "./secret.ts";

export type User = { readonly uuid: UserId; readonly name: string };

/** A user with the secret, which is shown once. */
export type NewUser = User & { readonly secret: string };

/** What the key is called that an account is made with. */
const FIRST_KEY = "first key";

/** A user with a key of their own, of whom no store knows yet. */
export const newUser = (name: string): NewUser => ({
  uuid: randomUUID() as UserId,
  name,
  secret: newSecret(),
});

/** Makes an account. */
export async function createUser(store: Store, name: string): Promise<NewUser> {
  const user = newUser(name);
  await addUser(store, user);
  return user;
}

/** Makes the account of that user; the first one of a cloud is its admin. */
export async function addUser(store: Store, user: NewUser): Promise<void> {
  await store.transaction(
    async (tx) => insertUser(tx, user, { role: (await isFirst(tx)) ? "admin" : "user" }),
    { grows: true },
  );
}

/** What may be said of an account as it is made. */
export type UserColumns = {
  readonly role: Role;
  readonly email?: string;
  /** As it is stored. */
  readonly limits?: string;
  /** As it is stored. */
  readonly credit?: string;
};

/** Records the account with its first key, of the widest scope. */
export async function insertUser(
  tx: Tx,
  { uuid, name, secret }: NewUser,
  columns: UserColumns,
): Promise<void> {
  const created = Math.floor(Date.now() / 1000);
  await tx
    .insertInto("users")
    .values({ uuid, name, created, ...columns })
    .execute();
  await tx
    .insertInto("api_keys")
    .values({
      ...{
        uuid: randomUUID(),
        user: uuid,
        name: FIRST_KEY,
        scope: "all",
        expires: null,
        used: null,
        created,
      },
      ...secretColumns(secret),
    })
    .execute();
}

async function isFirst(tx: Tx): Promise<boolean> {
  const other = await tx
    .selectFrom("users")
    .select("uuid")
    .where("uuid", "!=", CLOUD_USER)
    .limit(1)
    .execute();
  return other.length === 0;
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
