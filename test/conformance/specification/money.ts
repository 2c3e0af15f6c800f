/** The tables about prices, subscriptions and the ledger: an extension in the specification's style. */
import { type Chapter, charging, coverage, ledger, money, moneyRules, stores, type Test } from "./row.ts";

/** A test that runs on both engines. */
const both = (testsOf: (...names: readonly string[]) => readonly Test[], name: string) =>
  testsOf(...["sqlite", "postgres"].map((engine) => `${engine}: ${name}`));

const LISTED = money(
  "a price list to come is listed behind the one in force, and of two of one hour the later one",
);
const PRICES = money("pricing/info tells everybody what each resource costs that has a price");
const SUBSCRIBED = money("a subscription is charged and told with all of its keys");
const STORED = money("amounts of disk and xfer take a suffix, and xfer tells what is left");
const SUBSCRIPTIONS = money(
  "subscriptions are listed oldest first, to their owner and to an admin, each as by its own info",
);
const QUOTE = money("a quote is what create charges, and changes nothing");
const LEDGER = money(
  "the ledger tells what was charged and credited, all of it or between two times, to an admin too",
);
const CREDIT = money("a credit is entered in the ledger, and answers the entry");
const CHARGED = both(
  charging,
  "an hour is charged by its seconds and its own prices, two minutes after its end",
);
const CHECKED = both(
  ledger,
  "the check names the first entry of each ledger that does not follow from those before",
);
const RENEWED = both(
  charging,
  "a subscription is renewed at the prices of its end, after the hours before that are charged",
);

const PRICED = "[cpu|mem|disk|ip|vlan|xfer]";
const badList = (...what: readonly string[]) =>
  money(...what.map((each) => `a price list with ${each} is 400 usage`));
const badSubscription = (what: string) =>
  money(...["create", "quote"].map((verb) => `${verb} of a subscription with ${what} is 400 usage`));

const BOUGHT = {
  resource: [
    ...SUBSCRIBED,
    ...badSubscription("a resource that is none"),
    ...badSubscription("a resource without a price"),
  ],
  amount: [...SUBSCRIBED, ...STORED, ...badSubscription("an amount of nothing")],
  period: [...SUBSCRIBED, ...badSubscription("a period that is none")],
  renew: [...SUBSCRIBED, ...badSubscription("a renewal that is neither true nor false")],
};

const asking = (what: string, resources: readonly string[]) => [
  ...resources.flatMap((resource) =>
    coverage(
      `${what} is 402 where the balance does not hold an hour of ${resource}, and is done where it just does`,
      `${what} asks for an hour of the ${resource} alone that subscriptions do not cover`,
      `${what} is done on credit, up to where that ends: ${resource}`,
    ),
  ),
];

const ENTRY_KEYS = ["entry", "time", "amount", "balance", "kind", "resource", "from", "to", "text"];
const all = (keys: readonly string[], tests: readonly Test[]) =>
  Object.fromEntries(keys.map((key) => [key, tests]));

export const MONEY: Chapter = {
  title: "Money",
  tables: [
    {
      title: "Without a price list",
      says: {
        "no key about money appears anywhere": money(
          "lists of prices, subscriptions and entries are empty, and nothing names money",
        ),
        "nothing is credited or subscribed to": money(
          "crediting an account is 400 usage without a price list",
          "giving an account credit is 400 usage without a price list",
          "making an account with credit is 400 usage without a price list",
          "a subscription is 400 usage without a price list",
          "a quote is 400 usage without a price list",
        ),
      },
    },
    {
      title: "Get prices",
      command: "pricing/info",
      row: PRICES,
      answers: all(["resource", "unit", "burst", "subscription:[month|year]", "currency"], PRICES),
      says: { "everybody may ask": money("prices are told every account, by a key of any scope") },
    },
    {
      title: "List price lists",
      command: "pricing/lists",
      row: LISTED,
      answers: all(["currency", "from", `${PRICED}:[burst|subscription|year]`, "created"], LISTED),
    },
    {
      title: "Add a price list",
      command: "pricing/set",
      row: LISTED,
      takes: {
        currency: [
          ...LISTED,
          ...badList("no currency", "a currency that is none", "another currency than before"),
        ],
        from: [
          ...LISTED,
          ...badList(
            "no time",
            "now, where there is one",
            "an hour that has passed",
            "a time within an hour",
          ),
        ],
        [`${PRICED}:[burst|subscription|year]`]: [
          ...PRICES,
          ...badList(
            "a price below zero",
            "a price of thirteen places",
            "a subscription without an hour's price",
            "a year without a month",
          ),
        ],
      },
      says: { "a resource that a list does not name is free": CHARGED },
    },
    {
      title: "Burst",
      says: {
        "charged by the hour, after it has ended, at the price in force in it": CHARGED,
        "rounded half to even at eight places": moneyRules(
          "what use costs is the fraction that it is, rounded half to even at eight places",
          "9000 unit-seconds at 0.00000001 an hour cost 2 units: a half goes to the even one",
          "12600 unit-seconds at 0.00000001 an hour cost 4 units: a half goes to the even one",
        ),
        "an hour is charged once, whatever crashes": [
          ...both(
            charging,
            "a daemon that is killed at any transaction charges each hour once, as one that is not",
          ),
          ...both(ledger, "an hour of a resource is charged once, and a reference of an account used once"),
        ],
        "what could not be charged in its time is charged later, for its own hour": both(
          charging,
          "an account that cannot be charged keeps no other from it, and is charged later for its own hours",
        ),
        "balances are exact sums": [
          ...both(
            ledger,
            "a balance is the sum of all entries, to the last digit, and their numbers grow by one",
          ),
          ...both(ledger, "no entry of the ledger can be changed or removed"),
        ],
      },
    },
    {
      title: "Get a quote",
      command: "subscriptions/quote",
      row: QUOTE,
      takes: BOUGHT,
      answers: all(["price", "currency", "from", "to"], QUOTE),
    },
    {
      title: "Subscribe",
      command: "subscriptions/create",
      row: [
        ...SUBSCRIBED,
        ...money("a subscription that is repeated with its Idempotency-Key is charged once"),
      ],
      takes: BOUGHT,
      answers: {
        ...all(
          ["subscription", "resource", "amount", "period", "from", "to", "renew", "price", "status"],
          SUBSCRIBED,
        ),
        left: STORED,
      },
      says: {
        "active ones are added up, and what is used beyond them is burst": both(
          charging,
          "what subscriptions cover is not charged, up to the second in which they end",
        ),
        "one to xfer is a store of bytes": both(
          charging,
          "bytes come out of the store that ends first, and what is left of them is charged",
        ),
        "what is left of a store at its end is lost": [
          ...both(
            charging,
            "bytes noted late come out of the store of their time, and what is left of it at its end is lost",
          ),
          ...stores("a store holds from its first second up to the one in which it has ended"),
        ],
        "one that is renewed is followed by another at the prices of that moment": RENEWED,
        "a renewal that the balance does not hold ends, and the account is told": both(
          charging,
          "a renewal that the balance does not hold ends the subscription, and the account is told",
        ),
      },
    },
    { title: "List subscriptions", command: "subscriptions/list", row: SUBSCRIPTIONS },
    { title: "Get all subscriptions' info", command: "subscriptions/info", row: SUBSCRIPTIONS },
    {
      title: "Get single subscription info",
      command: "subscriptions/SUBSCRIPTION/info",
      row: [
        ...money("info of a subscription tells it again", "info of another's subscription is 404 missing"),
        ...SUBSCRIPTIONS,
      ],
    },
    {
      title: "Set a subscription",
      command: "subscriptions/SUBSCRIPTION/set",
      row: money("set changes whether a subscription is renewed, and answers as info does"),
      takes: { renew: money("set changes whether a subscription is renewed, and answers as info does") },
      says: {
        "never changed otherwise, nor destroyed": money(
          "a subscription's amount never changes",
          "a subscription's period never changes",
          "a subscription's resource never changes",
          "a subscription is not destroyed: it ends",
        ),
      },
    },
    {
      title: "402 billing: what balance and credit do not hold",
      says: {
        "servers/create": asking("servers/create", ["cpu", "mem"]),
        "servers/SERVER/start": asking("servers/SERVER/start", ["cpu", "mem"]),
        "growing cpu of an active server": asking("servers/SERVER/set, of cpu while it is active", ["cpu"]),
        "drives/create": asking("drives/create", ["disk"]),
        "growing a drive": asking("drives/DRIVE/set, of a larger size", ["disk"]),
        "resources/TYPE/create": [
          ...asking("resources/ip/create", ["ip"]),
          ...asking("resources/vlan/create", ["vlan"]),
        ],
        "subscriptions/create": coverage(
          "subscriptions/create is 402 where the balance does not hold its price, whatever the credit",
          "subscriptions/create is 402 where what is left does not hold an hour of the burst that stays",
          "subscriptions/create is 402 for an account that is suspended, and changes nothing",
        ),
        "two at once": coverage(
          "of two who start the last server that is covered at once, one is refused",
          "of two who subscribe with the last of a balance at once, one is refused",
        ),
        "after 400 and 404, before 409 and 507": coverage(
          "402 comes after 400 and 404, and before 409 and 507",
        ),
      },
    },
    {
      title: "Get the ledger",
      command: "profile/ledger[/FROM/TO]",
      row: LEDGER,
      answers: all(ENTRY_KEYS, LEDGER),
    },
    {
      title: "Get an account's ledger",
      command: "accounts/USER/ledger[/FROM/TO]",
      row: [...LEDGER, ...money("ledger of an account that is not there is 404 missing")],
    },
    {
      title: "Credit an account",
      command: "accounts/USER/credit",
      row: CREDIT,
      takes: {
        amount: [
          ...CREDIT,
          ...money("a credit below zero is a correction", "a credit with an amount of nothing is 400 usage"),
        ],
        reference: money(
          "a credit whose reference was used answers the entry that it made, and credits nothing more",
          "a reference is an account's own",
          "a credit with no reference is 400 usage",
        ),
        text: CREDIT,
      },
      answers: all(["entry", "time", "amount", "balance", "kind", "text"], CREDIT),
    },
    {
      title: "Check all ledgers",
      command: "ledger/check",
      row: CHECKED,
      answers: all(["user", "entry", "fault"], CHECKED),
    },
    {
      title: "List an account's subscriptions",
      command: "accounts/USER/subscriptions/list",
      row: [...SUBSCRIPTIONS, ...money("subscriptions/list of an account that is not there is 404 missing")],
    },
    {
      title: "Get the info of an account's subscriptions",
      command: "accounts/USER/subscriptions/info",
      row: SUBSCRIPTIONS,
    },
    {
      title: "Get the info of one of an account's subscriptions",
      command: "accounts/USER/subscriptions/SUBSCRIPTION/info",
      row: SUBSCRIPTIONS,
    },
  ],
};
