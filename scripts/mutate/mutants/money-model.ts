/** Planted bugs in metering and billing that the plain model of money finds by its histories. */
import type { Mutant } from "../mutant.ts";

const HISTORIES = ["testing/money/history.test.ts"];

export const MODELLED_MONEY: readonly Mutant[] = [
  {
    name: "an hour that is charged already is charged once more after a crash",
    file: "src/billing/hour.ts",
    find: "  if (((await rolledUpUntil(tx, user)) ?? 0) > hour) return;\n",
    replace: "",
    tests: HISTORIES,
  },
  {
    name: "a drive that was destroyed is counted on",
    file: "src/drives/lifecycle/destroy.ts",
    find: "  await endUse(tx, uuid, clock.now());\n",
    replace: "",
    tests: HISTORIES,
  },
  {
    name: "costs are rounded down",
    file: "src/billing/money.ts",
    find: "Big.RM = 2;",
    replace: "Big.RM = 0;",
    tests: HISTORIES,
  },
  {
    name: "it is asked whether what is used is covered, and not what would be",
    file: "src/limits/coverage.ts",
    find: "BigInt(used[resource] + (more[resource] ?? 0))",
    replace: "BigInt(used[resource])",
    tests: HISTORIES,
  },
  {
    name: "a subscription covers a second more than it lasts",
    file: "src/billing/subscriptions.ts",
    find: "Math.min(each.to, to)]",
    replace: "Math.min(each.to + 1, to)]",
    tests: HISTORIES,
  },
  {
    name: "an hour is charged at the prices of the hour before",
    file: "src/billing/charging.ts",
    find: "const list = await store.snapshot((tx) => priceListAt(tx, hour));",
    replace: "const list = await store.snapshot((tx) => priceListAt(tx, hour - HOUR_S));",
    tests: HISTORIES,
  },
  {
    name: "bytes are taken out of the store that ends last",
    file: "src/billing/stores.ts",
    find: "one.to - other.to || one.serial - other.serial",
    replace: "other.to - one.to || one.serial - other.serial",
    tests: HISTORIES,
  },
  {
    name: "a reference of a credit that came again is credited again",
    file: "src/billing/commands/ledger.ts",
    find: "  if (known !== null) return known;\n",
    replace: '  if (known !== null) reference += " again";\n',
    tests: HISTORIES,
  },
  {
    name: "a subscription is renewed at the prices at which it began",
    file: "src/billing/renewals.ts",
    find: "priceOf(await priceListAt(tx, to), resource",
    replace: "priceOf(await priceListAt(tx, ended.from), resource",
    tests: HISTORIES,
  },
  {
    name: "a renewal goes on from when it is charged",
    file: "src/billing/renewals.ts",
    find: "amount, period, from: to, renew: true, price }, at)",
    replace: "amount, period, from: at, renew: true, price }, at)",
    tests: HISTORIES,
  },
  {
    name: "what a subscription covers is charged, too",
    file: "src/billing/hour.ts",
    find: "burst: amounts.excess }",
    replace: "burst: amounts.used }",
    tests: HISTORIES,
  },
  {
    name: "a server that ended unseen is counted until it is looked at",
    file: "src/servers/use.ts",
    find: "return now - (instance.endedAgoS ?? 0);",
    replace: "return now;",
    tests: HISTORIES,
  },
  {
    name: "a resize of a drive is not counted",
    file: "src/drives/lifecycle/set.ts",
    find: '    await changeUse(tx, { object: uuid, resource: "disk", amount: sizeBytes }, clock.now());\n',
    replace: "",
    tests: HISTORIES,
  },
  {
    name: "an idle stretch is skipped beyond the hour in which something is used again",
    file: "src/billing/charging.ts",
    find: "return use === null ? last : Math.min(last, hourOf(use));",
    replace: "return use === null ? last : Math.min(last, hourOf(use) + HOUR_S);",
    tests: HISTORIES,
  },
  {
    name: "the credit line is not counted in",
    file: "src/billing/funds.ts",
    find: "if (balance + credit >= hour) return;",
    replace: "if (balance >= hour) return;",
    tests: HISTORIES,
  },
];
