/** What the rule of funds is to know of an account, read in one transaction. */
import type { Selectable } from "kysely";
import type { UserId } from "../../base/ids.ts";
import { fundsOf } from "../../billing/funds.ts";
import { statement } from "../../store/statement.ts";
import type { Tx } from "../../store/store.ts";
import type { Tables } from "../../store/tables.ts";
import { type Account, presentAccount } from "../account.ts";
import { type Done, type Facts, FUNDS_HOURS, type Terms } from "./rule.ts";
import { warningsOf } from "./warnings.ts";

const NOTHING_DONE: Done = { warnedHours: null, ended: null, suspended: null };

/** Null where there are no prices. Errors: `missing`. */
export async function factsOf(
  tx: Tx,
  user: UserId,
  terms: Terms,
  now: number,
): Promise<{ readonly account: Account; readonly facts: Facts } | null> {
  const account = await presentAccount(tx, user);
  const funds = await fundsOf(tx, { user, credit: BigInt(account.credit) }, now);
  if (funds === null) return null;
  const { balance, credit, fundsUntil: until } = funds;
  const done = await doneOf(tx, user);
  const facts = {
    ...{ now, status: account.status, terms, done: done ?? NOTHING_DONE, until },
    isShort: balance + credit < 0n,
    isPositive: balance > 0n,
    ...(await warningsOf(tx, user, done?.suspended ?? null)),
    hasDrives: done?.suspended != null && (await hasDrives(tx, user)),
  };
  return { account, facts };
}

async function doneOf(tx: Tx, user: string): Promise<Done | null> {
  const [row] = (await recorded(tx, { user })).rows;
  if (row === undefined) return null;
  const { warned_hours, ended, suspended } = row;
  return { warnedHours: FUNDS_HOURS.find((hours) => hours === warned_hours) ?? null, ended, suspended };
}

const recorded = statement<{ user: string }, Recorded>((db, param) =>
  db.selectFrom("funds").select(["warned_hours", "ended", "suspended"]).where("user", "=", param("user")),
);

type Recorded = Pick<Selectable<Tables["funds"]>, "warned_hours" | "ended" | "suspended">;

/** Records what was done; nothing leaves no row. */
export async function recordDone(tx: Tx, user: string, done: Done): Promise<void> {
  const { warnedHours: warned_hours, ended, suspended } = done;
  if (warned_hours === null && ended === null && suspended === null) {
    await tx.deleteFrom("funds").where("user", "=", user).execute();
    return;
  }
  await tx
    .insertInto("funds")
    .values({ user, warned_hours, ended, suspended })
    .onConflict((conflict) => conflict.column("user").doUpdateSet({ warned_hours, ended, suspended }))
    .execute();
}

const hasDrives = async (tx: Tx, user: string): Promise<boolean> =>
  (await anyDrive(tx, { user })).rows.length > 0;

const anyDrive = statement<{ user: string }, { readonly uuid: string }>((db, param) =>
  db
    .selectFrom("drives")
    .select("uuid")
    .where("user", "=", param("user"))
    .where("phase", "!=", "destroying")
    .limit(1),
);
