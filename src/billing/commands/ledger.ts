/** The commands on the ledger, and crediting (accounts: the caller's own account, the operator). */
import { presentUser } from "../../accounts/account.ts";
import { accountChanged } from "../../accounts/changed.ts";
import { resumePaid } from "../../accounts/funds/carry-out.ts";
import { ensureAdmin } from "../../accounts/standing.ts";
import type { Declared, Example, Login, Params } from "../../api/command.ts";
import { readInput } from "../../api/input.ts";
import type { Properties, Value } from "../../api/properties.ts";
import { shown } from "../../api/shown.ts";
import type { Clock } from "../../base/clock.ts";
import { usage } from "../../base/errors.ts";
import type { UserId } from "../../base/ids.ts";
import type { Store, Tx } from "../../store/store.ts";
import {
  appendEntries,
  balanceOf,
  entryOfReference,
  type LedgerRow,
  ledgerRows,
  readLedgerRow,
  toldOf,
} from "../ledger.ts";
import { checkLedgers } from "../ledger-check.ts";
import { type Money, moneyText, parseMoney } from "../money.ts";
import { ensurePriced } from "../prices.ts";
import { CREDIT_KEYS, LEDGER_FAULT_KEYS, LEDGER_KEYS } from "./keys.ts";

export type LedgerDependencies = { readonly store: Store; readonly clock: Clock };

/** How many entries are in memory at once. */
const PAGE = 200;
/** What a balance stays below, either way: 10^10 of the currency. */
const MOST = 10n ** 18n;

const USER = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20";

const CREDIT: Properties = [
  ["entry", 1],
  ["time", 1_798_761_600],
  ["amount", "50"],
  ["balance", "50"],
  ["kind", "credit"],
  ["text", "bank transfer"],
];

const LEDGER: Example = { params: { FROM: "1767225600", TO: "4102444800" }, answer: [CREDIT] };

const row = {
  effect: "reads",
  takes: "nothing",
  returns: "properties list",
  answers: LEDGER_KEYS.keys,
  answersAs: "LedgerEntry",
} as const;

export const LEDGER_COMMANDS: readonly Declared<LedgerDependencies>[] = [
  {
    ...row,
    path: "profile/ledger[/FROM/TO]",
    summary: "List what one's own account was charged and credited, oldest first",
    errors: ["malformed_parameter"],
    example: LEDGER,
    run: ({ store }, { caller, params }) => entriesOf(store, caller.user, timesIn(params)),
  },
  {
    ...row,
    path: "accounts/USER/ledger[/FROM/TO]",
    summary: "List what an account was charged and credited, oldest first",
    isAdmins: true,
    errors: ["malformed_parameter", "no_such_user"],
    example: { ...LEDGER, params: { USER, ...LEDGER.params } },
    async run({ store }, { params }) {
      const user = await presentUser(store, params);
      return entriesOf(store, user, timesIn(params));
    },
  },
  {
    path: "accounts/USER/credit",
    summary: "Credit an account, once a reference, or correct its balance",
    isAdmins: true,
    effect: "changes",
    takes: "properties",
    keys: CREDIT_KEYS.keys,
    returns: "properties",
    answers: LEDGER_KEYS.keys,
    answersAs: "LedgerEntry",
    errors: ["no_prices", "no_such_user"],
    example: {
      params: { USER },
      input: { amount: "50", reference: "2027-0001", text: "bank transfer" },
      answer: CREDIT,
    },
    async run(dependencies, { caller, params, input }) {
      const user = await presentUser(dependencies.store, params);
      const given = readInput(CREDIT_KEYS, input, "create");
      const amount = parseMoney(String(given.get("amount"))) ?? 0n;
      const [reference, text] = [String(given.get("reference")), String(given.get("text") ?? "")];
      return entryAnswer(await creditAccount(dependencies, caller.login, user, { amount, reference, text }));
    },
  },
  {
    path: "ledger/check",
    summary: "Check that every balance is the sum of what stands before it: answers what is wrong",
    isAdmins: true,
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: LEDGER_FAULT_KEYS.keys,
    answersAs: "LedgerFault",
    errors: [],
    example: { answer: [] },
    async *run({ store }) {
      const { faults } = await checkLedgers(store);
      const answers = faults.map(({ user, entry, fault }) =>
        LEDGER_FAULT_KEYS.inOrder([["user", user] as [string, Value], ["entry", entry], ["fault", fault]]),
      );
      if (answers.length > 0) yield answers;
    },
  },
];

type Credit = { readonly amount: Money; readonly reference: string; readonly text: string };

/** Credits an account, or answers the entry of that reference. Errors: `usage`; those of `ensureAdmin`. */
export async function creditAccount(
  { store, clock }: LedgerDependencies,
  admin: Login,
  user: UserId,
  given: Credit,
): Promise<LedgerRow> {
  const work = async (tx: Tx) => {
    await ensureAdmin(tx, admin);
    return credit(tx, user, given, clock.now());
  };
  const entry = await store.transaction(work, { grows: true });
  accountChanged(store, user);
  return entry;
}

/** The entry of that reference, which is made where there is none. Errors: `usage`, there is no money, or it is none. */
async function credit(
  tx: Tx,
  user: UserId,
  { amount, reference, text }: Credit,
  at: number,
): Promise<LedgerRow> {
  await ensurePriced(tx);
  const known = await entryOfReference(tx, user, reference);
  if (known !== null) return known;
  if (amount === 0n)
    throw usage("malformed_value", "amount takes more or less than nothing", { key: "amount" });
  const after = (await balanceOf(tx, user)) + amount;
  if (after >= MOST || after <= -MOST)
    throw usage("malformed_value", `amount would make the balance ${moneyText(after)}, which is too much`, {
      key: "amount",
    });
  const kind = amount > 0n ? "credit" : "correction";
  const [entry] = await appendEntries(tx, user, at, [{ kind, amount, text, reference }]);
  if (entry === undefined) throw new Error("an entry was not made");
  await resumePaid(tx, user);
  return entry;
}

type Times = { readonly from: number; readonly to: number };

/** All there is, where no times are given. Errors: `usage`. */
function timesIn({ FROM, TO }: Params): Times {
  if (FROM === undefined || TO === undefined) return { from: 0, to: Number.MAX_SAFE_INTEGER };
  const times = [FROM, TO].map((word) => {
    if (/^\d{1,12}$/.test(word)) return Number(word);
    throw usage("malformed_parameter", `FROM and TO are seconds since the epoch, not ${shown(word)}`);
  });
  const [from = 0, to = 0] = times;
  return { from, to };
}

async function* entriesOf(
  store: Store,
  user: UserId,
  { from, to }: Times,
): AsyncGenerator<readonly Properties[]> {
  for (let after = 0; ; ) {
    const rows = await store.snapshot((tx) =>
      ledgerRows(tx)
        .where("user", "=", user)
        .where("entry", ">", after)
        .where("time", ">=", from)
        .where("time", "<", to)
        .orderBy("entry")
        .limit(PAGE)
        .execute(),
    );
    if (rows.length > 0) yield rows.map((each) => entryAnswer(readLedgerRow(each)));
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.entry ?? after;
  }
}

/** What hooks are told but for the reference, which is between the operator and their books. */
const entryAnswer = (row: LedgerRow): Properties =>
  LEDGER_KEYS.inOrder(Object.entries(toldOf({ ...row, reference: null })));
