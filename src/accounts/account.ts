/** An account as it is answered (accounts: the caller's own account). */
import type { Selectable } from "kysely";
import type { Params } from "../api/command.ts";
import type { Value } from "../api/properties.ts";
import { shownWord } from "../api/shown.ts";
import { missing } from "../base/errors.ts";
import { CLOUD_USER, parseUuid, type UserId } from "../base/ids.ts";
import { fundsOf } from "../billing/funds.ts";
import { moneyText } from "../billing/money.ts";
import { type Asking, limitsOf } from "../limits/coverage.ts";
import { areOwnLimitsDamaged, RESOURCES } from "../limits/resources.ts";
import { usedBy } from "../limits/usage.ts";
import { statement } from "../store/statement.ts";
import type { Store, Tx } from "../store/store.ts";
import type { UsersTable } from "../store/tables.ts";
import { ACCOUNT_KEYS } from "./keys.ts";

export type Account = Selectable<UsersTable>;

const noSuchUser = (user: string) => missing("no_such_user", `there is no user ${shownWord(user)}`);

/** The account in a word of the URL; the cloud itself is none. Errors: `missing`. */
export function userWord(word = ""): UserId {
  const uuid = parseUuid(word);
  if (uuid === null || uuid === CLOUD_USER) throw noSuchUser(word);
  return uuid as UserId;
}

/** Errors: `missing`. */
export async function presentAccount(tx: Tx, user: UserId): Promise<Account> {
  const [row] = (await withUuid(tx, { user })).rows;
  if (row === undefined) throw noSuchUser(user);
  return row;
}

const withUuid = statement<{ user: string }, Account>((db, param) =>
  db.selectFrom("users").selectAll().where("uuid", "=", param("user")),
);

/** The account that a path names; to be asked before what is wrong with the input. Errors: `missing`. */
export async function presentUser(store: Store, { USER: word }: Params): Promise<UserId> {
  const user = userWord(word);
  await store.snapshot((tx) => presentAccount(tx, user));
  return user;
}

/** A query of the admins that may ask, the oldest first; the cloud itself is none. */
export const activeAdmins = (tx: Tx) =>
  tx
    .selectFrom("users")
    .select("uuid")
    .where("role", "=", "admin")
    .where("status", "=", "active")
    .where("uuid", "!=", CLOUD_USER)
    .orderBy("created")
    .orderBy("uuid");

const STATUSES: readonly string[] = ["active", "suspended", "closed"] satisfies Account["status"][];
const ROLES: readonly string[] = ["user", "admin"] satisfies Account["role"][];

/** The columns that are damaged. */
export const damagedAccountColumns = ({ limits, role, status }: Account): readonly string[] => [
  ...(areOwnLimitsDamaged(limits) ? ["limits"] : []),
  ...(ROLES.includes(role) ? [] : ["role"]),
  ...(STATUSES.includes(status) ? [] : ["status"]),
];

/**
 * What is answered of the account, with the limits that hold for it, what it uses, and, where there are prices, its money.
 *
 * Errors: `failed`, its limits are damaged.
 */
export async function accountAnswer(
  tx: Tx,
  account: Account,
  { limits, clock }: Pick<Asking, "limits" | "clock">,
) {
  const { uuid, name, email, status, reason, role } = account;
  const own = limitsOf(account.limits, uuid, limits);
  const used = await usedBy(tx, uuid);
  const amounts = (prefix: string, of: Readonly<Partial<Record<string, number>>>) =>
    RESOURCES.flatMap((resource) => {
      const amount = of[resource];
      return amount === undefined ? [] : [[`${prefix}:${resource}`, amount] as [string, Value]];
    });
  return ACCOUNT_KEYS.inOrder([
    ["user", uuid] as [string, Value],
    ["name", name],
    ...(email === "" ? [] : [["email", email] as [string, Value]]),
    ["status", status],
    ...(reason === "" ? [] : [["reason", reason] as [string, Value]]),
    ["role", role],
    ...amounts("limit", own),
    ...amounts("used", used),
    ...(await moneyOf(tx, account, clock)),
  ]);
}

/** Nothing where there is no price list. */
async function moneyOf(
  tx: Tx,
  { uuid, credit }: Account,
  clock: Asking["clock"],
): Promise<[string, Value][]> {
  const funds = await fundsOf(tx, { user: uuid, credit: BigInt(credit) }, clock.now());
  if (funds === null) return [];
  const { currency, balance, burning, fundsUntil } = funds;
  return [
    ["currency", currency],
    ["balance", moneyText(balance)],
    ["credit", moneyText(funds.credit)],
    ["burning", moneyText(burning)],
    ...(fundsUntil === null ? [] : [["funds:until", fundsUntil] as [string, Value]]),
  ];
}
