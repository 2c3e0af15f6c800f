/** `lodge events`: what was done in the cloud, or in one account, as the API tells it. */

import type { Answered } from "./api.ts";
import { apiOf, tellTable, USER_FLAGS } from "./api-flags.ts";
import { parseFlags } from "./subcommand.ts";
import { type Column, timeText } from "./table.ts";

const COLUMNS: readonly Column<Answered>[] = [
  ["event", ({ event }) => event],
  ["time", ({ time }) => timeText(time)],
  ["user", ({ user }) => user],
  ["actor", ({ actor, user }) => (actor === user ? undefined : actor)],
  ["address", ({ address }) => address],
  ["command", ({ command }) => command],
  ["object", ({ object }) => object],
  ["outcome", ({ outcome }) => outcome],
];

/** Errors: `usage`; the API's. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseFlags(args, { ...USER_FLAGS, from: { type: "string" } });
  const from = values.from === undefined ? [] : [values.from];
  const words = values.user === undefined ? ["events", ...from] : ["profile", "events", ...from];
  tellTable(values.json, await apiOf(values).read(...words), COLUMNS);
}
