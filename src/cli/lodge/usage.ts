/** `lodge usage`: what an account used, or uses now, as the API tells it. */
import { usage } from "../../base/errors.ts";
import type { Answered } from "./api.ts";
import { apiOf, tellTable, timeIn, USER_FLAGS } from "./api-flags.ts";
import { parseFlags } from "./subcommand.ts";

const BETWEEN = ["resource", "amount", "subscribed", "burst", "cost"];
const NOW = ["resource", "using", "subscribed", "burst", "price", "burning"];

const FLAGS = {
  ...USER_FLAGS,
  now: { type: "boolean" },
  from: { type: "string" },
  to: { type: "string" },
} as const;

/** Errors: `usage`; the API's. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseFlags(args, FLAGS);
  const { now, json } = values;
  const [from, to] = [timeIn(values.from, "--from"), timeIn(values.to, "--to")];
  if (now !== undefined && (from !== undefined || to !== undefined))
    throw usage("say either --now, or --from and --to");
  if ((from === undefined) !== (to === undefined)) throw usage("say both --from and --to, or neither");
  const words = [...(now ? ["now"] : []), ...(from === undefined || to === undefined ? [] : [from, to])];
  const rows = (await apiOf(values).readAccount("usage", ...words)) as readonly Answered[];
  // What nothing is said of is no column, as money where there are no prices.
  const keys = (now ? NOW : BETWEEN).filter((key) => rows.some((row) => row[key] !== undefined));
  tellTable(
    json,
    rows,
    keys.map((key) => [key, (row) => row[key]]),
  );
}
