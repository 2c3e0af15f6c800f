/**
 * The watch over all accounts' funds: each minute those whose funds can come to an end are looked at, a few at a time, and what
 * is due is done. A daemon that was away begins with what is due now.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { outsideChange } from "../../audit/event.ts";
import { coalesce } from "../../base/coalesce.ts";
import type { UserId } from "../../base/ids.ts";
import { currencyOf } from "../../billing/prices.ts";
import type { Tx } from "../../store/store.ts";
import { carryOut, type FundsDependencies } from "./carry-out.ts";
import { factsOf } from "./facts.ts";
import { nextStep } from "./rule.ts";

const LOOK_MS = 60_000;
/** How many accounts are looked at in one snapshot. */
const PAGE = 25;

export class FundsWatch {
  readonly #dependencies: FundsDependencies;
  readonly #look = coalesce(() => outsideChange(() => this.#lookAtAll()));
  #timer: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(dependencies: FundsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Looks from now on. To be called once what was charged while no daemon was there is. */
  start(): void {
    const look = () => void this.look().catch(this.#dependencies.onTrouble);
    this.#timer = setInterval(look, LOOK_MS).unref();
    look();
  }

  /** Does all that is due now, of all accounts. Errors: the store's, and then the rest is for the next look. */
  look(): Promise<void> {
    return this.#look();
  }

  /** Ends between two accounts. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#timer);
    await this.#look().catch(() => {});
  }

  async #lookAtAll(): Promise<void> {
    const { store, onTrouble } = this.#dependencies;
    if ((await store.snapshot(currencyOf)) === null) return;
    for (let after = ""; !this.#isClosing; ) {
      const { last, due } = await store.snapshot((tx) => this.#page(tx, after));
      for (const user of due) {
        if (this.#isClosing) return;
        // One that fails keeps no other.
        await carryOut(this.#dependencies, user).catch(onTrouble);
      }
      if (last === undefined) return;
      after = last;
      await nextTurn();
    }
  }

  /** The next accounts, and those of them of which something is due. */
  async #page(
    tx: Tx,
    after: string,
  ): Promise<{ readonly last: string | undefined; readonly due: readonly UserId[] }> {
    const { terms, clock } = this.#dependencies;
    const users = await accountsAfter(tx, after);
    const due: UserId[] = [];
    for (const user of users) {
      const known = await factsOf(tx, user, terms, clock.now());
      if (known !== null && nextStep(known.facts) !== null) due.push(user);
    }
    return { last: users.at(-1), due };
  }
}

/** Those that are charged or may come to be: what else there is has no funds that end. */
async function accountsAfter(tx: Tx, after: string): Promise<readonly UserId[]> {
  const rows = await tx
    .selectFrom("users")
    .select("uuid")
    .where("uuid", ">", after)
    .where("status", "!=", "closed")
    .where(({ or, exists, selectFrom }) =>
      or([
        exists(
          selectFrom("spans")
            .select("spans.serial")
            .whereRef("spans.user", "=", "users.uuid")
            .where("spans.ends", "is", null),
        ),
        exists(selectFrom("ledger").select("ledger.entry").whereRef("ledger.user", "=", "users.uuid")),
        exists(selectFrom("funds").select("funds.user").whereRef("funds.user", "=", "users.uuid")),
      ]),
    )
    .orderBy("uuid")
    .limit(PAGE)
    .execute();
  return rows.map(({ uuid }) => uuid as UserId);
}
