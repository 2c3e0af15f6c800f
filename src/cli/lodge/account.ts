/** `lodge account …`: the accounts of a cloud, as its API tells and changes them. */
import { authLine } from "../../accounts/first-user.ts";
import type { Answered } from "./api.ts";
import { API_FLAGS, apiOf, given, limitsIn, tell, tellTable } from "./api-flags.ts";
import { only, parse, parseFlags } from "./subcommand.ts";
import { type Column, tableLines } from "./table.ts";

const COLUMNS: readonly Column<Answered>[] = [
  ["user", ({ user }) => user],
  ["name", ({ name }) => name],
  ["status", ({ status }) => status],
  ["role", ({ role }) => role],
  ["servers", (account) => account["used:servers"]],
  ["drives", (account) => account["used:drives"]],
  ["email", ({ email }) => email],
];

const ACCOUNT_FLAGS = {
  ...API_FLAGS,
  name: { type: "string" },
  email: { type: "string" },
  role: { type: "string" },
  limit: { type: "string", multiple: true },
  credit: { type: "string" },
} as const;

const ONE = "name one account by its uuid";

/** Errors: `usage`; the API's, as those of all of these. */
export async function list(args: readonly string[]): Promise<void> {
  const { values } = parseFlags(args, API_FLAGS);
  tellTable(values.json, await apiOf(values).read("accounts", "info"), COLUMNS);
}

export async function info(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, API_FLAGS);
  const [user] = positionals;
  const words = user === undefined ? ["profile", "info"] : ["accounts", only(positionals, ONE), "info"];
  tellOne(values.json, (await apiOf(values).read(...words)) as Answered);
}

/** Prints the account's EHAUTH line, as it is the only time that its secret is told. */
export async function create(args: readonly string[]): Promise<void> {
  const { values } = parseFlags(args, ACCOUNT_FLAGS);
  const made = await apiOf(values).change(["accounts", "create"], keysOf(values));
  tell(values.json, made, () => [authLine(String(made.user), String(made.secret))]);
}

export async function set(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, ACCOUNT_FLAGS);
  const words = ["accounts", only(positionals, ONE), "set"];
  tellOne(values.json, await apiOf(values).change(words, keysOf(values)));
}

export async function suspend(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, { ...API_FLAGS, reason: { type: "string" } });
  await apiOf(values).act(["accounts", only(positionals, ONE), "suspend"], given({ reason: values.reason }));
}

export async function resume(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, API_FLAGS);
  await apiOf(values).act(["accounts", only(positionals, ONE), "resume"]);
}

export async function close(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, { ...API_FLAGS, everything: { type: "boolean" } });
  const everything = values.everything === true ? { everything: "true" } : {};
  await apiOf(values).act(["accounts", only(positionals, ONE), "close"], everything);
}

function keysOf({
  name,
  email,
  role,
  limit = [],
  credit,
}: {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  readonly role?: string | undefined;
  readonly limit?: readonly string[] | undefined;
  readonly credit?: string | undefined;
}): Answered {
  return { ...given({ name, email, role, credit }), ...limitsIn(limit) };
}

/** An account, a key a line. */
function tellOne(json: boolean | undefined, account: Answered): void {
  const columns: readonly Column<readonly [string, unknown]>[] = [
    ["key", ([key]) => key],
    ["value", ([, value]) => value],
  ];
  tell(json, account, () => tableLines(columns, Object.entries(account)).slice(1));
}
