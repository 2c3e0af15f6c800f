/** The events that hooks are told of (accounts: webhooks), each with what it says besides the account. */

export const HOOK_EVENTS = {
  "account.warning": "funds come to an end, or drives are about to be destroyed: warning, kind, until",
  "account.suspended": "the account was suspended: reason",
  "account.resumed": "the account's suspension ended",
  "account.closed": "the account was closed",
  "ledger.entry": "an entry of the account's ledger: entry, amount, balance, kind and what else it has",
  "invoice.made": "a month's invoice is final: month",
  "subscription.renewed": "a subscription was followed by another: subscription, followed",
  "subscription.ended": "a subscription has ended: subscription",
  "server.started": "a server runs: server",
  "server.ended": "a server runs no more: server, left (stopped or nothing)",
  "drive.created": "a drive was made: drive, size",
  "drive.destroyed": "a drive was destroyed: drive",
} as const;

export type HookEvent = keyof typeof HOOK_EVENTS;

export const HOOK_EVENT_NAMES = Object.keys(HOOK_EVENTS) as readonly HookEvent[];

/** What callers bring about as often as they like: how much of it waits is bounded for each account. */
export const isCallers = (event: HookEvent): boolean => /^(server|drive)\./.test(event);
