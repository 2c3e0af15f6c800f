/** Making and changing accounts: what the store alone knows of them (accounts: the operator). */
import type { Changes } from "../../api/input.ts";
import { busy } from "../../base/errors.ts";
import type { UserId } from "../../base/ids.ts";
import { parseMoney } from "../../billing/money.ts";
import { ensurePriced } from "../../billing/prices.ts";
import { ownLimitsText, RESOURCES, type Resource, readOwnLimits } from "../../limits/resources.ts";
import { createOnce, type Repeat } from "../../operations/idempotency.ts";
import type { Worker } from "../../operations/worker.ts";
import type { Store, Tx } from "../../store/store.ts";
import { type Account, presentAccount } from "../account.ts";
import { accountChanged } from "../login.ts";
import { insertUser, newUser } from "../users.ts";

type Dependencies = { readonly store: Store; readonly worker: Worker };

/** Makes an account; answers its uuid and the secret of its key, null where an earlier request has made it. Errors: `usage`. */
export async function createAccount(
  dependencies: Dependencies,
  changes: Changes,
  repeat: Repeat | null,
): Promise<{ readonly uuid: UserId; readonly secret: string | null }> {
  const made = newUser(String(changes.get("name")));
  const uuid = await createOnce(dependencies, repeat, async (tx) => {
    await insertUser(tx, made, {
      ...(await creditIn(tx, changes)),
      role: changes.get("role") === "admin" ? "admin" : "user",
      email: String(changes.get("email") ?? ""),
      limits: limitsAfter("{}", made.uuid, changes),
    });
    return { object: made.uuid, operation: null };
  });
  return { uuid: uuid as UserId, secret: uuid === made.uuid ? made.secret : null };
}

/** What the owner of an account may change of it. Errors: `missing`. */
export async function setProfile({ store }: Dependencies, user: UserId, changes: Changes): Promise<void> {
  await store.transaction((tx) => changeColumns(tx, user, textsIn(changes)), { grows: true });
}

/** What an admin may. Errors: `missing`; `busy`, it is closed, or would take the last admin's role. */
export async function setAccount({ store }: Dependencies, user: UserId, changes: Changes): Promise<void> {
  await store.transaction(
    async (tx) => {
      const account = await presentAccount(tx, user);
      ensureNotOver(account);
      // A role that is unset is the one of most.
      const role = changes.has("role") ? (changes.get("role") === "admin" ? "admin" : "user") : account.role;
      if (role !== "admin") await ensureNotLastAdmin(tx, account);
      const limits = limitsAfter(account.limits, user, changes);
      await changeColumns(tx, user, { ...textsIn(changes), ...(await creditIn(tx, changes)), role, limits });
    },
    { grows: true },
  );
  accountChanged(store, user);
}

/** Changes an account's row. */
export async function changeColumns(
  tx: Tx,
  user: UserId,
  columns: Partial<
    Pick<Account, "name" | "email" | "status" | "reason" | "role" | "limits" | "credit" | "generation">
  >,
): Promise<void> {
  if (Object.keys(columns).length === 0) return;
  await tx.updateTable("users").set(columns).where("uuid", "=", user).execute();
}

/** Errors: `busy` for one that is closed: that is the end of it. */
export function ensureNotOver({ uuid, status }: Account): void {
  if (status === "closed") throw busy("account_over", `account ${uuid} is closed, and stays so`);
}

/** Errors: `busy` where the account is the last that may act for the whole cloud. */
export async function ensureNotLastAdmin(tx: Tx, account: Account): Promise<void> {
  if (await isLastAdmin(tx, account))
    throw busy(
      "last_admin",
      `account ${account.uuid} is the last whose role is admin: make another one first`,
    );
}

export async function isLastAdmin(tx: Tx, { uuid, role, status }: Account): Promise<boolean> {
  if (role !== "admin" || status !== "active") return false;
  const other = await tx
    .selectFrom("users")
    .select("uuid")
    .where("role", "=", "admin")
    .where("status", "=", "active")
    .where("uuid", "!=", uuid)
    .limit(1)
    .executeTakeFirst();
  return other === undefined;
}

function textsIn(changes: Changes): { name?: string; email?: string } {
  return {
    ...(changes.has("name") ? { name: String(changes.get("name")) } : {}),
    ...(changes.has("email") ? { email: String(changes.get("email") ?? "") } : {}),
  };
}

/** How far below zero its balance may go, as it is stored: not at all where that is unset. Errors: `usage`, there is no money. */
async function creditIn(tx: Tx, changes: Changes): Promise<{ credit?: string }> {
  if (!changes.has("credit")) return {};
  await ensurePriced(tx);
  return { credit: String(parseMoney(String(changes.get("credit") ?? "0"))) };
}

/** The account's own limits after a change; one that is unset is the daemon's again. Errors: `failed`, they are damaged. */
function limitsAfter(before: string, user: UserId, changes: Changes): string {
  const after: Partial<Record<Resource, number>> = { ...readOwnLimits(before, user) };
  for (const resource of RESOURCES) {
    const key = `limit:${resource}`;
    if (!changes.has(key)) continue;
    const limit = changes.get(key) ?? null;
    if (limit === null) delete after[resource];
    else after[resource] = Number(limit);
  }
  return ownLimitsText(after);
}
