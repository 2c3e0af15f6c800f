/** `lodge ledger …` and `lodge credit`: what accounts were charged and credited, as the API tells and changes it. */
import { failed, usage } from "../../base/errors.ts";
import type { Answered } from "./api.ts";
import { API_FLAGS, apiOf, given, tell, tellTable, timeIn, USER_FLAGS } from "./api-flags.ts";
import { parse } from "./subcommand.ts";
import { type Column, tableLines, timeText } from "./table.ts";

const COLUMNS: readonly Column<Answered>[] = [
  ["entry", ({ entry }) => entry],
  ["time", ({ time }) => timeText(time)],
  ["kind", ({ kind }) => kind],
  ["resource", ({ resource }) => resource],
  ["from", ({ from }) => (from === undefined ? undefined : timeText(from))],
  ["amount", ({ amount }) => amount],
  ["balance", ({ balance }) => balance],
  ["text", ({ text }) => text],
];

const FAULTS: readonly Column<Answered>[] = [
  ["user", ({ user }) => user],
  ["entry", ({ entry }) => entry],
  ["fault", ({ fault }) => fault],
];

/** More than any time that there is: behind all entries. */
const END = "999999999999";

const LEDGER_FLAGS = { ...USER_FLAGS, from: { type: "string" }, to: { type: "string" } } as const;

/** Errors: `usage`; the API's; `failed`, `check` finds a ledger that does not add up. */
export async function ledger(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, LEDGER_FLAGS);
  const [word, ...more] = positionals;
  if (word === undefined) return list(values);
  if (word !== "check" || more.length > 0) throw usage("lodge ledger takes check, or no word");
  await check(values);
}

type Values = {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly user?: string | undefined;
  readonly json?: boolean | undefined;
  readonly home?: string | undefined;
};

async function list(values: Values): Promise<void> {
  const [from, to] = [timeIn(values.from, "--from"), timeIn(values.to, "--to")];
  const times = from === undefined && to === undefined ? [] : [from ?? "0", to ?? END];
  tellTable(values.json, await apiOf(values).readAccount("ledger", ...times), COLUMNS);
}

async function check({ home, json }: Values): Promise<void> {
  const faults = (await apiOf({ home }).read("ledger", "check")) as readonly Answered[];
  tell(json, faults, () =>
    faults.length === 0 ? ["every balance is the sum of its entries"] : tableLines(FAULTS, faults),
  );
  if (faults.length > 0) throw failed("ledgers are wrong: see what is said of each");
}

/** Errors: `usage`; the API's. */
export async function credit(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, {
    ...API_FLAGS,
    reference: { type: "string" },
    text: { type: "string" },
  });
  const [user, amount, ...more] = positionals;
  if (user === undefined || amount === undefined || values.reference === undefined || more.length > 0)
    throw usage("name an account by its uuid, an amount such as 50 or 12.5, and --reference, once a payment");
  const { reference, text } = values;
  const entry = await apiOf(values).change(["accounts", user, "credit"], given({ amount, reference, text }));
  tellTable(values.json, [entry], COLUMNS);
}
