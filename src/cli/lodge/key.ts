/** `lodge key …`: the keys of an account, as the API tells and changes them. */
import { authLine } from "../../accounts/first-user.ts";
import type { Answered } from "./api.ts";
import { apiOf, given, tell, tellTable, timeIn, USER_FLAGS } from "./api-flags.ts";
import { only, parse } from "./subcommand.ts";
import { type Column, timeText } from "./table.ts";

const COLUMNS: readonly Column<Answered>[] = [
  ["key", ({ key }) => key],
  ["name", ({ name }) => name],
  ["scope", ({ scope }) => scope],
  ["expires", ({ expires }) => timeText(expires)],
  ["used", ({ used }) => timeText(used)],
  ["hint", ({ hint }) => (hint === undefined ? undefined : `…${hint}`)],
];

const KEY_FLAGS = { ...USER_FLAGS, name: { type: "string" }, expires: { type: "string" } } as const;

const ONE = "name one key by its uuid";

/** Errors: `usage`; the API's, as those of all of these. */
export async function list(args: readonly string[]): Promise<void> {
  const { values } = parse(args, USER_FLAGS);
  tellTable(values.json, await apiOf(values).read("profile", "keys", "info"), COLUMNS);
}

/** Prints an EHAUTH line with the key, as it is the only time that its secret is told. */
export async function create(args: readonly string[]): Promise<void> {
  const { values } = parse(args, { ...KEY_FLAGS, scope: { type: "string" } });
  const { name, scope, expires } = values;
  const api = apiOf(values);
  const made = await api.change(
    ["profile", "keys", "create"],
    given({ name, scope, expires: timeIn(expires) }),
  );
  const { user } = values.json === true ? {} : ((await api.read("profile", "info")) as Answered);
  tell(values.json, made, () => [authLine(String(user), String(made.secret))]);
}

export async function set(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, KEY_FLAGS);
  const { name, expires } = values;
  const words = ["profile", "keys", only(positionals, ONE), "set"];
  await apiOf(values).act(words, given({ name, expires: timeIn(expires) }));
}

export async function destroy(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, USER_FLAGS);
  await apiOf(values).act(["profile", "keys", only(positionals, ONE), "destroy"]);
}
