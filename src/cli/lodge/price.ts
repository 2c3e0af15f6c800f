/** `lodge price …`: what resources cost, as the API tells and changes it. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { usage } from "../../base/errors.ts";
import { isPrice, PRICED } from "../../billing/money.ts";
import type { Answered } from "./api.ts";
import { API_FLAGS, apiOf, tell } from "./api-flags.ts";
import { only, parse, parseFlags } from "./subcommand.ts";
import { type Column, tableLines, timeText } from "./table.ts";

const PRICE = z
  .string()
  .refine(isPrice, "not a decimal as text, of less than 1000000 with at most twelve places");

/** A price list as it stands in a file (accounts: prices). */
const PRICE_LIST = z.strictObject({
  currency: z.string(),
  from: z.string(),
  ...Object.fromEntries(
    PRICED.map((resource) => [
      resource,
      z.strictObject({ burst: PRICE, subscription: PRICE.optional(), year: PRICE.optional() }).optional(),
    ]),
  ),
});

type Row = { readonly from: unknown; readonly currency: unknown; readonly resource: string } & Answered;

const COLUMNS: readonly Column<Row>[] = [
  ["from", ({ from }) => timeText(from)],
  ["resource", ({ resource }) => resource],
  ["burst", ({ burst }) => burst],
  ["subscription", ({ subscription }) => subscription],
  ["year", ({ year }) => year],
  ["currency", ({ currency }) => currency],
];

/** Errors: `usage`; the API's. */
export async function set(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, API_FLAGS);
  const list = await apiOf(values).change(["pricing", "set"], flattened(only(positionals, "name one file")));
  tell(values.json, list, () => tableLines(COLUMNS, rowsOf(list)));
}

/** Errors: `usage`; the API's. */
export async function list(args: readonly string[]): Promise<void> {
  const { values } = parseFlags(args, API_FLAGS);
  const lists = (await apiOf(values).read("pricing", "lists")) as readonly Answered[];
  tell(values.json, lists, () => tableLines(COLUMNS, lists.flatMap(rowsOf)));
}

/** The keys of the list that stands in the file. Errors: `usage`, it is none, and where. */
function flattened(file: string): Answered {
  const { currency, from, ...prices } = readList(file);
  const entries = Object.entries(prices).flatMap(([resource, price]) =>
    Object.entries(price as Answered).map(([what, value]) => [`${resource}:${what}`, value]),
  );
  return { currency, from, ...Object.fromEntries(entries) };
}

function readList(file: string): z.infer<typeof PRICE_LIST> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw usage(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  try {
    return PRICE_LIST.parse(JSON.parse(text));
  } catch (cause) {
    if (!(cause instanceof z.ZodError))
      throw usage(`${file} is no JSON: ${(cause as Error).message}`, { cause });
    const [issue] = cause.issues;
    const place = issue?.path.join(".") || "the whole";
    throw usage(`${file} is no price list: ${place}: ${issue?.message}`, { cause });
  }
}

/** A row for each resource that has a price. */
const rowsOf = (list: Answered): readonly Row[] =>
  PRICED.filter((resource) => list[`${resource}:burst`] !== undefined).map((resource) => ({
    ...{ from: list.from, currency: list.currency, resource },
    ...{ burst: list[`${resource}:burst`], subscription: list[`${resource}:subscription`] },
    year: list[`${resource}:year`],
  }));
