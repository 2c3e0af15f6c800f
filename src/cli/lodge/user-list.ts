/** `lodge user list`: a line for each account. */
import { listUsers } from "../../accounts/users.ts";
import { visible } from "../../base/one-line.ts";
import { withStore } from "./store.ts";
import { hint, parseHome, print } from "./subcommand.ts";

/** Errors: `usage`. */
export async function run(args: readonly string[]): Promise<void> {
  await withStore(parseHome(args).home, async (store) => {
    print(...(await listUsers(store)).map(({ uuid, name }) => `${uuid} ${visible(name)}`));
    hint("account list");
  });
}
