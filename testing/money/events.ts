/** What hooks are told of an account (the page on accounts: webhooks), as the plain model says, and as it stands in the outbox. */

export type Said = Readonly<Record<string, string | number>>;
export type Event = { readonly event: string; readonly data: Said };

/** Those that the model tells. */
export const EVENTS = [
  "account.warning",
  "account.suspended",
  "account.resumed",
  "ledger.entry",
  "subscription.renewed",
  "subscription.ended",
];

/** What the model says nothing of. */
const BEYOND = ["time", "text", "reference", "warning"];

/** What of an event the model says, too: subscriptions by their places. */
export function known({ event, data }: Event, subscriptions: readonly string[]): Event {
  const entries = Object.entries(data).filter(([key]) => !BEYOND.includes(key));
  const placed = entries.map(([key, value]) => {
    const isSubscription = key === "subscription" || key === "followed";
    return [key, isSubscription ? subscriptions.indexOf(String(value)) : value];
  });
  return { event, data: Object.fromEntries(placed) };
}

/**
 * What comes of charging, and what comes of funds, each in its order. A daemon that was killed has charged some of what was due,
 * and so said of funds that are to end another time.
 */
export function apart(events: readonly Event[]) {
  const isOfFunds = ({ event }: Event) => event.startsWith("account.");
  const funds = events.filter(isOfFunds).map(({ event, data: { until, ...data } }) => ({ event, data }));
  return { funds, charged: events.filter((event) => !isOfFunds(event)) };
}
