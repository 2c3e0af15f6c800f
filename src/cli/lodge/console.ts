/**
 * `lodge console`: a link that lets its reader into the console once, within minutes. It is made on the store itself, so by whoever
 * may read the home.
 */
import { readFile } from "node:fs/promises";
import { CODE_S, firstAdmin, makeSessionCode } from "../../accounts/session-code.ts";
import { failed, usage } from "../../base/errors.ts";
import { parseUuid, type UserId } from "../../base/ids.ts";
import { withStore } from "./store.ts";
import { parse, print } from "./subcommand.ts";

/** The API's address, as the daemon that runs, or ran last, wrote it down. */
const EHURI = /^export EHURI=(\S+)$/m;

/** Prints the link, for the cloud's first admin where no user is named. Errors: `usage`, `missing`, `failed`. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parse(args, { user: { type: "string" }, home: { type: "string" } });
  const named = values.user === undefined ? null : parseUuid(values.user);
  if (values.user !== undefined && named === null) throw usage("--user takes the uuid of a user");
  await withStore(values.home, async (store, home) => {
    const env = await readFile(home.file("env"), "utf8").catch(() => "");
    const url = EHURI.exec(env)?.[1];
    if (url === undefined) throw failed("it is not known where the API is: start Lodge first");
    const code = await makeSessionCode(store, (named as UserId | null) ?? (await firstAdmin(store)));
    print(`${url}console/#code=${code}`, `It is good once, for ${CODE_S / 60} minutes.`);
  });
}
