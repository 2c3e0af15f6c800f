/** The commands on subscriptions (accounts: subscriptions). */
import { presentUser } from "../../accounts/account.ts";
import type { Declared, Params, Request } from "../../api/command.ts";
import { readInput } from "../../api/input.ts";
import type { Input, Properties } from "../../api/properties.ts";
import { shownWord } from "../../api/shown.ts";
import { busy, missing, usage } from "../../base/errors.ts";
import { parseUuid } from "../../base/ids.ts";
import { createOnce, repeatOf } from "../../operations/idempotency.ts";
import type { Tx } from "../../store/store.ts";
import type { Priced } from "../money.ts";
import type { Period } from "../prices.ts";
import type { Subscription } from "../subscriptions.ts";
import { QUOTE_KEYS, SUBSCRIPTION_KEYS } from "./keys.ts";
import { type Asked, quoteOf, type SubscriptionDependencies, subscribe } from "./subscribe.ts";
import { SUBSCRIPTION_EXAMPLES } from "./subscription-examples.ts";
import {
  ownSubscription,
  subscriptionInfo,
  subscriptionInfos,
  subscriptionList,
} from "./subscription-records.ts";

type Dependencies = SubscriptionDependencies;

const ANSWERS = { answers: SUBSCRIPTION_KEYS.keys, answersAs: "Subscription" } as const;
const reading = { effect: "reads", takes: "nothing" } as const;
const list = { ...reading, returns: "list", answers: SUBSCRIPTION_KEYS.named("subscription") } as const;
const infos = { ...reading, returns: "properties list", ...ANSWERS } as const;
const one = { ...reading, returns: "properties", ...ANSWERS } as const;
const bought = {
  effect: "changes",
  takes: "properties",
  keys: SUBSCRIPTION_KEYS.toCreate,
  returns: "properties",
} as const;

export const SUBSCRIPTION_COMMANDS: readonly Declared<Dependencies>[] = [
  {
    ...bought,
    path: "subscriptions/quote",
    summary: "Tell what a subscription would cost",
    answers: QUOTE_KEYS.keys,
    answersAs: "Quote",
    errors: ["no_price", "no_prices", "record_damaged"],
    example: SUBSCRIPTION_EXAMPLES.quote,
    run: (dependencies, { input }) => quoteOf(dependencies, askedIn(input)),
  },
  {
    ...bought,
    path: "subscriptions/create",
    summary: "Pay for an amount of a resource for a month or a year",
    creates: true,
    ...ANSWERS,
    errors: [
      ...(["account_closed", "account_suspended", "funds_short", "no_price", "no_prices"] as const),
      ...(["command_overtaken", "idempotency_key_reused", "in_progress", "repeated_object_gone"] as const),
      ...(["no_such_subscription", "record_damaged", "too_many_subscriptions"] as const),
    ],
    example: SUBSCRIPTION_EXAMPLES.create,
    async run(dependencies, { caller, input, idempotencyKey }) {
      const { store, clock } = dependencies;
      const asked = askedIn(input);
      const repeat = repeatOf(caller.user, idempotencyKey, "subscriptions/create", input);
      const uuid = await createOnce(dependencies, repeat, async (tx) => ({
        object: await subscribe(dependencies, tx, caller.user, asked),
        operation: null,
      }));
      return subscriptionInfo(store, caller.user, uuid, clock.now());
    },
  },
  {
    ...list,
    path: "subscriptions/list",
    summary: "List one's own subscriptions",
    errors: [],
    example: SUBSCRIPTION_EXAMPLES.list,
    run: ({ store }, { caller }) => subscriptionList(store, caller.user),
  },
  {
    ...infos,
    path: "subscriptions/info",
    summary: "Get all subscriptions' info",
    errors: [],
    example: SUBSCRIPTION_EXAMPLES.infos,
    run: ({ store, clock }, { caller }) => subscriptionInfos(store, caller.user, clock.now()),
  },
  {
    ...one,
    path: "subscriptions/SUBSCRIPTION/info",
    summary: "Get single subscription info",
    errors: ["no_such_subscription"],
    example: SUBSCRIPTION_EXAMPLES.info,
    run: async ({ store, clock }, { caller, params }) =>
      subscriptionInfo(store, caller.user, subscriptionWord(params), clock.now()),
  },
  {
    path: "subscriptions/SUBSCRIPTION/set",
    summary: "Set whether a subscription is renewed at its end",
    effect: "changes",
    takes: "properties",
    keys: SUBSCRIPTION_KEYS.toSet,
    returns: "properties",
    ...ANSWERS,
    errors: ["no_such_subscription", "subscription_over"],
    example: SUBSCRIPTION_EXAMPLES.set,
    run: setRenewal,
  },
  {
    ...list,
    path: "accounts/USER/subscriptions/list",
    summary: "List an account's subscriptions",
    isAdmins: true,
    errors: ["no_such_user"],
    example: SUBSCRIPTION_EXAMPLES.listOf,
    run: async ({ store }, { params }) => subscriptionList(store, await presentUser(store, params)),
  },
  {
    ...infos,
    path: "accounts/USER/subscriptions/info",
    summary: "Get the info of all subscriptions of an account",
    isAdmins: true,
    errors: ["no_such_user"],
    example: SUBSCRIPTION_EXAMPLES.infosOf,
    run: async ({ store, clock }, { params }) =>
      subscriptionInfos(store, await presentUser(store, params), clock.now()),
  },
  {
    ...one,
    path: "accounts/USER/subscriptions/SUBSCRIPTION/info",
    summary: "Get the info of one subscription of an account",
    isAdmins: true,
    errors: ["no_such_subscription", "no_such_user"],
    example: SUBSCRIPTION_EXAMPLES.infoOf,
    run: async ({ store, clock }, { params }) =>
      subscriptionInfo(store, await presentUser(store, params), subscriptionWord(params), clock.now()),
  },
];

/** Errors: `usage`. */
function askedIn(input: Input): Asked {
  const given = readInput(SUBSCRIPTION_KEYS, input, "create");
  const resource = given.get("resource") as Priced;
  const amount = Number(given.get("amount"));
  if (amount === 0) throw usage("malformed_value", "amount takes more than nothing", { key: "amount" });
  if (resource !== "disk" && resource !== "xfer" && !/^\d+$/.test(String(input.get("amount"))))
    throw usage("malformed_value", `amount of ${resource} takes a number without a suffix`, {
      key: "amount",
    });
  return {
    ...{ resource, amount: BigInt(amount), period: given.get("period") as Period },
    renew: given.get("renew") === "true",
  };
}

async function setRenewal(
  { store, clock }: Dependencies,
  { caller: { user }, params, input }: Request,
): Promise<Properties> {
  const uuid = subscriptionWord(params);
  await store.snapshot((tx) => ownSubscription(tx, user, uuid));
  const changes = readInput(SUBSCRIPTION_KEYS, input, "stopped");
  const now = clock.now();
  await store.transaction(async (tx) => {
    const subscription = await ownSubscription(tx, user, uuid);
    if (changes.has("renew")) await changeRenewal(tx, subscription, changes.get("renew") === "true", now);
  });
  return subscriptionInfo(store, user, uuid, now);
}

/** Errors: `busy`. */
async function changeRenewal(tx: Tx, { uuid, to }: Subscription, renew: boolean, now: number): Promise<void> {
  if (to <= now) throw busy("subscription_over", `subscription ${uuid} has ended`);
  await tx
    .updateTable("subscriptions")
    .set({ renew: renew ? 1 : 0 })
    .where("uuid", "=", uuid)
    .execute();
}

/** The subscription in a word of the URL. Errors: `missing`. */
function subscriptionWord({ SUBSCRIPTION: word = "" }: Params): string {
  const uuid = parseUuid(word);
  if (uuid === null) throw missing("no_such_subscription", `there is no subscription ${shownWord(word)}`);
  return uuid;
}
