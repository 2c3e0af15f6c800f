/** Accounts, administered from the command line: on the store itself, whether the daemon runs or not. */
import { authLine } from "../../accounts/first-user.ts";
import { createUser, listUsers } from "../../accounts/users.ts";
import { name as nameSchema } from "../../api/value.ts";
import { usage } from "../../base/errors.ts";
import { withStore } from "./store.ts";

type Users = {
  /** Makes an account and answers its EHAUTH line. Errors: `usage`. */
  create(name: string): Promise<string>;
  /** A line for each account. */
  list(): Promise<string[]>;
};

/** Lets `work` work on the accounts of the home. */
export async function administerUsers(
  home: string | undefined,
  work: (users: Users) => Promise<void>,
): Promise<void> {
  await withStore(home, (store) =>
    work({
      async create(name) {
        if (name === "" || !nameSchema.safeParse(name).success) {
          throw usage("--name takes a line of 1 to 255 characters");
        }
        const { uuid, secret } = await createUser(store, name);
        return authLine(uuid, secret);
      },
      list: async () => (await listUsers(store)).map(({ uuid, name }) => `${uuid} ${name}`),
    }),
  );
}
