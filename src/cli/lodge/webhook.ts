/** `lodge webhook …`: where a cloud's events are sent, as the API tells and changes it. */
import { failed, usage } from "../../base/errors.ts";
import type { Answered } from "./api.ts";
import { API_FLAGS, apiOf, given, tell, tellTable } from "./api-flags.ts";
import { only, parse, parseFlags } from "./subcommand.ts";
import { type Column, timeText } from "./table.ts";

const COLUMNS: readonly Column<Answered>[] = [
  ["webhook", ({ webhook }) => webhook],
  ["url", ({ url }) => url],
  ["waiting", ({ waiting }) => waiting],
  ["events", ({ events }) => events],
  ["error", ({ error }) => error],
];

const LOG_COLUMNS: readonly Column<Answered>[] = [
  ["delivery", ({ delivery }) => delivery],
  ["time", ({ time }) => timeText(time)],
  ["event", ({ event }) => event],
  ["user", ({ user }) => user],
  ["state", ({ state }) => state],
  ["attempts", ({ attempts }) => attempts],
  ["tried", ({ tried }) => timeText(tried)],
  ["status", ({ status }) => status],
  ["error", ({ error }) => error],
];

const EVENTS_FLAG = { events: { type: "string" } } as const;

const ONE = "name one webhook by its uuid";

/** Errors: `usage`; the API's, as those of all of these. */
export async function list(args: readonly string[]): Promise<void> {
  const { values } = parseFlags(args, API_FLAGS);
  tellTable(values.json, await apiOf(values).read("webhooks", "info"), COLUMNS);
}

/** Prints the hook's uuid and its secret, as it is the only time that it is told. */
export async function add(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, { ...API_FLAGS, ...EVENTS_FLAG });
  const url = only(positionals, "webhook add takes one URL");
  const events = eventsIn(values.events);
  if (events === undefined) throw usage("webhook add takes --events, names with commas between");
  const made = await apiOf(values).change(["webhooks", "create"], { url, events });
  tell(values.json, made, () => [`webhook ${made.webhook}`, `secret ${made.secret}`]);
}

export async function set(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, { ...API_FLAGS, ...EVENTS_FLAG, url: { type: "string" } });
  const words = ["webhooks", only(positionals, ONE), "set"];
  const changed = await apiOf(values).change(
    words,
    given({ url: values.url, events: eventsIn(values.events) }),
  );
  tellTable(values.json, values.json === true ? changed : [changed], COLUMNS);
}

export async function remove(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, API_FLAGS);
  await apiOf(values).act(["webhooks", only(positionals, ONE), "destroy"]);
}

export async function log(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, API_FLAGS);
  tellTable(values.json, await apiOf(values).read("webhooks", only(positionals, ONE), "log"), LOG_COLUMNS);
}

/** Errors: `failed`, the hook does not take it. */
export async function test(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, API_FLAGS);
  const answer = await apiOf(values).change(["webhooks", only(positionals, ONE), "test"], {});
  if (answer.error !== undefined) throw failed(`the webhook did not take it: ${answer.error}`);
  tell(values.json, answer, () => [`The webhook took it, and answered ${answer.status}.`]);
}

/** Names with commas or spaces between, as the API takes them. */
const eventsIn = (text: string | undefined): string | undefined => text?.replaceAll(",", " ");
