/** Requests about subscriptions with their answers, for the description of the API. */
import type { Example } from "../../api/command.ts";
import type { Properties } from "../../api/properties.ts";

const USER = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20";
const SUBSCRIPTION = "7c9d1f20-44d3-4a55-8b1e-2f6a90c3d8e1";

const info: Properties = [
  ["subscription", SUBSCRIPTION],
  ["resource", "cpu"],
  ["amount", 4_000],
  ["period", "month"],
  ["from", 1_798_761_600],
  ["to", 1_801_353_600],
  ["renew", "true"],
  ["price", "22"],
  ["status", "active"],
];

const quote: Properties = [
  ["price", "22"],
  ["currency", "EUR"],
  ["from", 1_798_761_600],
  ["to", 1_801_353_600],
];

const input = { resource: "cpu", amount: 4_000, period: "month", renew: "true" } as const;
const list = { answer: [[["subscription", SUBSCRIPTION]]] } as const;

export const SUBSCRIPTION_EXAMPLES = {
  quote: { input, answer: quote },
  create: { input, answer: info },
  list,
  infos: { answer: [info] },
  info: { params: { SUBSCRIPTION }, answer: info },
  set: { params: { SUBSCRIPTION }, input: { renew: "true" }, answer: info },
  listOf: { ...list, params: { USER } },
  infosOf: { params: { USER }, answer: [info] },
  infoOf: { params: { USER, SUBSCRIPTION }, answer: info },
} as const satisfies Record<string, Example>;
