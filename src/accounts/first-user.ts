/**
 * The first account, and the two lines that set up a shell for it (spec: steps 1 and 2 of the worked example). The
 * secret stands in the home's `env` file alone; the store knows only its hash.
 */
import { readFile } from "node:fs/promises";
import type { Store } from "../store/store.ts";
import { createUser, listUsers } from "./users.ts";

/** The `EHAUTH` line of a user. */
export const authLine = (user: string, secret: string) => `export EHAUTH=${user}:${secret}`;

/**
 * Makes the first account where there is none, and answers what the `env` file says of the API: where it is now, and who
 * the first user is. `isNew` says whether the account was made just now.
 */
export async function firstUser(
  store: Store,
  envFile: string,
  apiUrl: string,
): Promise<{ readonly text: string; readonly isNew: boolean }> {
  const text = await readFile(envFile, "utf8").catch(() => "");
  let auth = /^export EHAUTH=\S+$/m.exec(text)?.[0];
  const isNew = auth === undefined && (await listUsers(store)).length === 0;
  if (isNew) {
    const { uuid, secret } = await createUser(store, "first user");
    auth = authLine(uuid, secret);
  }
  return { text: `export EHURI=${apiUrl}\n${auth === undefined ? "" : `${auth}\n`}`, isNew };
}
