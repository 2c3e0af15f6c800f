/**
 * The first account, and the two lines that set up a shell for it (spec: steps 1 and 2 of the worked example). The
 * secret stands in the home's `env` file alone; the store knows only its hash.
 */
import { readFile } from "node:fs/promises";
import { failed } from "../base/errors.ts";
import { parseUuid, type UserId } from "../base/ids.ts";
import type { Store } from "../store/store.ts";
import { addUser, listUsers, type NewUser, newUser } from "./users.ts";

/** The `EHAUTH` line of a user. */
export const authLine = (user: string, secret: string) => `export EHAUTH=${user}:${secret}`;

const NAME = "first user";

export type FirstUserOptions = {
  readonly store: Store;
  /** The home's `env` file. */
  readonly envFile: string;
  readonly apiUrl: string;
  /** Writes the file, and answers once it is on stable storage. Errors: it is not written. */
  write(text: string): void;
  /** Told where the file of a user who is there already could not be written: it stays as it was. */
  onUnwritten(error: unknown): void;
};

/**
 * Makes the first account where there is none, and writes what the `env` file says of the API: where it is now, and who the
 * first user is. The key is written down before the account is made: one that is killed in between makes it with that very
 * key the next time. `isNew` says whether the account was made just now. Errors: `failed`, the key of a new account cannot be
 * written down; then there is none.
 */
export async function firstUser(
  options: FirstUserOptions,
): Promise<{ readonly text: string; readonly isNew: boolean }> {
  const { store, envFile, apiUrl, write, onUnwritten } = options;
  const kept = await readFile(envFile, "utf8").catch(() => "");
  const auth = /^export EHAUTH=\S+$/m.exec(kept)?.[0];
  const isNew = (await listUsers(store)).length === 0;
  const user = isNew ? (userIn(auth) ?? newUser(NAME)) : null;
  const line = user === null ? auth : authLine(user.uuid, user.secret);
  const text = `export EHURI=${apiUrl}\n${line === undefined ? "" : `${line}\n`}`;
  try {
    write(text);
  } catch (cause) {
    if (user !== null) throw failed(`the first user's key cannot be written to ${envFile}`, { cause });
    onUnwritten(cause);
  }
  if (user !== null) await addUser(store, user);
  return { text, isNew };
}

/** The user that the line names, null where it names none. */
function userIn(line: string | undefined): NewUser | null {
  const [, name = "", secret = ""] = /^export EHAUTH=([^:]+):(\S+)$/.exec(line ?? "") ?? [];
  const uuid = parseUuid(name);
  return uuid === null || secret === "" ? null : { uuid: uuid as UserId, name: NAME, secret };
}
