/** Making invoices final: once all hours of a month are charged to an account, that is recorded, once, and hooks are told. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { Periodic } from "../base/periodic.ts";
import type { Store, Tx } from "../store/store.ts";
import { tellHooks } from "../webhooks/outbox.ts";
import { allChargedUntil, chargedUntil } from "./charged.ts";
import type { ChargingOptions } from "./charging.ts";
import { monthsOf } from "./invoices.ts";
import { PRICED } from "./money.ts";
import { type Month, monthAt } from "./month.ts";

const LOOK_MS = 60_000;
/** How many accounts are looked at in one transaction. */
const PAGE = 25;

/** Makes those final that are, each minute. Errors of a look: the store's. */
export const openInvoicing = (options: ChargingOptions): Periodic =>
  new Periodic((goesOn) => makeAll(options, goesOn), { everyMs: LOOK_MS, onTrouble: options.onTrouble });

async function makeAll({ store, clock }: ChargingOptions, goesOn: () => boolean): Promise<void> {
  for (let after = ""; goesOn(); await nextTurn()) {
    const users = await lacking(store, clock.now(), after);
    const last = users.at(-1);
    if (last === undefined) return;
    await store.transaction(async (tx) => {
      for (const user of users) await makeFinal(tx, user, clock.now());
    });
    after = last;
  }
}

/** Accounts that have a ledger, and no final invoice of the last month of which all is charged, or of one after it. */
function lacking(store: Store, now: number, after: string): Promise<readonly string[]> {
  return store.snapshot(async (tx) => {
    const last = lastCharged(await allChargedUntil(tx, now));
    const rows = await tx
      .selectFrom("users")
      .select("uuid")
      .where("uuid", ">", after)
      .where(({ exists, not, selectFrom, and, or }) => {
        const entries = () =>
          selectFrom("ledger").select("ledger.entry").whereRef("ledger.user", "=", "users.uuid");
        // The first hour of an account may be the last one of a month, and is entered in the next.
        const burst = entries().where("kind", "=", "burst").where("resource", "in", PRICED);
        return and([
          or([
            exists(entries().where("ledger.time", "<", last.to)),
            exists(burst.where("ledger.from", "<", last.to)),
          ]),
          not(
            exists(
              selectFrom("invoices")
                .select("invoices.month")
                .whereRef("invoices.user", "=", "users.uuid")
                .where("invoices.month", ">=", last.name),
            ),
          ),
        ]);
      })
      .orderBy("uuid")
      .limit(PAGE)
      .execute();
    return rows.map(({ uuid }) => uuid);
  });
}

/** The last month that ended at `until` or before it. */
const lastCharged = (until: number): Month => monthAt(monthAt(until).from - 1);

async function makeFinal(tx: Tx, user: string, now: number): Promise<void> {
  const until = await chargedUntil(tx, user, now);
  const made = await tx
    .selectFrom("invoices")
    .select((row) => row.fn.max("month").as("last"))
    .where("user", "=", user)
    .executeTakeFirst();
  for (const { name, to } of await monthsOf(tx, user, now)) {
    if (name <= (made?.last ?? "") || to > until) continue;
    await tx.insertInto("invoices").values({ user, month: name, made: now }).execute();
    await tellHooks(tx, "invoice.made", user, { month: name });
  }
}
