/** Accounts as a server sees them, of users who are there because a test says so. */
import type { Caller, Login } from "../../src/api/command.ts";
import type { UserId } from "../../src/base/ids.ts";
import type { Accounts } from "../../src/http/accounts.ts";

/** What the key of a user is called here. */
const KEY = "7f0c2e30-4b56-4d8c-9f3e-907a5b0c1d42";

/** The login of a user whose key opens everything. */
export const loginOf = (user: UserId): Login => ({
  ...{ user, role: "user", key: KEY, scope: "all", expiresMs: null },
});

/** A user as a caller. */
export const callerOf = (user: UserId): Caller => ({ user, role: "user", login: loginOf(user) });

/** Every user there may be, each with that secret. */
export const everybody = (secret = "secret"): Accounts => ({
  authenticate: async (user, came) => (came === secret ? loginOf(user as UserId) : null),
  onChange: () => () => {},
  find: async () => null,
});
