/** `lodge invoice …`: a month's invoice, for people, for accounting programs, and to be printed. */
import { usage } from "../../base/errors.ts";
import type { Answered } from "./api.ts";
import { apiOf, tell, tellTable, USER_FLAGS } from "./api-flags.ts";
import { invoiceCsv, invoicePage, invoiceRows } from "./invoice-forms.ts";
import { only, parse, parseFlags, print } from "./subcommand.ts";
import { tableLines } from "./table.ts";

const ONE = "name one month, such as 2026-12";

/** Errors: `usage`; the API's, as those of all of these. */
export async function list(args: readonly string[]): Promise<void> {
  const { values } = parseFlags(args, USER_FLAGS);
  tellTable(values.json, await apiOf(values).readAccount("invoices", "list"), [
    ["month", ({ month }) => month],
  ]);
}

export async function show(args: readonly string[]): Promise<void> {
  const { json, invoice } = await asked(args);
  tell(json, invoice, () => [
    `${invoice.month}, ${invoice.status}, in ${invoice.currency}`,
    "",
    ...tableLines(
      [
        ["resource", ({ resource }) => resource],
        ["way", ({ way }) => way],
        ["amount", ({ amount }) => amount],
        ["unit", ({ unit }) => unit],
        ["cost", ({ cost }) => cost],
      ],
      invoiceRows(invoice),
    ),
    "",
    ...tableLines(
      [
        ["", ([name]) => name],
        ["", ([, value]) => value],
      ],
      SUMS.map((name) => [name.replace(":", " "), invoice[name]] as const),
    ).slice(1),
  ]);
}

const SUMS = ["balance:before", "charged", "credited", "refunded", "corrected", "balance:after"] as const;

export async function csv(args: readonly string[]): Promise<void> {
  const { invoice } = await asked(args);
  process.stdout.write(invoiceCsv(invoice));
}

export async function html(args: readonly string[]): Promise<void> {
  const { invoice, profile } = await asked(args);
  print(invoicePage(invoice, profile));
}

async function asked(args: readonly string[]) {
  const { values, positionals } = parse(args, USER_FLAGS);
  const month = only(positionals, ONE);
  if (!/^\d{4}-\d\d$/.test(month)) throw usage(ONE);
  const api = apiOf(values);
  const invoice = (await api.readAccount("invoices", month, "info")) as Answered;
  const profile = (await api.readAccount("info")) as Answered;
  return { json: values.json, invoice, profile };
}
