/** The commands on use (accounts: the caller's own account, the operator). */
import { presentAccount, userWord } from "../accounts/account.ts";
import type { Declared, Example, Pages, Params } from "../api/command.ts";
import type { Properties, Value } from "../api/properties.ts";
import { shown } from "../api/shown.ts";
import type { Clock } from "../base/clock.ts";
import { HOUR_S } from "../base/durations.ts";
import { usage } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import { moneyText } from "../billing/money.ts";
import { monthAt } from "../billing/month.ts";
import { currencyOf } from "../billing/prices.ts";
import type { Usage } from "../metering/roll-up.ts";
import type { Hours } from "../metering/spans.ts";
import type { Store, Tx } from "../store/store.ts";
import { amountText } from "./amount.ts";
import { USAGE_KEYS, USING_KEYS } from "./keys.ts";
import { type UsingNow, usingNow } from "./now.ts";
import { usageBetween } from "./usage.ts";

export type UsageDependencies = { readonly store: Store; readonly clock: Clock };

const USER = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20";

const BETWEEN: Example = {
  params: { FROM: "1798761600", TO: "1801440000" },
  answer: [
    [
      ["resource", "cpu"],
      ["amount", "744000"],
      ["subscribed", "372000"],
      ["burst", "372000"],
      ["cost", "11.904"],
    ],
  ],
};

const NOW: Example = {
  answer: [
    [
      ["resource", "cpu"],
      ["using", 1000],
      ["subscribed", 500],
      ["burst", 500],
      ["price", "0.000032"],
      ["burning", "0.016"],
    ],
  ],
};

const row = { effect: "reads", takes: "nothing", returns: "properties list" } as const;
const between = { ...row, answers: USAGE_KEYS.keys, answersAs: "Usage" } as const;
const now = { ...row, answers: USING_KEYS.keys, answersAs: "Using" } as const;

export const USAGE_COMMANDS: readonly Declared<UsageDependencies>[] = [
  {
    ...between,
    path: "profile/usage[/FROM/TO]",
    summary: "List what one's own account used: in this month so far, or from one whole hour to another",
    errors: ["malformed_parameter", "record_damaged"],
    example: BETWEEN,
    run: (dependencies, { caller, params }) => usageOf(dependencies, async () => caller.user, params),
  },
  {
    ...now,
    path: "profile/usage/now",
    summary: "List what one's own account uses now",
    errors: ["record_damaged"],
    example: NOW,
    run: (dependencies, { caller }) => usingOf(dependencies, async () => caller.user),
  },
  {
    ...between,
    path: "accounts/USER/usage[/FROM/TO]",
    summary: "List what an account used: in this month so far, or from one whole hour to another",
    isAdmins: true,
    errors: ["malformed_parameter", "no_such_user", "record_damaged"],
    example: { ...BETWEEN, params: { USER, ...BETWEEN.params } },
    run: (dependencies, { params }) => usageOf(dependencies, (tx) => present(tx, params), params),
  },
  {
    ...now,
    path: "accounts/USER/usage/now",
    summary: "List what an account uses now",
    isAdmins: true,
    errors: ["no_such_user", "record_damaged"],
    example: { ...NOW, params: { USER } },
    run: (dependencies, { params }) => usingOf(dependencies, (tx) => present(tx, params)),
  },
];

/** Errors: `missing`. */
async function present(tx: Tx, { USER: word }: Params): Promise<UserId> {
  const user = userWord(word);
  await presentAccount(tx, user);
  return user;
}

type Whose = (tx: Tx) => Promise<UserId>;

async function* usageOf({ store, clock }: UsageDependencies, whose: Whose, params: Params): Pages {
  const now = clock.now();
  const hours = hoursIn(params) ?? { from: monthAt(now).from, to: now };
  const { user, isPriced } = await store.snapshot(async (tx) => ({
    user: await whose(tx),
    isPriced: (await currencyOf(tx)) !== null,
  }));
  yield (await usageBetween(store, user, hours, now)).map((each) => usageAnswer(each, isPriced));
}

async function* usingOf({ store, clock }: UsageDependencies, whose: Whose): Pages {
  yield await store.snapshot(async (tx) =>
    (await usingNow(tx, await whose(tx), clock.now())).map(usingAnswer),
  );
}

/** Null where no hours are given. Errors: `usage`. */
function hoursIn({ FROM, TO }: Params): Hours | null {
  if (FROM === undefined || TO === undefined) return null;
  const [from = 0, to = 0] = [FROM, TO].map((word) => {
    if (/^\d{1,12}$/.test(word) && Number(word) % HOUR_S === 0) return Number(word);
    throw usage(
      "malformed_parameter",
      `FROM and TO are whole hours in seconds since the epoch, not ${shown(word)}`,
    );
  });
  if (from <= to) return { from, to };
  throw usage("malformed_parameter", `TO is not before FROM, as ${to} is before ${from}`);
}

const usageAnswer = ({ resource, used, subscribed, burst, cost }: Usage, isPriced: boolean): Properties =>
  USAGE_KEYS.inOrder([
    ["resource", resource] as [string, Value],
    ["amount", amountText(resource, used)],
    ["subscribed", amountText(resource, subscribed)],
    ["burst", amountText(resource, burst)],
    ...(isPriced ? [["cost", moneyText(cost)] as [string, Value]] : []),
  ]);

const usingAnswer = ({ resource, using, subscribed, burst, price, burning }: UsingNow): Properties =>
  USING_KEYS.inOrder([
    ["resource", resource] as [string, Value],
    ["using", Number(using)],
    ["subscribed", Number(subscribed)],
    ["burst", Number(burst)],
    ...(price === null ? [] : [["price", price] as [string, Value]]),
    ...(burning === null ? [] : [["burning", moneyText(burning)] as [string, Value]]),
  ]);
