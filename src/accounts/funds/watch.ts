/**
 * The watch over all accounts' funds: each minute those whose funds can come to an end are looked at, a few at a time, and what
 * is due is done. A daemon that was away begins with what is due now.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { outsideChange } from "../../audit/event.ts";
import { HOUR_S } from "../../base/durations.ts";
import type { UserId } from "../../base/ids.ts";
import { Periodic } from "../../base/periodic.ts";
import { type Credited, mayEndBy } from "../../billing/funds.ts";
import { currencyOf } from "../../billing/prices.ts";
import { statement } from "../../store/statement.ts";
import type { Tx } from "../../store/store.ts";
import { carryOut, type FundsDependencies } from "./carry-out.ts";
import { factsOf } from "./facts.ts";
import { FUNDS_HOURS, nextStep } from "./rule.ts";

const LOOK_MS = 60_000;
/** How many accounts are looked at in one snapshot: first of which of them something can be due at all. */
const PAGE = 200;
/** How long before the end of its funds an account is told first. */
const FIRST_WARNING_S = FUNDS_HOURS[0] * HOUR_S;

/**
 * Does all that is due of all accounts, each minute; to be started once what was charged while no daemon was there is. Errors of
 * a look: the store's, and then the rest is for the next one.
 */
export const openFundsWatch = (dependencies: FundsDependencies): Periodic =>
  new Periodic((goesOn) => outsideChange(() => lookAtAll(dependencies, goesOn)), {
    ...{ everyMs: LOOK_MS, onTrouble: dependencies.onTrouble },
  });

async function lookAtAll(dependencies: FundsDependencies, goesOn: () => boolean): Promise<void> {
  const { store, onTrouble } = dependencies;
  if ((await store.snapshot(currencyOf)) === null) return;
  for (let after = ""; goesOn(); ) {
    const { last, due } = await store.snapshot((tx) => pageAfter(dependencies, tx, after));
    for (const user of due) {
      if (!goesOn()) return;
      // One that fails keeps no other.
      await carryOut(dependencies, user).catch(onTrouble);
    }
    if (last === undefined) return;
    after = last;
    await nextTurn();
  }
}

/** The next accounts, and those of them of which something is due. */
async function pageAfter(
  { terms, clock }: FundsDependencies,
  tx: Tx,
  after: string,
): Promise<{ readonly last: string | undefined; readonly due: readonly UserId[] }> {
  const now = clock.now();
  const accounts = await accountsAfter(tx, after);
  const near = await mayEndBy(tx, accounts, now + FIRST_WARNING_S, now);
  const due: UserId[] = [];
  for (const { user, hasSteps } of accounts) {
    if (!hasSteps && !near.has(user)) continue;
    const known = await factsOf(tx, user, terms, now);
    if (known !== null && nextStep(known.facts) !== null) due.push(user);
  }
  return { last: accounts.at(-1)?.user, due };
}

/** An account, and whether steps were taken about its funds that hold still. */
type Watched = Credited & { readonly user: UserId; readonly hasSteps: boolean };

/** Those that are charged or may come to be: what else there is has no funds that end. */
async function accountsAfter(tx: Tx, after: string): Promise<readonly Watched[]> {
  const { rows } = await watched(tx, { after });
  return rows.map(({ uuid, credit, stepped }) => ({
    ...{ user: uuid as UserId, credit: BigInt(credit), hasSteps: stepped !== null },
  }));
}

type Row = { readonly uuid: string; readonly credit: string; readonly stepped: string | null };

const watched = statement<{ after: string }, Row>((db, param) =>
  db
    .selectFrom("users")
    .leftJoin("funds", "funds.user", "users.uuid")
    .select(["users.uuid", "users.credit", "funds.user as stepped"])
    .where("uuid", ">", param("after"))
    .where("status", "!=", "closed")
    .where(({ eb, or, exists, selectFrom }) =>
      or([
        exists(
          selectFrom("spans")
            .select("spans.serial")
            .whereRef("spans.user", "=", "users.uuid")
            .where("spans.ends", "is", null),
        ),
        exists(selectFrom("ledger").select("ledger.entry").whereRef("ledger.user", "=", "users.uuid")),
        eb("funds.user", "is not", null),
      ]),
    )
    .orderBy("uuid")
    .limit(PAGE),
);
