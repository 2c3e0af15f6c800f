/** `lodge user create`: an account, made on the store itself, whether the daemon runs or not. */
import { authLine } from "../../accounts/first-user.ts";
import { createUser } from "../../accounts/users.ts";
import { name as nameSchema } from "../../api/value.ts";
import { usage } from "../../base/errors.ts";
import { isOneLine } from "../../base/one-line.ts";
import { withStore } from "./store.ts";
import { hint, parse, print } from "./subcommand.ts";

/** Prints the account's EHAUTH line. Errors: `usage`. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parse(args, { name: { type: "string" }, home: { type: "string" } });
  const { name = "", home } = values;
  if (name === "" || !nameSchema.safeParse(name).success || !isOneLine(name)) {
    throw usage("--name takes a line of 1 to 255 characters, without controls");
  }
  await withStore(home, async (store) => {
    const { uuid, secret } = await createUser(store, name);
    print(authLine(uuid, secret));
    hint("account create");
  });
}
