/**
 * A history told to the product and to the plain model at once: after every act both must say the same of every account,
 * to the last digit.
 */
import assert from "node:assert/strict";
import type { UserId } from "../../src/base/ids.ts";
import type { AllRecords } from "../simulation/records.ts";
import { ACCOUNTS, type Act } from "./acts.ts";
import type { Attempt, Party } from "./attempt.ts";
import { Comparison } from "./comparison.ts";
import { attempt } from "./deeds.ts";
import { Funds } from "./funds.ts";
import { Holdings } from "./holdings.ts";
import { Account, Prices } from "./model.ts";
import { BEGIN, Product } from "./product.ts";

/** How soon before a subscription ends that is waited for. */
const BEFORE_END_S = 600;

/** What did not hold, and at which act. */
export class Difference extends Error {
  readonly act: number;

  constructor(act: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "Difference";
    this.act = act;
  }
}

/** Errors: Difference. */
export async function runHistory(acts: readonly Act[]): Promise<void> {
  const product = await Product.open();
  try {
    const course = await Course.begin(product);
    for (const [index, act] of acts.entries()) {
      try {
        await course.do(act);
      } catch (error) {
        throw new Difference(index, error);
      }
    }
    await course.end().catch((error) => {
      throw new Difference(acts.length, error);
    });
  } finally {
    await product.close();
  }
}

class Course {
  readonly #product: Product;
  readonly #operator: UserId;
  readonly #prices = new Prices();
  readonly #parties: readonly Party[];
  readonly #holdings: Holdings;
  readonly #comparison: Comparison;

  private constructor(product: Product, operator: UserId, users: readonly UserId[]) {
    this.#product = product;
    this.#operator = operator;
    this.#holdings = new Holdings(product.machine);
    this.#parties = users.map((user) => {
      const model = new Account(this.#prices, BEGIN);
      return { user, model, funds: new Funds(model, product.terms) };
    });
    this.#comparison = new Comparison(product, this.#prices, this.#parties);
  }

  static async begin(product: Product): Promise<Course> {
    const operator = await product.user("operator");
    const users: UserId[] = [];
    for (let account = 0; account < ACCOUNTS; account++) users.push(await product.user(`account ${account}`));
    return new Course(product, operator, users);
  }

  async do(act: Act): Promise<void> {
    const product = this.#product;
    await this.#pass(this.#secondsBefore(act), act.every);
    const party = this.#parties[act.who % this.#parties.length] as Party;
    const [prices, parties, operator] = [this.#prices, this.#parties, this.#operator];
    const context = { product, prices, party, parties, operator };
    const attempted = attempt(act, context);
    const seen = await product.untilCrash(act.crash, async () => {
      await attempted.run();
      return product.minute();
    });
    if (seen === null) {
      await this.#goAway(act.crash?.awaySeconds ?? 0);
      await this.#comeBack(attempted);
    } else {
      await attempted.settle();
      this.#settled(seen);
    }
    if (act.do === "be away") await this.#beAway(act);
    if (act.do === "decide") await this.#decide(act);
    await this.#comparison.now();
  }

  #secondsBefore(act: Act): number {
    if (act.do !== "go to the next end") return act.after;
    const { now } = this.#product;
    const ends = this.#parties.flatMap(({ model }) => model.subscriptions.map(({ to }) => to));
    const next = Math.min(...ends.filter((to) => to - BEFORE_END_S > now));
    return Number.isFinite(next) ? next - BEFORE_END_S - now : act.after;
  }

  /** What is checked once alone. */
  async end(): Promise<void> {
    await this.#comparison.whole();
  }

  /** Time passes, and the daemon looks now and then, but for the end of it. */
  async #pass(seconds: number, every: number): Promise<void> {
    for (let left = seconds; left > 0; left -= every) {
      this.#product.now += Math.min(left, every);
      if (left <= every) return;
      this.#settled(await this.#product.minute());
    }
  }

  /** The daemon is killed, and what ends meanwhile ends unseen. */
  async #beAway({ seconds, off }: Extract<Act, { readonly do: "be away" }>): Promise<void> {
    const { machine } = this.#product;
    await this.#goAway(Math.floor(seconds / 2));
    const server = off === null ? undefined : [...machine.servers.keys()].at(off % machine.servers.size);
    if (server !== undefined) this.#product.switchOff(server);
    this.#look();
    this.#product.now += Math.ceil(seconds / 2);
    await this.#comeBack(null);
  }

  /** What the operator decides holds from the next begin of the daemon on. */
  async #decide({ keepDays, destroys }: Extract<Act, { readonly do: "decide" }>): Promise<void> {
    await this.#goAway(0);
    Object.assign(this.#product.terms, { keepDays, destroys });
    await this.#comeBack(null);
  }

  async #goAway(seconds: number): Promise<void> {
    await this.#product.kill();
    this.#look();
    for (const { user, model, funds } of this.#parties) {
      funds.recall(this.#product.fundsOf(user), this.#product.now);
      const charged = this.#product.chargedOf(user);
      if (charged !== null) model.recall(charged);
    }
    this.#product.now += seconds;
  }

  async #comeBack(attempted: Attempt | null): Promise<void> {
    await this.#product.restart();
    await attempted?.settle();
    this.#settled(await this.#product.minute(), true);
  }

  /**
   * Both have done what there was to do: their ledgers are the same.
   *
   * @param seen what there was as the product first looked at funds: a suspension ends servers, and with them what burns
   * @param wasKilled whether the daemon was, at anything of what was to be done
   */
  #settled(seen: AllRecords, wasKilled = false): void {
    const { now } = this.#product;
    this.#look(seen);
    const going = new Map(
      this.#parties.map(({ user, funds }) => [user, funds.look(now, hasDrives(seen, user))]),
    );
    const left = this.#product.records();
    this.#look(left);
    for (const { user, model, funds } of this.#parties) {
      model.charge(now);
      const isGoing = funds.look(now, going.get(user) !== true && hasDrives(seen, user)) || going.get(user);
      const drives = drivesOf(seen, user);
      assert.deepEqual(drivesOf(left, user), isGoing === true ? [] : drives, "drives that are kept");
    }
    assert.deepEqual(this.#product.troubles, []);
    this.#comparison.ledgers(wasKilled);
  }

  /** Tells the model what is held. */
  #look(records: AllRecords = this.#product.records()): void {
    for (const { user, object, amounts, at } of this.#holdings.look(records, this.#product.now)) {
      this.#parties.find((party) => party.user === user)?.model.hold(object, amounts, at);
    }
  }
}

/** The account's drives that are not about to be gone. */
const drivesOf = ({ drives }: AllRecords, user: UserId): readonly string[] =>
  drives.filter((drive) => drive.user === user && drive.phase !== "destroying").map(({ uuid }) => uuid);

const hasDrives = (records: AllRecords, user: UserId): boolean => drivesOf(records, user).length > 0;
