/** The keys of use, in the order of answers (accounts: the caller's own account). */
import { number, state } from "../api/answered.ts";
import { keyTable } from "../api/key.ts";

const RESOURCE = { ...state, pattern: "resource", help: "what it is of" } as const;

export const USAGE_KEYS = keyTable([
  RESOURCE,
  { ...state, pattern: "amount", help: "what was used: units for an hour (of disk GB), and of xfer GB" },
  { ...state, pattern: "subscribed", help: "what of it subscriptions covered" },
  { ...state, pattern: "burst", help: "what went beyond them" },
  { ...state, pattern: "cost", help: "what that cost; where there are prices" },
]);

export const USING_KEYS = keyTable([
  RESOURCE,
  { ...number, pattern: "using", help: "how much of it is in use now, in its unit" },
  { ...number, pattern: "subscribed", help: "how much of it subscriptions cover now" },
  { ...number, pattern: "burst", help: "how much goes beyond that" },
  { ...state, pattern: "price", help: "what a unit costs for an hour (of disk a GB), where it has a price" },
  { ...state, pattern: "burning", help: "what burst costs an hour now, where it has a price" },
]);
