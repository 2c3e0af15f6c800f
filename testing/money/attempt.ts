/** How a history asks the product for something, whatever becomes of the daemon meanwhile. */
import assert from "node:assert/strict";
import type { UserId } from "../../src/base/ids.ts";
import type { Funds } from "./funds.ts";
import type { Account, Amounts, Prices } from "./model.ts";
import type { Answer, Asked, Product } from "./product.ts";

/** An account, as both know it. */
export type Party = { readonly user: UserId; readonly model: Account; readonly funds: Funds };

export type Context = {
  readonly product: Product;
  readonly prices: Prices;
  readonly party: Party;
  readonly parties: readonly Party[];
  /** An account with the role `admin`. */
  readonly operator: UserId;
};

/** Something on its way: a crash may come before it was done, or before it was answered. */
export type Attempt = {
  run(): Promise<void>;
  /** Tells the model, once the daemon is there again. */
  settle(): Promise<void>;
};

/** Of what is not there to be asked for. */
export const NOTHING: Attempt = { run: async () => {}, settle: async () => {} };

/** What only happens, and that at once. */
export const happening = (run: () => void | Promise<void>): Attempt => ({
  ...NOTHING,
  run: async () => run(),
});

type Question = Omit<Asked, "user">;

/**
 * A command of the account's that makes it use so much more, of which `Holdings` tell the model. It is refused with
 * `billing` exactly where the account does not cover that; by what comes before and after that (400, 404, 409, 507) it may
 * be refused in any case.
 */
export function asking(
  { product, party }: Context,
  question: Question,
  more: Amounts,
  heed: (answer: Answer) => void = () => {},
): Attempt {
  const isRefused = isShort(party, product.now, more);
  return {
    ...NOTHING,
    async run() {
      const answer = await product.ask({ user: party.user, ...question });
      assertRefused(question.path, answer, isRefused);
      heed(answer);
    },
  };
}

/** Whether a command that makes an account use more is one that it does not cover. What uses no more asks for nothing. */
function isShort({ model, funds }: Party, now: number, more: Amounts): boolean {
  if (Object.keys(more).length === 0) return false;
  return funds.status === "suspended" || !model.holds(now, more);
}

/** Errors that a command ends in before it is judged what is covered. */
const BEFORE = ["usage", "missing"];

/** Whether the command was refused with `billing` exactly where that was to be. */
export function assertRefused(path: string, { refused }: Answer, isExpected: boolean): void {
  if (refused !== null && BEFORE.includes(refused.type)) return;
  const is = refused?.type === "billing";
  assert.equal(is, isExpected, `${path} is ${isExpected ? "to be refused" : "covered"}: ${refused?.message}`);
}

/** What the operator may ask for again where no answer came, and does no more then. */
export function again(
  { product, operator }: Context,
  question: Question,
  tell: (answer: Answer) => void,
): Attempt {
  let isTold = false;
  const run = async () => {
    const answer = await product.ask({ user: operator, role: "admin", ...question });
    // At once: what the daemon does next, before it is killed, follows from it.
    if (!isTold) tell(answer);
    isTold = true;
  };
  return {
    run,
    async settle() {
      if (!isTold) await run();
    },
  };
}

/** What must not be asked for twice: whether it was done is known by how many there are of it in the store. */
export function once(count: () => number, run: () => Promise<void>, tell: () => void): Attempt {
  const before = count();
  let isTold = false;
  const settle = async () => {
    const more = count() - before;
    assert.ok(more === 0 || more === 1, `there are ${more} more`);
    if (more === 1 && !isTold) tell();
    isTold = more === 1;
  };
  return {
    async run() {
      await run();
      // At once, as `again` does.
      await settle();
    },
    settle,
  };
}
