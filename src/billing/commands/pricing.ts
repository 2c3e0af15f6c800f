/** The commands on prices (accounts: prices). */
import { ensureAdmin } from "../../accounts/standing.ts";
import type { Declared, Example, Login } from "../../api/command.ts";
import { type Changes, readInput } from "../../api/input.ts";
import type { Properties, Value } from "../../api/properties.ts";
import type { Clock } from "../../base/clock.ts";
import { usage } from "../../base/errors.ts";
import type { Store, Tx } from "../../store/store.ts";
import { PRICE_UNITS, PRICED, priceTimes } from "../money.ts";
import {
  addPriceList,
  type NewPriceList,
  PERIODS,
  type Price,
  type PriceList,
  priceListAt,
  priceListsFrom,
  subscriptionPrice,
} from "../prices.ts";
import { PRICE_LIST_INPUT, PRICE_LIST_KEYS, PRICING_KEYS } from "./keys.ts";

export type PricingDependencies = { readonly store: Store; readonly clock: Clock };

const INFO: Example = {
  answer: [
    [
      ["resource", "cpu"],
      ["unit", "core MHz"],
      ["burst", "0.000016"],
      ["subscription:month", "0.0055"],
      ["subscription:year", "0.055"],
      ["currency", "EUR"],
    ],
  ],
};

const LIST: Properties = [
  ["currency", "EUR"],
  ["from", 4_086_547_200],
  ["cpu:burst", "0.000016"],
  ["cpu:subscription", "0.0055"],
  ["created", 1_798_758_000],
];

const GIVEN = {
  ...{ currency: "EUR", from: "2099-07-01T00:00Z" },
  ...{ "cpu:burst": "0.000016", "cpu:subscription": "0.0055" },
};

export const PRICING_COMMANDS: readonly Declared<PricingDependencies>[] = [
  {
    path: "pricing/info",
    summary: "List what resources cost now",
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: PRICING_KEYS.keys,
    answersAs: "Price",
    errors: ["record_damaged"],
    example: INFO,
    async *run({ store, clock }) {
      const list = await store.snapshot((tx) => priceListAt(tx, clock.now()));
      const rows = list === null ? [] : pricesOf(list);
      if (rows.length > 0) yield rows;
    },
  },
  {
    path: "pricing/lists",
    summary: "List the price list in force and those to come",
    isAdmins: true,
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: PRICE_LIST_KEYS.keys,
    answersAs: "PriceList",
    errors: ["record_damaged"],
    example: { answer: [LIST] },
    async *run({ store, clock }) {
      const lists = await store.snapshot((tx) => priceListsFrom(tx, clock.now()));
      if (lists.length > 0) yield lists.map(listAnswer);
    },
  },
  {
    path: "pricing/set",
    summary: "Add a price list, from an hour to come on",
    isAdmins: true,
    effect: "changes",
    takes: "properties",
    keys: PRICE_LIST_INPUT.toCreate,
    returns: "properties",
    answers: PRICE_LIST_KEYS.keys,
    answersAs: "PriceList",
    errors: ["price_list_refused"],
    example: { input: GIVEN, answer: LIST },
    run: async (dependencies, { caller, input }) =>
      listAnswer(
        await setPrices(dependencies, caller.login, listIn(readInput(PRICE_LIST_INPUT, input, "create"))),
      ),
  },
];

/** Adds a price list. Errors: those of `addPriceList` and of `ensureAdmin`. */
export function setPrices(
  { store, clock }: PricingDependencies,
  admin: Login,
  given: NewPriceList,
): Promise<PriceList> {
  const add = async (tx: Tx) => {
    await ensureAdmin(tx, admin);
    return addPriceList(tx, given, clock.now());
  };
  return store.transaction(add, { grows: true });
}

/** A row for each resource that has a price. */
function pricesOf({ currency, prices }: PriceList): readonly Properties[] {
  return PRICED.flatMap((resource) => {
    const price = prices[resource];
    if (price === undefined) return [];
    const subscriptions = PERIODS.flatMap((period): [string, Value][] => {
      const unit = subscriptionPrice(price, period);
      return unit === null ? [] : [[`subscription:${period}`, priceTimes(unit.price, unit.months)]];
    });
    return [
      PRICING_KEYS.inOrder([
        ["resource", resource] as [string, Value],
        ["unit", PRICE_UNITS[resource]],
        ["burst", priceTimes(price.burst, "1")],
        ...subscriptions,
        ["currency", currency],
      ]),
    ];
  });
}

/** Errors: `usage`, a resource has no price for an hour, or a year's without a month's. */
function listIn(changes: Changes): NewPriceList {
  const from = String(changes.get("from"));
  const prices = PRICED.flatMap((resource): [string, Price][] => {
    const [burst, subscription, year] = ["burst", "subscription", "year"].map((what) => {
      const value = changes.get(`${resource}:${what}`) ?? null;
      return value === null ? undefined : String(value);
    });
    if (burst === undefined && subscription === undefined && year === undefined) return [];
    if (burst === undefined)
      throw usage("key_required", `${resource}:burst is missing: a resource that has a price has that`, {
        key: `${resource}:burst`,
      });
    if (year !== undefined && subscription === undefined)
      throw usage(
        "key_required",
        `${resource}:subscription is missing, which ${resource}:year is a factor of`,
        { key: `${resource}:subscription` },
      );
    return [[resource, { burst, subscription, year }]];
  });
  return {
    currency: String(changes.get("currency")),
    from: from === "now" ? null : Date.parse(from) / 1000,
    prices: Object.fromEntries(prices),
  };
}

function listAnswer({ currency, from, prices, created }: PriceList): Properties {
  const entries = Object.entries(prices).flatMap(([resource, price]) =>
    Object.entries(price ?? {}).flatMap(([what, value]): [string, Value][] =>
      value === undefined ? [] : [[`${resource}:${what}`, value]],
    ),
  );
  return PRICE_LIST_KEYS.inOrder([
    ["currency", currency] as [string, Value],
    ["from", from],
    ...entries,
    ["created", created],
  ]);
}
