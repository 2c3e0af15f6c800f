/** An invoice as rows, as CSV (RFC 4180), and as one page of HTML that can be printed, out of what the API answers of it. */
import { PRICED, type Priced } from "../../billing/money.ts";
import type { Answered } from "./api.ts";

export type InvoiceRow = {
  readonly resource: string;
  /** `burst`: by the hour; `subscription`. */
  readonly way: "burst" | "subscription";
  readonly amount: string;
  readonly unit: string;
  readonly cost: string;
};

const UNITS: Readonly<Record<Priced, string>> = {
  cpu: "core MHz hours",
  mem: "MB hours",
  disk: "GB hours",
  ip: "address hours",
  vlan: "VLAN hours",
  xfer: "GB",
};

/** A row for each way in which a resource was paid for; a subscription's amount is what it covered. */
export const invoiceRows = (invoice: Answered): readonly InvoiceRow[] =>
  PRICED.filter((resource) => invoice[`${resource}:amount`] !== undefined).flatMap((resource) => {
    const [covered, beyond] = [`${resource}:subscribed`, `${resource}:burst`].map((key) =>
      String(invoice[key]),
    );
    const cost = (way: InvoiceRow["way"]) => String(invoice[`${resource}:cost:${way}`]);
    const unit = UNITS[resource];
    return [
      { resource, way: "burst" as const, amount: beyond ?? "", unit, cost: cost("burst") },
      { resource, way: "subscription" as const, amount: covered ?? "", unit, cost: cost("subscription") },
    ];
  });

/** What changes the balance besides what was charged, as the API names it. */
const MOVES = ["credited", "refunded", "corrected"] as const;

/** A line for each row and each sum, with what they are of in front; costs are above zero, as are credits. */
export function invoiceCsv(invoice: Answered): string {
  const { user, month, status, currency } = invoice;
  const lines = [
    ["user", "month", "status", "currency", "item", "way", "amount", "unit", "money"],
    ...[
      ["balance before", "", "", "", invoice["balance:before"]],
      ...invoiceRows(invoice).map(({ resource, way, amount, unit, cost }) => [
        resource,
        way,
        amount,
        unit,
        cost,
      ]),
      ["charged", "", "", "", invoice.charged],
      ...MOVES.map((name) => [name, "", "", "", invoice[name]]),
      ["balance after", "", "", "", invoice["balance:after"]],
    ].map((cells) => [user, month, status, currency, ...cells]),
  ];
  return lines.map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}

function csvCell(value: unknown): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const STYLE = `
  @page { margin: 20mm }
  body { font: 11pt/1.4 sans-serif; max-width: 170mm; margin: 2em auto; color: #111 }
  h1 { font-size: 16pt; margin: 0 0 1em }
  table { border-collapse: collapse; width: 100%; margin: 1.5em 0 }
  th, td { padding: .3em .5em; text-align: left; border-bottom: 1px solid #ccc }
  .number { text-align: right; font-variant-numeric: tabular-nums }
  tr.sum td { font-weight: bold; border-bottom: 2px solid #111 }
  .note { color: #555; font-size: 9pt }`;

/** @param profile of the account, as the API answers it */
export function invoicePage(invoice: Answered, profile: Answered): string {
  const { month, status, currency } = invoice;
  const rows = invoiceRows(invoice).map(({ resource, way, amount, unit, cost }) =>
    row([resource, way === "burst" ? "by the hour" : way, { number: amount }, unit, { number: cost }]),
  );
  const sum = (name: string, key: string) => row([name, { number: String(invoice[key]) }]);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Invoice ${escaped(month)}</title>
<style>${STYLE}
</style>
<h1>Invoice ${escaped(month)}</h1>
<p>${[profile.name, profile.email, invoice.user].filter(isSaid).map(escaped).join("<br>")}</p>
${status === "final" ? "" : `<p><strong>The month is not over, or not all of it is charged: this is what is charged so far.</strong></p>\n`}<table>
<tr><th>Resource</th><th>Paid</th><th class="number">Amount</th><th>Unit</th><th class="number">${escaped(currency)}</th></tr>
${rows.join("\n")}
<tr class="sum"><td colspan="4">Charged</td><td class="number">${escaped(invoice.charged)}</td></tr>
</table>
<table>
${[
  sum("Balance before", "balance:before"),
  sum("Charged", "charged"),
  sum("Credited", "credited"),
  sum("Refunded", "refunded"),
  sum("Corrected", "corrected"),
  sum("Balance after", "balance:after").replace("<tr>", '<tr class="sum">'),
].join("\n")}
</table>
<p class="note">From ${day(invoice.from)} up to ${day(invoice.to)}, UTC. A subscription's amount is what of it was used.</p>
</html>`;
}

/** A row of a table: texts, and numbers to their right. */
const row = (cells: readonly (string | { readonly number: string })[]): string =>
  `<tr>${cells
    .map((cell) =>
      typeof cell === "string"
        ? `<td>${escaped(cell)}</td>`
        : `<td class="number">${escaped(cell.number)}</td>`,
    )
    .join("")}</tr>`;

const isSaid = (value: unknown): boolean => value !== undefined && value !== "";

const day = (seconds: unknown): string => new Date(Number(seconds) * 1000).toISOString().slice(0, 10);

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escaped = (value: unknown): string =>
  String(value ?? "").replace(/[&<>"']/g, (each) => ENTITIES[each] ?? "");
