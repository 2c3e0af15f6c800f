/**
 * Requests about accounts and keys with their answers. ANN is the admin, BOB a user whose key is KEY and who has one more,
 * MORE, and EVE one who has a server and a drive, SERVER and DRIVE.
 */
import type { Row } from "../../testing/conformance/exchange.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SECRET = /^[\w-]{43}$/;
const TIME = /^\d{10}$/;

const usage = { status: 400, error: "usage" } as const;
const missing = { status: 404, error: "missing" } as const;

const UNUSED = {
  ...{ "used:cpu": 0, "used:mem": 0, "used:disk": 0, "used:ip": 0, "used:vlan": 0 },
  ...{ "used:servers": 0, "used:drives": 0 },
};
const DEFAULTS = {
  ...{ "limit:cpu": null, "limit:mem": null, "limit:disk": null, "limit:ip": 256, "limit:vlan": 256 },
  ...{ "limit:servers": 2000, "limit:drives": 5000 },
};

export const PROFILE_ROWS: readonly Row[] = [
  {
    name: "info answers one's own account, what it may have and what it uses",
    path: "profile/info",
    as: "BOBAUTH",
    status: 200,
    answer: {
      ...{ user: "BOBS", name: "bob", email: "bob@example.com", status: "active", reason: null },
      ...{ role: "user", ...DEFAULTS, ...UNUSED, secret: null },
    },
  },
  {
    name: "info says whose role is admin",
    path: "profile/info",
    status: 200,
    answer: { role: "admin", status: "active" },
  },
  {
    name: "set changes the name and the address, and answers as info does",
    path: "profile/set",
    as: "BOBAUTH",
    give: { name: "Bob & Sons", email: "sons@example.com" },
    status: 200,
    answer: { user: UUID, name: "Bob & Sons", email: "sons@example.com", role: "user", ...DEFAULTS },
  },
  {
    name: "set with an empty value takes the address away",
    path: "profile/set",
    as: "BOBAUTH",
    give: { email: "" },
    status: 200,
    answer: { name: "Bob & Sons", email: null },
  },
  ...(
    [
      ["a role", { role: "admin" }, "key_not_settable"],
      ["a limit", { "limit:cpu": 1 }, "key_not_settable"],
      ["a status", { status: "active" }, "key_not_settable"],
      ["another's uuid", { user: NOBODY }, "key_not_settable"],
      ["a key that is none", { colour: "red" }, "unknown_key"],
      ["credit", { credit: 1 }, "key_not_settable"],
      ["no name", { name: "" }, "key_required"],
      ["an address that is none", { email: "bob" }, "malformed_value"],
      ["a name of 256 characters", { name: "x".repeat(256) }, "malformed_value"],
    ] as const
  ).map(([what, give, code]) => ({
    name: `set of ${what} is 400 usage`,
    ...{ path: "profile/set", as: "BOBAUTH", give, ...usage, code },
  })),
];

export const KEY_ROWS: readonly Row[] = [
  {
    name: "a key of one's own is made with a secret that is told this once",
    path: "profile/keys/create",
    as: "BOBAUTH",
    give: { name: "backup", scope: "servers  drives", expires: 4_102_444_800 },
    status: 200,
    answer: {
      ...{ key: UUID, name: "backup", scope: "drives servers", expires: 4_102_444_800, created: TIME },
      ...{ used: null, hint: /^[\w-]{4}$/, secret: SECRET },
    },
  },
  {
    name: "a key opens everything, for good, unless it is said otherwise",
    path: "profile/keys/create",
    as: "BOBAUTH",
    give: { name: "plain" },
    status: 200,
    answer: { scope: "all", expires: null },
  },
  ...(
    [
      ["no name", { scope: "read" }, "key_required"],
      ["a scope that is none", { name: "k", scope: "accounts" }, "malformed_value"],
      ["two scopes that do not go together", { name: "k", scope: "read drives" }, "malformed_value"],
      ["an end that has passed", { name: "k", expires: 1_000_000_000 }, "malformed_value"],
      ["an end that is no number", { name: "k", expires: "tomorrow" }, "malformed_value"],
      ["a secret of one's own choice", { name: "k", secret: "x" }, "key_not_settable"],
    ] as const
  ).map(([what, give, code]) => ({
    name: `a key with ${what} is 400 usage`,
    ...{ path: "profile/keys/create", as: "BOBAUTH", give, ...usage, code },
  })),
  {
    name: "info of a key tells when it was used last, to the hour, and never the secret",
    path: "profile/keys/KEY/info",
    as: "BOBAUTH",
    status: 200,
    answer: { key: UUID, name: "first key", scope: "all", created: TIME, secret: null },
  },
  {
    name: "set changes a key's name and its end",
    path: "profile/keys/MORE/set",
    as: "BOBAUTH",
    give: { name: "renamed", expires: 4_102_444_801 },
    status: 204,
  },
  {
    name: "what set changed of a key is told by its info",
    path: "profile/keys/MORE/info",
    as: "BOBAUTH",
    status: 200,
    answer: { name: "renamed", expires: 4_102_444_801 },
  },
  {
    name: "the scope of a key is for good",
    path: "profile/keys/MORE/set",
    as: "BOBAUTH",
    give: { scope: "all" },
    ...usage,
    code: "key_not_settable",
  },
  ...["info", "set", "destroy"].flatMap((verb) =>
    ["ANNKEY", NOBODY, "x"].map((key) => ({
      name: `${verb} of the key ${key} is 404 missing: it is none of the account's`,
      path: `profile/keys/${key}/${verb}`,
      as: "BOBAUTH",
      method: verb === "info" ? "GET" : "POST",
      ...(verb === "set" ? { give: { name: "x" } } : {}),
      ...{ ...missing, code: "no_such_key", says: /^there is no key \S+\n$/ },
    })),
  ),
  {
    name: "destroy ends a key",
    path: "profile/keys/MORE/destroy",
    as: "BOBAUTH",
    method: "POST",
    status: 204,
  },
  {
    name: "a key that was ended is gone",
    path: "profile/keys/MORE/info",
    as: "BOBAUTH",
    ...missing,
    code: "no_such_key",
  },
  {
    name: "a key that was ended opens nothing",
    path: "profile/info",
    as: "MOREAUTH",
    status: 401,
    error: "auth",
  },
  {
    name: "GET of a key's create is 405 method",
    path: "profile/keys/create",
    as: "BOBAUTH",
    method: "GET",
    status: 405,
    error: "method",
  },
];

export const ACCOUNT_ROWS: readonly Row[] = [
  {
    name: "an admin makes an account, whose secret is told this once",
    path: "accounts/create",
    give: { name: "new", email: "new@example.com", role: "user", "limit:cpu": 1000, "limit:disk": "2G" },
    status: 200,
    answer: {
      ...{ user: UUID, name: "new", email: "new@example.com", status: "active", role: "user" },
      ...{ ...DEFAULTS, "limit:cpu": 1000, "limit:disk": 2_147_483_648, ...UNUSED, secret: SECRET },
    },
  },
  {
    name: "an account needs a name and nothing else",
    path: "accounts/create",
    give: { name: "plain" },
    status: 200,
    answer: { email: null, role: "user", ...DEFAULTS },
  },
  ...(
    [
      ["no name", { email: "a@example.com" }, "key_required"],
      ["a role that is none", { name: "x", role: "owner" }, "malformed_value"],
      ["a limit that is no number", { name: "x", "limit:cpu": "much" }, "malformed_value"],
      ["a limit below zero", { name: "x", "limit:drives": -1 }, "malformed_value"],
      ["a limit of what has none", { name: "x", "limit:xfer": 1 }, "unknown_key"],
      ["a status", { name: "x", status: "closed" }, "key_not_settable"],
      ["what it uses", { name: "x", "used:cpu": 1 }, "key_not_settable"],
    ] as const
  ).map(([what, give, code]) => ({
    name: `an account with ${what} is 400 usage`,
    ...{ path: "accounts/create", give, ...usage, code },
  })),
  {
    name: "an admin is told of any account what it is told itself",
    path: "accounts/EVE/info",
    status: 200,
    answer: { user: UUID, name: "eve", "used:servers": 1, "used:drives": 1, "used:disk": 4096, secret: null },
  },
  {
    name: "an admin sets name, address, role and limits of an account",
    path: "accounts/EVE/set",
    give: { name: "Eve", email: "eve@example.com", role: "admin", "limit:servers": 1, "limit:mem": 512 },
    status: 200,
    answer: {
      ...{ name: "Eve", email: "eve@example.com", role: "admin", "limit:servers": 1, "limit:mem": 512 },
      secret: null,
    },
  },
  {
    name: "an empty value takes a limit away, and null a role",
    path: "accounts/EVE/set",
    give: { "limit:servers": "", "limit:mem": null, role: "" },
    status: 200,
    answer: { name: "Eve", role: "user", ...DEFAULTS },
  },
  {
    name: "an account is suspended, and told why",
    path: "accounts/EVE/suspend",
    give: { reason: "the invoice of November" },
    status: 204,
  },
  {
    name: "a suspended account is told so",
    path: "profile/info",
    as: "EVEAUTH",
    status: 200,
    answer: { status: "suspended", reason: "the invoice of November" },
  },
  ...(
    [
      ["drives/create", { name: "d", size: 4096 }],
      ["servers/create", { name: "s", cpu: 100, mem: 32 }],
      ["servers/create/stopped", { name: "s", cpu: 100, mem: 32 }],
      ["servers/SERVER/start", undefined],
      ["drives/DRIVE/set", { size: 8192 }],
      ["resources/vlan/create", { name: "v" }],
    ] as const
  ).map(([path, give]) => ({
    name: `a suspended account is refused ${path}: 402 billing`,
    ...{ path, as: "EVEAUTH", method: "POST", status: 402, error: "billing", code: "account_suspended" },
    ...(give === undefined ? {} : { give }),
  })),
  {
    name: "what is wrong with a request of a suspended account is told first",
    path: "drives/create",
    as: "EVEAUTH",
    give: { name: "d" },
    ...usage,
  },
  {
    name: "what is not there is told a suspended account first, too",
    path: `servers/${NOBODY}/start`,
    as: "EVEAUTH",
    method: "POST",
    ...missing,
  },
  {
    name: "a suspended account reads what it has",
    path: "drives/DRIVE/info",
    as: "EVEAUTH",
    status: 200,
    answer: { name: "d" },
  },
  {
    name: "a suspended account names what it has",
    path: "drives/DRIVE/set",
    as: "EVEAUTH",
    give: { name: "renamed" },
    status: 200,
  },
  {
    name: "a suspended account stops a server",
    path: "servers/SERVER/stop",
    as: "EVEAUTH",
    method: "POST",
    status: 204,
  },
  {
    name: "an account that has something is not closed: 409 busy",
    path: "accounts/EVE/close",
    method: "POST",
    status: 409,
    error: "busy",
    code: "account_in_use",
  },
  {
    name: "an account is not closed by halves: 409 busy",
    path: "accounts/EVE/close",
    give: { everything: "false" },
    status: 409,
    error: "busy",
    code: "account_in_use",
  },
  {
    name: "everything takes true or false",
    path: "accounts/EVE/close",
    give: { everything: "yes" },
    ...usage,
    code: "malformed_value",
  },
  {
    name: "a suspended account destroys what it has",
    path: "drives/DRIVE/destroy",
    as: "EVEAUTH",
    method: "POST",
    status: 204,
  },
  { name: "an account is resumed", path: "accounts/EVE/resume", method: "POST", status: 204 },
  {
    name: "an account that was resumed is active, and makes things again",
    path: "drives/create",
    as: "EVEAUTH",
    give: { name: "again", size: 4096 },
    status: 200,
  },
  {
    name: "the last admin is not suspended: 409 busy",
    path: "accounts/ANN/suspend",
    method: "POST",
    status: 409,
    error: "busy",
    code: "last_admin",
  },
  {
    name: "an account is closed with everything that it has",
    path: "accounts/EVE/close",
    give: { everything: "true" },
    status: 204,
  },
  {
    name: "nobody logs in to a closed account",
    path: "profile/info",
    as: "EVEAUTH",
    status: 401,
    error: "auth",
  },
  {
    name: "a closed account is told of",
    path: "accounts/EVE/info",
    status: 200,
    answer: { status: "closed", name: "Eve" },
  },
  {
    name: "a closed account stays so: 409 busy",
    path: "accounts/EVE/resume",
    method: "POST",
    status: 409,
    error: "busy",
    code: "account_over",
  },
  {
    name: "nobody acts as a closed account",
    path: "profile/info",
    acting: "EVE",
    ...missing,
    code: "no_such_user",
  },
  ...["info", "set", "suspend", "resume", "close"].flatMap((verb) =>
    [NOBODY, "x", "00000000-0000-0000-0000-000000000001"].map((user) => ({
      name: `${verb} of the account ${user} is 404 missing: there is none`,
      path: `accounts/${user}/${verb}`,
      method: verb === "info" ? "GET" : "POST",
      ...(verb === "set" ? { give: { name: "x" } } : {}),
      ...{ ...missing, code: "no_such_user", says: /^there is no user \S+\n$/ },
    })),
  ),
];

/** Who acts as another. */
export const ACTING_ROWS: readonly Row[] = [
  {
    name: "an admin who acts as another is told of that account",
    path: "profile/info",
    acting: "BOB",
    status: 200,
    answer: { user: UUID, role: "user" },
  },
  {
    name: "an admin who acts as another makes what is the other's",
    path: "resources/vlan/create",
    acting: "BOB",
    give: { name: "made for bob" },
    status: 200,
    answer: { user: "BOBS" },
  },
  {
    name: "an admin who acts as another has the other's role",
    path: "accounts/list",
    acting: "BOB",
    ...missing,
    code: "no_such_command",
  },
  ...(
    [
      ["an admin", "ANNAUTH", NOBODY],
      ["an admin", "ANNAUTH", "bob"],
      ["a user", "BOBAUTH", "ANN"],
      ["a user", "BOBAUTH", "BOB"],
      ["a user", "BOBAUTH", NOBODY],
    ] as const
  ).map(([who, as, acting]) => ({
    name: `${who} does not act as ${acting}: 404 missing`,
    path: "drives/list",
    ...{ as, acting, ...missing, code: "no_such_user", says: /^there is no user \S+\n$/ },
  })),
];
