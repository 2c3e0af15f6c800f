/** What follows when funds end, and invoices: parts of the extension about money. */
import { type Chapter, funds, fundsRule, invoiceCommands, invoices } from "./row.ts";

const COURSE = funds(
  "an account is warned, told that its funds have ended, suspended a grace later, and goes on with a credit",
);
const INVOICE = [
  ...invoiceCommands("an invoice is answered to its account and to admins, by its month, and to nobody else"),
  ...invoices(
    "sqlite: invoices are equal to the ledger and to usage to the last digit, whenever entries were written",
    "postgres: invoices are equal to the ledger and to usage to the last digit, whenever entries were written",
  ),
];
const RESOURCE = "[cpu|mem|disk|ip|vlan|xfer]";

export const FUNDS: Chapter = {
  title: "Funds and invoices",
  tables: [
    {
      title: "When funds end",
      says: {
        "warnings 72, 24 and 1 hours before, as far as can be told, and when they have ended": [
          ...COURSE,
          ...fundsRule(
            "of several warnings that are due the nearest is given",
            "whatever happens and however long nobody looks, nothing is done without its warnings and their time",
          ),
        ],
        "grace later the account is suspended; its servers are stopped, persistent or not": [
          ...COURSE,
          ...funds(
            "wherever the daemon dies on the way to a suspension and a destruction, each warning is given once, and all comes about",
          ),
        ],
        "a credit that makes the balance positive ends the suspension; nothing is started by itself": COURSE,
        "a suspension by an operator": funds(
          "a suspension by an operator is none for funds: a credit does not end it, and one who is resumed is warned anew",
          "the last admin is warned, and never suspended",
        ),
        "drives are kept, and cost on, with warnings 14, 7 and 1 days before": funds(
          "drives of who does not pay cost on, are warned of, and are kept where the operator does not say otherwise",
        ),
        "destroyed only where the operator has set destroy, and two warnings are recorded as delivered":
          funds(
            "where the operator says so they are destroyed after keep, and what else the account has stays",
            "nothing is destroyed whose warnings nobody took; once they did, their days are waited for",
            "a daemon that was away over grace and keep warns first, and leaves what it warns of its days",
            "a credit that comes as drives are being destroyed keeps those that are left",
          ),
        "a warning counts as delivered once a webhook took it, or the account asked /profile/info since": [
          ...COURSE,
          ...funds(
            "a warning is delivered once the account asks for itself, and not by an admin who asks in its place",
          ),
        ],
      },
    },
    { title: "List one's own invoices", command: "profile/invoices/list", row: INVOICE },
    {
      title: "Get a month's invoice",
      command: "profile/invoices/MONTH/info",
      row: INVOICE,
      answers: Object.fromEntries(
        [
          ...["month", "user", "status", "from", "to", "currency", "balance:before"],
          ...["amount", "subscribed", "burst", "cost:burst", "cost:subscription"].map(
            (key) => `${RESOURCE}:${key}`,
          ),
          ...["charged", "credited", "refunded", "corrected", "balance:after"],
        ].map((key) => [key, INVOICE]),
      ),
      says: {
        "final once all of its hours are charged": [
          ...invoices(
            "sqlite: a month is made final once, when all of it is charged, after a daemon that was away too",
            "postgres: a month is made final once, when all of it is charged, after a daemon that was away too",
          ),
          ...invoiceCommands("hooks are told that a month's invoice is final"),
        ],
        "without a price list": invoiceCommands("a cloud without prices has no invoices"),
      },
    },
    { title: "List an account's invoices", command: "accounts/USER/invoices/list", row: INVOICE },
    {
      title: "Get a month's invoice of an account",
      command: "accounts/USER/invoices/MONTH/info",
      row: INVOICE,
    },
  ],
};
