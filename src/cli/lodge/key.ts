/** `lodge key …`: the keys of an account, as the API tells and changes them; an admin's, where need be, in the store itself. */
import { authLine } from "../../accounts/first-user.ts";
import { name as nameSchema } from "../../api/value.ts";
import { usage } from "../../base/errors.ts";
import { parseUuid } from "../../base/ids.ts";
import { isOneLine } from "../../base/one-line.ts";
import { findHome, homeDirectory } from "../../home.ts";
import type { Answered } from "./api.ts";
import { apiOf, given, tell, tellTable, timeIn, USER_FLAGS } from "./api-flags.ts";
import { only, parse, parseFlags, print } from "./subcommand.ts";
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
  const { values } = parseFlags(args, USER_FLAGS);
  tellTable(values.json, await apiOf(values).read("profile", "keys", "info"), COLUMNS);
}

/** Prints an EHAUTH line with the key, as it is the only time that its secret is told. */
export async function create(args: readonly string[]): Promise<void> {
  const flags = { ...KEY_FLAGS, scope: { type: "string" }, admin: { type: "boolean" } } as const;
  const { values } = parseFlags(args, flags);
  const { name, scope, expires } = values;
  if (values.admin === true) return createAdmins(values);
  const api = apiOf(values);
  const made = await api.change(
    ["profile", "keys", "create"],
    given({ name, scope, expires: timeIn(expires) }),
  );
  const { user } = values.json === true ? {} : ((await api.read("profile", "info")) as Answered);
  tell(values.json, made, () => [authLine(String(user), String(made.secret))]);
}

/** Makes an admin's key in the store itself, whether the daemon runs or not: the way back in for who has lost all of theirs. */
async function createAdmins(
  given: {
    readonly [flag in "name" | "scope" | "expires" | "user" | "home"]?: string | undefined;
  },
): Promise<void> {
  const { name = "", scope, expires, user, home } = given;
  if (scope !== undefined || expires !== undefined)
    throw usage("a key by --admin opens everything and does not end: neither --scope nor --expires is taken");
  if (!nameSchema.safeParse(name).success || !isOneLine(name))
    throw usage("--name takes a line of 1 to 255 characters, without controls");
  if (user !== undefined && parseUuid(user) === null) throw usage("--user takes the uuid of an account");
  if (findHome(home) === null)
    throw usage(`${homeDirectory(home)} is no home of a cloud: name it with --home`);
  const { makeAdminKey } = await import("../../accounts/operators-key.ts");
  const { withStore } = await import("./store.ts");
  await withStore(home, async (store) => {
    const made = await makeAdminKey(store, name, user === undefined ? null : parseUuid(user));
    print(authLine(made.user, made.secret));
  });
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
