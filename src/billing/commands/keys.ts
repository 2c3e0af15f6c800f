/** The keys of prices, subscriptions and the ledger, in the order of answers (accounts: subscriptions, prices, the caller's own account). */
import { z } from "zod";
import { number, state, time } from "../../api/answered.ts";
import { type Key, keyTable } from "../../api/key.ts";
import { name, sizeBytes, uuid } from "../../api/value.ts";
import { HOUR_MS } from "../../base/durations.ts";
import { isPrice, MONEY_PLACES, PRICE_PLACES, PRICED } from "../money.ts";
import { moneyValue } from "../money-value.ts";
import { PERIODS } from "../prices.ts";

const price = z.string().refine(isPrice);

const CURRENCY: Key = { ...state, pattern: "currency", help: "the currency of the cloud (ISO 4217)" };

const RESOURCE: Key = {
  pattern: "resource",
  schema: z.enum(PRICED),
  takes: `one of ${PRICED.join(", ")}`,
  settable: ["create"],
  required: true,
  group: "general",
  help: "what it is of",
};

export const PRICING_KEYS = keyTable([
  { ...RESOURCE, settable: [], required: false },
  { ...state, pattern: "unit", help: "what a price is for" },
  { ...state, pattern: "burst", help: "a unit for an hour; of xfer, a GB" },
  { ...state, pattern: "subscription:month", help: "a unit for a month of 720 hours" },
  { ...state, pattern: "subscription:year", help: "a unit for a year of 8640 hours" },
  CURRENCY,
]);

const priceKey = (resource: string, what: string, help: string): Key => ({
  pattern: `${resource}:${what}`,
  schema: price,
  takes: "a decimal of less than 1000000 with at most twelve places",
  decimals: PRICE_PLACES,
  settable: ["create"],
  help,
});

/** A currency that there is, by its three letters. */
const currency = z.string().refine((text) => Intl.supportedValuesOf("currency").includes(text));

const HOUR = /^\d{4}-\d\d-\d\dT\d\d:00(?::00(?:\.0{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;
const isHour = (text: string) => HOUR.test(text) && Date.parse(text) % HOUR_MS === 0;

const LIST_CURRENCY: Key = {
  ...CURRENCY,
  schema: currency,
  takes: "the three letters of a currency (ISO 4217)",
  settable: ["create"],
  required: true,
  group: "general",
};

const LIST_PRICES: readonly Key[] = PRICED.flatMap((resource) => [
  priceKey(resource, "burst", "what a unit costs for an hour; of xfer, a GB"),
  priceKey(resource, "subscription", "what a unit costs for a month; without it there are none"),
  priceKey(resource, "year", "what a year costs, in months: ten where nothing is said"),
]);

/** A price list as it comes in. */
export const PRICE_LIST_INPUT = keyTable(
  [
    LIST_CURRENCY,
    {
      pattern: "from",
      schema: z.string().refine((text) => text === "now" || isHour(text)),
      takes: "now, or a whole hour to come such as 2027-07-01T00:00Z",
      settable: ["create"],
      required: true,
      group: "general",
      help: "from when on it holds",
    },
    ...LIST_PRICES,
  ],
  "pricing",
);

/** The same as it is answered. */
export const PRICE_LIST_KEYS = keyTable([
  LIST_CURRENCY,
  { ...time, pattern: "from", help: "from when on it holds" },
  ...LIST_PRICES,
  { ...time, pattern: "created", help: "when it was added" },
]);

export const SUBSCRIPTION_KEYS = keyTable(
  [
    { ...state, schema: uuid, pattern: "subscription", help: "the subscription" },
    RESOURCE,
    {
      pattern: "amount",
      schema: sizeBytes,
      takes: "a number in the unit of the resource, of disk and xfer optionally with a k, M, G or T suffix",
      settable: ["create"],
      required: true,
      group: "general",
      help: "how much of it: core MHz, MB, bytes or pieces",
    },
    {
      pattern: "period",
      schema: z.enum(PERIODS),
      takes: PERIODS.join(" or "),
      settable: ["create"],
      required: true,
      group: "general",
      help: "for how long: a month is 720 hours, a year 8640",
    },
    { ...time, pattern: "from", help: "when it began" },
    { ...time, pattern: "to", help: "when it ends" },
    {
      pattern: "renew",
      schema: z.enum(["true", "false"]),
      takes: "true or false",
      settable: ["create", "stopped", "active"],
      help: "whether another follows it, at the prices of then",
    },
    { ...state, schema: moneyValue, pattern: "price", help: "what it cost" },
    { ...state, schema: z.enum(["active", "ended"]), pattern: "status", help: "active or ended" },
    { ...number, pattern: "left", unit: "bytes", help: "of xfer: what is not used up" },
  ],
  "subscriptions",
);

export const QUOTE_KEYS = keyTable([
  { ...state, schema: moneyValue, pattern: "price", help: "what it would cost" },
  CURRENCY,
  { ...time, pattern: "from", help: "when it would begin" },
  { ...time, pattern: "to", help: "when it would end" },
]);

export const LEDGER_KEYS = keyTable([
  { ...number, pattern: "entry", help: "its number, which grows" },
  { ...time, pattern: "time", help: "when it was entered" },
  { ...state, schema: moneyValue, pattern: "amount", help: "below zero: charged" },
  { ...state, schema: moneyValue, pattern: "balance", help: "after it" },
  {
    ...state,
    schema: z.enum(["burst", "subscription", "credit", "refund", "correction"]),
    pattern: "kind",
    help: "burst, subscription, credit, refund or correction",
  },
  { ...state, schema: z.enum(PRICED), pattern: "resource", help: "what was used or subscribed to" },
  { ...time, pattern: "from", help: "from when on" },
  { ...time, pattern: "to", help: "until when" },
  { ...state, pattern: "text", help: "what it is for" },
]);

export const CREDIT_KEYS = keyTable([
  {
    pattern: "amount",
    schema: moneyValue,
    takes: "an amount of money with at most eight places, below zero for a correction",
    decimals: MONEY_PLACES,
    settable: ["create"],
    required: true,
    group: "general",
    help: "how much",
  },
  {
    pattern: "reference",
    schema: name,
    takes: "a line of at most 255 characters",
    settable: ["create"],
    required: true,
    group: "general",
    help: "what it is called where it comes from: one that was used credits nothing more",
  },
  {
    pattern: "text",
    schema: name,
    takes: "a line of at most 255 characters",
    settable: ["create"],
    help: "what the ledger says of it",
  },
]);

export const LEDGER_FAULT_KEYS = keyTable([
  { ...state, schema: uuid, pattern: "user", help: "whose ledger it is" },
  { ...number, pattern: "entry", help: "the first entry that does not follow from those before it" },
  { ...state, pattern: "fault", help: "what is wrong with it" },
]);
