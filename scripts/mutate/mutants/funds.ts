/** Planted bugs in what follows when funds end, and in invoices. */
import type { Mutant } from "../mutant.ts";

const RULE = "src/accounts/funds/rule.test.ts";
const STATE = "test/state/funds.test.ts";
const INVOICES = "src/billing/invoices.test.ts";
const COMMANDS = "test/state/invoices.test.ts";
const MONTH = "src/billing/month.test.ts";
const FORMS = "src/cli/lodge/invoice-forms.test.ts";

export const FUNDS: readonly Mutant[] = [
  {
    name: "an account is suspended as its funds end",
    file: "src/accounts/funds/rule.ts",
    find: "now >= done.ended + terms.graceS ? ",
    replace: "now >= done.ended ? ",
    tests: [RULE, STATE],
  },
  {
    name: "grace counts from when funds ended by the books, whoever was told",
    file: "src/accounts/funds/rule.ts",
    find: 'if (done.ended === null) return { do: "warn of funds", hours: 0, until: now + terms.graceS };',
    replace:
      'if (done.ended === null && until !== null && until + terms.graceS > now)\n      return { do: "warn of funds", hours: 0, until: now + terms.graceS };\n    if (done.ended === null) return { do: "suspend" };',
    tests: [RULE, STATE],
  },
  {
    name: "of several warnings that are due the farthest is given",
    file: "src/accounts/funds/rule.ts",
    find: "return FUNDS_HOURS.findLast((hours)",
    replace: "return FUNDS_HOURS.find((hours)",
    tests: [RULE],
  },
  {
    name: "a warning is given at each look",
    file: "src/accounts/funds/rule.ts",
    find: "(warnedHours === null || nearest < warnedHours)",
    replace: "(warnedHours === null || nearest <= warnedHours)",
    tests: [RULE],
  },
  {
    name: "credit counts as balance where a suspension is to end",
    file: "src/accounts/funds/facts.ts",
    find: "isPositive: balance > 0n,",
    replace: "isPositive: balance >= 0n || balance < 0n,",
    tests: [STATE],
  },
  {
    name: "a balance below zero ends nothing while credit is given, nor without",
    file: "src/accounts/funds/facts.ts",
    find: "isShort: balance + credit < 0n,",
    replace: "isShort: false,",
    tests: [STATE],
  },
  {
    name: "one delivered warning is enough to destroy drives",
    file: "src/accounts/funds/rule.ts",
    find: "const LEAST_DELIVERED = 2;",
    replace: "const LEAST_DELIVERED = 1;",
    tests: [RULE],
  },
  {
    name: "warnings that nobody took count",
    file: "src/accounts/funds/rule.ts",
    find: "delivered !== null && now >= delivered + days * DAY_S",
    replace: "now >= (delivered ?? 0) + days * DAY_S",
    tests: [RULE, STATE],
  },
  {
    name: "what was delivered late has had its days",
    file: "src/accounts/funds/rule.ts",
    find: "delivered !== null && now >= delivered + days * DAY_S",
    replace: "delivered !== null",
    tests: [RULE, STATE],
  },
  {
    name: "drives are destroyed though the operator keeps them",
    file: "src/accounts/funds/rule.ts",
    find: "terms.destroysDrives && now >= end",
    replace: "now >= end",
    tests: [RULE, STATE],
  },
  {
    name: "a late warning of drives leaves them no more time",
    file: "src/accounts/funds/rule.ts",
    find: "until: Math.max(end, now + days * DAY_S)",
    replace: "until: end",
    tests: [RULE],
  },
  {
    name: "an operator's suspension is ended by a credit",
    file: "src/accounts/lifecycle/suspend.ts",
    find: `    // From now on it is the operator's word, whatever it was.
    await tx.deleteFrom("funds").where("user", "=", user).execute();
`,
    replace: "",
    tests: [STATE],
  },
  {
    name: "the last admin is suspended for their funds",
    file: "src/accounts/funds/carry-out.ts",
    find: "if (await isLastAdmin(tx, account)) return false;",
    replace: "",
    tests: [STATE],
  },
  {
    name: "a credit does not end the suspension at once",
    file: "src/billing/commands/ledger.ts",
    find: "  await resumePaid(tx, user);\n",
    replace: "",
    tests: [STATE],
  },
  {
    name: "drives go on being destroyed after a credit",
    file: "src/accounts/funds/carry-out.ts",
    find: "await leaveDestruction(dependencies, uuid, isDue)",
    replace: "await leaveDestruction(dependencies, uuid)",
    tests: [STATE],
  },
  {
    name: "an admin who asks in an account's place has its warnings delivered",
    file: "src/accounts/profile-commands.ts",
    find: "if (caller.user === caller.login.user) await",
    replace: "await",
    tests: [STATE],
  },
  {
    name: "what a hook took is delivered to nobody",
    file: "src/accounts/funds/warnings.ts",
    find: 'if (event !== "account.warning" || typeof',
    replace: 'if (event === "account.warning" || typeof',
    tests: [STATE],
  },
  {
    name: "an entry is of the month in which it was written",
    file: "src/billing/invoices.ts",
    find: 'coalesce("from", "time")',
    replace: 'coalesce("time", "from")',
    tests: [INVOICES],
  },
  {
    name: "a second at the end of a month is in no invoice",
    file: "src/billing/month.ts",
    find: "    to: Date.UTC(year, month + 1) / 1000,",
    replace: "    to: Date.UTC(year, month + 1) / 1000 - 1,",
    tests: [MONTH],
  },
  {
    name: "the balance before a month is that before its entries were written, some of them apart",
    file: "src/billing/invoices.ts",
    find: `\${FOR} < \${sql.lit(month.from)}`,
    replace: `\${FOR} <= \${sql.lit(month.from)}`,
    tests: [INVOICES],
  },
  {
    name: "a month is final as it ends, charged or not",
    file: "src/billing/invoices.ts",
    find: "isFinal: (await chargedUntil(tx, user, now)) >= month.to,",
    replace: "isFinal: now >= month.to,",
    tests: [INVOICES],
  },
  {
    name: "a month is made final before all of it is charged",
    file: "src/billing/invoicing.ts",
    find: 'name <= (made?.last ?? "") || to > until',
    replace: 'name <= (made?.last ?? "") || to > now',
    tests: [INVOICES, COMMANDS],
  },
  {
    name: "an account's name is markup on its invoice",
    file: "src/cli/lodge/invoice-forms.ts",
    find: "replace(/[&<>\"']/g, ",
    replace: "replace(/[&]/g, ",
    tests: [FORMS],
  },
  {
    name: "an account whose hours are still to be charged is not looked at in time",
    file: "src/billing/funds.ts",
    find: "const seconds = BigInt(time - since + 1);",
    replace: "const seconds = BigInt(time - now + 1);",
    tests: ["src/billing/funds.test.ts"],
  },
  {
    name: "an account that owes and uses nothing is not looked at",
    file: "src/billing/funds.ts",
    find: "behind.has(user) || funds < 0n || ",
    replace: "behind.has(user) || ",
    tests: ["src/billing/funds.test.ts"],
  },
  {
    name: "a month's invoice is final an hour late",
    file: "src/billing/invoices.ts",
    find: "(await chargedUntil(tx, user, now)) >= month.to",
    replace: "(await chargedUntil(tx, user, now)) > month.to",
    tests: [INVOICES],
  },
];
