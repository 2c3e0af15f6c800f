/** Accounts, administered from the command line: on the store itself, whether the daemon runs or not. */
import { authLine } from "../accounts/first-user.ts";
import { createUser, listUsers } from "../accounts/users.ts";
import { usage } from "../api/errors.ts";
import { name as nameSchema } from "../api/value.ts";
import { defaultHome, openHome } from "../home.ts";
import { openSqliteStore } from "../store/sqlite.ts";

type Users = {
  /** Makes an account and answers its EHAUTH line. Errors: `usage`. */
  create(name: string): Promise<string>;
  /** A line for each account. */
  list(): Promise<string[]>;
};

/** Opens the store of the home, lets `work` work on its accounts, and closes it. */
export async function administerUsers(
  home: string | undefined,
  work: (users: Users) => Promise<void>,
): Promise<void> {
  const { file } = openHome(home ?? defaultHome(process.env, process.getuid?.() === 0));
  const store = await openSqliteStore(file("lodge.db"));
  try {
    await work({
      async create(name) {
        if (name === "" || !nameSchema.safeParse(name).success) {
          throw usage("--name takes a line of 1 to 255 characters");
        }
        const { uuid, secret } = await createUser(store, name);
        return authLine(uuid, secret);
      },
      list: async () => (await listUsers(store)).map(({ uuid, name }) => `${uuid} ${name}`),
    });
  } finally {
    await store.close();
  }
}
