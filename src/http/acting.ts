/**
 * In whose place a caller asks, and which commands there are for them (accounts: the operator, keys). The header
 * `X-Elastic-User` lets an admin act as another account; to anybody else there is no such account, as there is no command
 * that is for admins. A key opens what its scope says.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { Caller, Command, Role } from "../api/command.ts";
import { opens, scopeText } from "../api/scope.ts";
import { shownWord } from "../api/shown.ts";
import { missing } from "../base/errors.ts";
import { type Soon, whenThere } from "../base/soon.ts";
import type { Accounts } from "./accounts.ts";
import { noSuchCommand } from "./route.ts";

/** The caller as the account that the headers name, or as they came. Errors: `missing`. */
export function actingCaller(
  accounts: Pick<Accounts, "find">,
  caller: Caller,
  headers: IncomingHttpHeaders,
): Soon<Caller> {
  const named = headers["x-elastic-user"];
  if (named === undefined) return caller;
  const name = String(named);
  const { login } = caller;
  return whenThere(login.role === "admin" ? accounts.find(name) : null, (account) => {
    if (account === null) throw missing("no_such_user", `there is no user ${shownWord(name)}`);
    return { ...account, login };
  });
}

/** The command where it is there for that role, null as for none where it is for admins alone. */
export const commandFor = (role: Role, command: Command | null): Command | null =>
  command?.isAdmins === true && role !== "admin" ? null : command;

/** Errors: `missing`, as of no command where it is for admins alone and they are none. */
export function ensureOpen({ role, login }: Caller, command: Command, url: string): void {
  if (commandFor(role, command) === null) throw noSuchCommand(url);
  if (opens(login.scope, command)) return;
  const opened = login.scope.length === 0 ? "nothing" : scopeText(login.scope);
  throw missing("outside_scope", `the command is outside of what this key opens: ${opened}`);
}
