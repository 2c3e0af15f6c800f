/** Requests about money with their answers. ANN is the admin, BOB and EVE are users; SUBSCRIPTION is bob's. */
import type { Row } from "../../testing/conformance/exchange.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^\d{10}$/;

const usage = { status: 400, error: "usage" } as const;
const missing = { status: 404, error: "missing" } as const;

const CREDIT = { amount: "10", reference: "paid-1", text: "bank transfer" };
const BUY = { resource: "cpu", amount: 500, period: "month" };
const LIST = { currency: "EUR", from: "now", "cpu:burst": "1" };

/** Before there are prices. */
export const UNPRICED_ROWS: readonly Row[] = [
  ...(
    [
      ["crediting an account", "accounts/BOB/credit", CREDIT],
      ["giving an account credit", "accounts/BOB/set", { credit: "5" }],
      ["making an account with credit", "accounts/create", { name: "x", credit: "5" }],
      ["a quote", "subscriptions/quote", BUY],
      ["a subscription", "subscriptions/create", BUY],
    ] as const
  ).map(([what, path, give]) => ({
    name: `${what} is 400 usage without a price list`,
    ...{ path, give, ...usage, code: "no_prices" },
  })),
];

export const PRICE_ROWS: readonly Row[] = [
  ...(
    [
      ["no currency", { from: "now" }, "key_required"],
      ["a currency that is none", { ...LIST, currency: "EUX" }, "malformed_value"],
      ["another currency than before", { ...LIST, currency: "USD" }, "price_list_refused"],
      ["no time", { currency: "EUR" }, "key_required"],
      ["now, where there is one", LIST, "price_list_refused"],
      ["an hour that has passed", { ...LIST, from: "2020-01-01T00:00Z" }, "price_list_refused"],
      ["a time within an hour", { ...LIST, from: "2099-01-01T00:30Z" }, "malformed_value"],
      ["a price below zero", { ...LIST, "cpu:burst": "-1" }, "malformed_value"],
      ["a price of thirteen places", { ...LIST, "cpu:burst": "0.0000000000001" }, "malformed_value"],
      ["a resource that has no price", { ...LIST, "servers:burst": "1" }, "unknown_key"],
      [
        "a subscription without an hour's price",
        { currency: "EUR", from: "now", "ip:subscription": "1" },
        "key_required",
      ],
      ["a year without a month", { ...LIST, "cpu:year": "9" }, "key_required"],
    ] as const
  ).map(([what, give, code]) => ({
    name: `a price list with ${what} is 400 usage`,
    ...{ path: "pricing/set", give, ...usage, code },
  })),
];

export const CREDIT_ROWS: readonly Row[] = [
  {
    name: "a credit is entered in the ledger, and answers the entry",
    path: "accounts/BOB/credit",
    give: CREDIT,
    status: 200,
    answer: {
      ...{ entry: 1, time: TIME, amount: "10", balance: "10", kind: "credit", text: "bank transfer" },
      ...{ resource: null, from: null, to: null },
    },
  },
  {
    name: "a credit whose reference was used answers the entry that it made, and credits nothing more",
    path: "accounts/BOB/credit",
    give: { ...CREDIT, amount: "99" },
    status: 200,
    answer: { entry: 1, amount: "10", balance: "10" },
  },
  {
    name: "a reference is an account's own",
    path: "accounts/EVE/credit",
    give: CREDIT,
    status: 200,
    answer: { entry: 1, amount: "10", balance: "10" },
  },
  {
    name: "a credit below zero is a correction",
    path: "accounts/BOB/credit",
    give: { amount: "-12.50", reference: "mistake" },
    status: 200,
    answer: { entry: 2, amount: "-12.5", balance: "-2.5", kind: "correction", text: null },
  },
  {
    name: "a balance may be as large as its cloud's accounts are rich",
    path: "accounts/BOB/credit",
    give: { amount: "9999999999.99999999", reference: "rich" },
    status: 200,
    answer: { entry: 3, balance: "9999999997.49999999" },
  },
  {
    name: "a credit that makes the balance larger than is counted is 400 usage",
    path: "accounts/BOB/credit",
    give: { amount: "9999999999", reference: "richer" },
    ...usage,
    code: "malformed_value",
    says: /would make the balance 19999999996.49999999/,
  },
  ...(
    [
      ["no amount", { reference: "a" }, "key_required"],
      ["an amount of nothing", { amount: "0", reference: "a" }, "malformed_value"],
      ["an amount of nine places", { amount: "0.000000001", reference: "a" }, "malformed_value"],
      ["an amount that is no number", { amount: "much", reference: "a" }, "malformed_value"],
      ["no reference", { amount: "1" }, "key_required"],
      ["a key that is none", { ...CREDIT, kind: "refund" }, "unknown_key"],
    ] as const
  ).map(([what, give, code]) => ({
    name: `a credit with ${what} is 400 usage`,
    ...{ path: "accounts/BOB/credit", give, ...usage, code },
  })),
  ...[NOBODY, "x"].map((user) => ({
    name: `a credit of the account ${user} is 404 missing`,
    ...{ path: `accounts/${user}/credit`, give: CREDIT, ...missing, code: "no_such_user" },
  })),
  {
    name: "no account credits itself",
    path: "accounts/BOB/credit",
    as: "BOBAUTH",
    give: CREDIT,
    ...missing,
  },
  {
    name: "credit that is below zero is 400 usage",
    path: "accounts/BOB/set",
    give: { credit: "-1" },
    ...usage,
    code: "malformed_value",
  },
];

export const SUBSCRIPTION_ROWS: readonly Row[] = [
  {
    name: "a subscription is charged and told with all of its keys",
    path: "subscriptions/create",
    as: "BOBAUTH",
    give: { ...BUY, renew: "true" },
    status: 200,
    answer: {
      ...{ subscription: UUID, resource: "cpu", amount: 500, period: "month", from: TIME, to: TIME },
      ...{ renew: "true", price: "5", status: "active", left: null },
    },
  },
  {
    name: "amounts of disk and xfer take a suffix, and xfer tells what is left",
    path: "subscriptions/create",
    as: "BOBAUTH",
    give: { resource: "xfer", amount: "3G", period: "year" },
    status: 200,
    answer: { amount: 3 * 2 ** 30, price: "1.5", left: 3 * 2 ** 30, renew: "false" },
  },
  {
    name: "info of a subscription tells it again",
    path: "subscriptions/SUBSCRIPTION/info",
    as: "BOBAUTH",
    status: 200,
    answer: { subscription: UUID, amount: 1000, price: "10", renew: "false", status: "active" },
  },
  {
    name: "set changes whether a subscription is renewed, and answers as info does",
    path: "subscriptions/SUBSCRIPTION/set",
    as: "BOBAUTH",
    give: { renew: "true" },
    status: 200,
    answer: { subscription: UUID, renew: "true", amount: 1000 },
  },
  ...(
    [
      ["no resource", { amount: 1, period: "month" }, "key_required"],
      ["a resource that is none", { ...BUY, resource: "servers" }, "malformed_value"],
      ["a resource without a price", { ...BUY, resource: "ip" }, "no_price"],
      ["an amount of nothing", { ...BUY, amount: 0 }, "malformed_value"],
      ["no amount", { resource: "cpu", period: "month" }, "key_required"],
      ["a suffix on what is no size", { ...BUY, amount: "4k" }, "malformed_value"],
      ["a period that is none", { ...BUY, period: "week" }, "malformed_value"],
      ["a renewal that is neither true nor false", { ...BUY, renew: "maybe" }, "malformed_value"],
    ] as const
  ).flatMap(([what, give, code]) =>
    ["create", "quote"].map((verb) => ({
      name: `${verb} of a subscription with ${what} is 400 usage`,
      ...{ path: `subscriptions/${verb}`, as: "BOBAUTH", give, ...usage, code },
    })),
  ),
  {
    name: "a subscription that the balance does not hold is 402 billing",
    path: "subscriptions/create",
    as: "EVEAUTH",
    give: BUY,
    status: 402,
    error: "billing",
    code: "funds_short",
    says: /costs 5 EUR, and your balance is 0/,
  },
  ...(["amount", "period", "resource"] as const).map((key) => ({
    name: `a subscription's ${key} never changes`,
    path: "subscriptions/SUBSCRIPTION/set",
    as: "BOBAUTH",
    give: { [key]: key === "amount" ? 1 : key === "period" ? "year" : "mem" },
    ...usage,
    code: "key_not_settable",
  })),
  ...["info", "set"].flatMap((verb) => [
    ...[NOBODY, "x"].map((word) => ({
      name: `${verb} of the subscription ${word} is 404 missing`,
      ...{ path: `subscriptions/${word}/${verb}`, as: "BOBAUTH" },
      ...(verb === "set" ? { give: { renew: "true" } } : {}),
      ...{ ...missing, code: "no_such_subscription" },
    })),
    {
      name: `${verb} of another's subscription is 404 missing`,
      ...{ path: `subscriptions/SUBSCRIPTION/${verb}`, as: "EVEAUTH" },
      ...(verb === "set" ? { give: { renew: "true" } } : {}),
      ...{ ...missing, code: "no_such_subscription" },
    },
  ]),
  {
    name: "a subscription is not destroyed: it ends",
    path: "subscriptions/SUBSCRIPTION/destroy",
    as: "BOBAUTH",
    give: {},
    ...missing,
    code: "no_such_command",
  },
];

export const LEDGER_ROWS: readonly Row[] = [
  ...["profile/ledger/x/1", "profile/ledger/1/-1", "accounts/BOB/ledger/1/soon"].map((path) => ({
    name: `${path}, which names no time, is 400 usage`,
    ...{ path, ...usage, code: "malformed_parameter" },
  })),
  ...["ledger", "subscriptions/list", "subscriptions/info"].map((what) => ({
    name: `${what} of an account that is not there is 404 missing`,
    ...{ path: `accounts/${NOBODY}/${what}`, ...missing, code: "no_such_user" },
  })),
];
