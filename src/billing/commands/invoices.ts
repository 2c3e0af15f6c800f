/** The commands on invoices (accounts: the caller's own account, the operator). */
import { presentUser } from "../../accounts/account.ts";
import { state, time } from "../../api/answered.ts";
import type { Declared, Example } from "../../api/command.ts";
import { type Key, keyTable } from "../../api/key.ts";
import type { Properties, Value } from "../../api/properties.ts";
import { shownWord } from "../../api/shown.ts";
import { uuid } from "../../api/value.ts";
import { missing } from "../../base/errors.ts";
import { amountText } from "../../usage/amount.ts";
import { chargedOf, type Invoice, invoiceOf, monthsOf } from "../invoices.ts";
import { moneyText, PRICED, type Priced } from "../money.ts";
import { monthNamed } from "../month.ts";
import type { LedgerDependencies } from "./ledger.ts";

const ofResource = (resource: Priced): readonly Key[] => [
  { ...state, pattern: `${resource}:amount`, help: `what was used, in units of the price` },
  { ...state, pattern: `${resource}:subscribed`, help: "the part of it that subscriptions covered" },
  { ...state, pattern: `${resource}:burst`, help: "the part beyond them" },
  { ...state, pattern: `${resource}:cost:burst`, help: "what was charged for that" },
  { ...state, pattern: `${resource}:cost:subscription`, help: "what was charged for subscriptions" },
];

const INVOICE_KEYS = keyTable([
  { ...state, pattern: "month", help: "the calendar month, UTC" },
  { ...state, schema: uuid, pattern: "user", help: "the account" },
  { ...state, pattern: "status", help: "final once all of its hours are charged, open before" },
  { ...time, pattern: "from", help: "when it begins" },
  { ...time, pattern: "to", help: "when it ends" },
  { ...state, pattern: "currency", help: "the currency of the cloud (ISO 4217)" },
  { ...state, pattern: "balance:before", help: "the balance before all that is of the month" },
  ...PRICED.flatMap(ofResource),
  { ...state, pattern: "charged", help: "what was charged in all" },
  { ...state, pattern: "credited", help: "what was credited" },
  { ...state, pattern: "refunded", help: "what was refunded" },
  { ...state, pattern: "corrected", help: "by how much the balance was corrected" },
  { ...state, pattern: "balance:after", help: "the balance after all that is of the month" },
]);

const USER = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20";
const MONTH = "2026-12";

const EXAMPLE: Properties = [
  ["month", MONTH],
  ["user", USER],
  ["status", "final"],
  ["from", 1_796_083_200],
  ["to", 1_798_761_600],
  ["currency", "EUR"],
  ["balance:before", "50"],
  ["cpu:amount", "744000"],
  ["cpu:subscribed", "720000"],
  ["cpu:burst", "24000"],
  ["cpu:cost:burst", "0.384"],
  ["cpu:cost:subscription", "5.5"],
  ["charged", "5.884"],
  ["credited", "10"],
  ["refunded", "0"],
  ["corrected", "0"],
  ["balance:after", "54.116"],
];

const list: Example = { answer: [[["month", MONTH]]] };
const reads = { effect: "reads", takes: "nothing" } as const;

export const INVOICE_COMMANDS: readonly Declared<LedgerDependencies>[] = [
  {
    ...reads,
    path: "profile/invoices/list",
    summary: "List the months that one's own account has invoices of",
    returns: "list",
    answers: INVOICE_KEYS.named("month"),
    errors: [],
    example: list,
    run: (dependencies, { caller }) => invoiceList(dependencies, caller.user),
  },
  {
    ...reads,
    path: "profile/invoices/MONTH/info",
    summary: "Get a month's invoice",
    returns: "properties",
    answers: INVOICE_KEYS.keys,
    errors: ["no_such_invoice"],
    example: { params: { MONTH }, answer: EXAMPLE },
    run: (dependencies, { caller, params }) => invoiceInfo(dependencies, caller.user, params.MONTH),
  },
  {
    ...reads,
    path: "accounts/USER/invoices/list",
    summary: "List the months that an account has invoices of",
    isAdmins: true,
    returns: "list",
    answers: INVOICE_KEYS.named("month"),
    errors: ["no_such_user"],
    example: { ...list, params: { USER } },
    async run(dependencies, { params }) {
      const user = await presentUser(dependencies.store, params);
      return invoiceList(dependencies, user);
    },
  },
  {
    ...reads,
    path: "accounts/USER/invoices/MONTH/info",
    summary: "Get a month's invoice of an account",
    isAdmins: true,
    returns: "properties",
    answers: INVOICE_KEYS.keys,
    errors: ["no_such_invoice", "no_such_user"],
    example: { params: { USER, MONTH }, answer: EXAMPLE },
    async run(dependencies, { params }) {
      const user = await presentUser(dependencies.store, params);
      return invoiceInfo(dependencies, user, params.MONTH);
    },
  },
];

async function* invoiceList(
  { store, clock }: LedgerDependencies,
  user: string,
): AsyncGenerator<readonly Properties[]> {
  const months = await store.snapshot((tx) => monthsOf(tx, user, clock.now()));
  if (months.length > 0) yield months.map(({ name }) => [["month", name]]);
}

/** Errors: `missing`. */
async function invoiceInfo(
  { store, clock }: LedgerDependencies,
  user: string,
  word = "",
): Promise<Properties> {
  const month = monthNamed(word);
  const invoice = month === null ? null : await invoiceOf(store, user, month, clock.now());
  if (invoice !== null) return answer(invoice);
  throw missing("no_such_invoice", `there is no invoice of ${shownWord(word)}: a month is such as 2026-12`);
}

function answer(invoice: Invoice): Properties {
  const { month, user, isFinal, currency, before, after, credited, refunded, corrected } = invoice;
  return INVOICE_KEYS.inOrder([
    ["month", month.name] as [string, Value],
    ["user", user],
    ["status", isFinal ? "final" : "open"],
    ["from", month.from],
    ["to", month.to],
    ["currency", currency],
    ["balance:before", moneyText(before)],
    ...PRICED.flatMap((resource) => resourceAnswer(invoice, resource)),
    ["charged", moneyText(chargedOf(invoice))],
    ["credited", moneyText(credited)],
    ["refunded", moneyText(refunded)],
    ["corrected", moneyText(corrected)],
    ["balance:after", moneyText(after)],
  ]);
}

/** Nothing of a resource that was neither used nor paid for. */
function resourceAnswer(
  { usage, burst, subscriptions }: Invoice,
  resource: Priced,
): readonly [string, Value][] {
  const used = usage.get(resource);
  const [burstCost = 0n, subscriptionCost = 0n] = [burst.get(resource), subscriptions.get(resource)];
  if (used === undefined && burstCost === 0n && subscriptionCost === 0n) return [];
  return [
    [`${resource}:amount`, amountText(resource, used?.used ?? 0n)],
    [`${resource}:subscribed`, amountText(resource, used?.subscribed ?? 0n)],
    [`${resource}:burst`, amountText(resource, used?.burst ?? 0n)],
    [`${resource}:cost:burst`, moneyText(burstCost)],
    [`${resource}:cost:subscription`, moneyText(subscriptionCost)],
  ];
}
