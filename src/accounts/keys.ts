/** The keys of accounts and of what opens them, in the order of answers (accounts: the caller's own account, the operator). */
import { z } from "zod";
import { number, state, time } from "../api/answered.ts";
import { type Key, keyTable, type Unit } from "../api/key.ts";
import { AREAS, parseScope, scopeText } from "../api/scope.ts";
import { name, sizeBytes, uuid, wholeNumber } from "../api/value.ts";
import { MONEY_PLACES } from "../billing/money.ts";
import { moneyValue } from "../billing/money-value.ts";
import { AMOUNTS, DEFAULT_LIMITS, RESOURCES, type Resource } from "../limits/resources.ts";

const always = ["create", "stopped", "active"] as const;

/** More than a cloud has of anything that is not counted by the byte. */
const MOST_AMOUNT = 1_000_000_000_000;

const UNITS: Readonly<Partial<Record<Resource, Unit>>> = { cpu: "core MHz", mem: "MB", disk: "bytes" };

const unitOf = (resource: Resource) => {
  const unit = UNITS[resource];
  return unit === undefined ? {} : { unit };
};

const NAME: Key = {
  pattern: "name",
  schema: name,
  takes: "a line of at most 255 characters",
  settable: always,
  required: true,
  group: "general",
  help: "what it is called",
};

const EMAIL: Key = {
  pattern: "email",
  schema: z
    .string()
    .max(254)
    .regex(/^[^\s@]+@[^\s@]+$/),
  takes: "an address of electronic mail",
  settable: always,
  group: "general",
  help: "where its owner is reached",
};

const ROLE: Key = {
  pattern: "role",
  schema: z.enum(["user", "admin"]),
  takes: "user or admin",
  settable: always,
  default: "user",
  group: "access",
  help: "admin may act for the whole cloud",
};

const LIMITS: readonly Key[] = RESOURCES.map((resource) => ({
  pattern: `limit:${resource}`,
  schema: resource === "disk" ? sizeBytes : wholeNumber(0, MOST_AMOUNT),
  takes:
    resource === "disk"
      ? "a number of bytes, optionally with a k, M, G or T suffix"
      : `a number from 0 to ${MOST_AMOUNT}`,
  ...unitOf(resource),
  settable: always,
  group: "limits",
  help: `the most ${AMOUNTS[resource]} that it may have; without it ${resource in DEFAULT_LIMITS ? "the cloud's own limit holds" : "there is no limit"}`,
}));

const USED: readonly Key[] = RESOURCES.map((resource) => ({
  ...number,
  ...unitOf(resource),
  pattern: `used:${resource}`,
  help: `how many ${AMOUNTS[resource]} it has`,
}));

const money = { ...state, schema: moneyValue } as const;

/** How far below zero the balance may go. */
const LENT: Key = {
  pattern: "credit",
  schema: moneyValue.refine((text) => !text.startsWith("-")),
  takes: "an amount of money with at most eight places",
  decimals: MONEY_PLACES,
  settable: always,
  help: "how far below zero the balance may go",
};

/** Of a cloud that has prices. */
const MONEY: readonly Key[] = [
  { ...state, pattern: "currency", help: "the currency of the cloud (ISO 4217)" },
  { ...money, pattern: "balance", help: "what is left of what was credited" },
  LENT,
  { ...money, pattern: "burning", help: "what use beyond subscriptions costs an hour now" },
  { ...time, pattern: "funds:until", help: "when balance and credit end at this rate" },
];

const SECRET: Key = { ...state, pattern: "secret", help: "the secret, this once" };

const USER: Key = { ...state, schema: uuid, pattern: "user", help: "the account" };

const STATUS: readonly Key[] = [
  {
    ...state,
    schema: z.enum(["active", "suspended", "closed"]),
    pattern: "status",
    help: "active, suspended or closed",
  },
  { ...state, pattern: "reason", help: "why it is suspended" },
];

/** Only shown, to whom may not set it. */
const shown = (key: Key): Key => ({ ...key, settable: [], required: false });

export const ACCOUNT_KEYS = keyTable(
  [USER, NAME, EMAIL, ...STATUS, ROLE, ...LIMITS, ...USED, ...MONEY, SECRET],
  "accounts",
);

export const PROFILE_KEYS = keyTable(
  [USER, NAME, EMAIL, ...STATUS, shown(ROLE), ...LIMITS.map(shown), ...USED, ...MONEY.map(shown)],
  "profile",
);

export const SUSPEND_KEYS = keyTable([
  {
    pattern: "reason",
    schema: name,
    takes: "a line of at most 255 characters",
    settable: ["create"],
    group: "general",
    help: "what its owner is told",
  },
]);

export const CLOSE_KEYS = keyTable([
  {
    pattern: "everything",
    schema: z.enum(["true", "false"]),
    takes: "true or false",
    settable: ["create"],
    default: "false",
    group: "general",
    help: "true stops and destroys all that it has",
  },
]);

const scope = z
  .string()
  .transform((text, context) => {
    const read = parseScope(text);
    if (read !== null) return scopeText(read);
    context.addIssue({ code: "custom" });
    return z.NEVER;
  })
  .pipe(z.string());

/** What opens an account. */
export const API_KEY_KEYS = keyTable(
  [
    { ...state, schema: uuid, pattern: "key", help: "the key" },
    NAME,
    {
      pattern: "scope",
      schema: scope,
      takes: `all, read, or some of ${AREAS.join(", ")}`,
      takesList: true,
      neverEmpty: true,
      settable: ["create"],
      default: "all",
      group: "access",
      help: "what it opens: everything, what reads, or the commands of areas",
    },
    {
      pattern: "expires",
      schema: wholeNumber(1, 99_999_999_999),
      takes: "a time to come",
      unit: "seconds since the epoch",
      settable: always,
      group: "access",
      help: "from when on it opens nothing",
    },
    { ...time, pattern: "created", help: "when it was made" },
    { ...time, pattern: "used", help: "the hour in which it was used last" },
    { ...state, pattern: "hint", help: "the last four characters of the secret" },
    SECRET,
  ],
  "profile/keys",
);

/** A browser that goes on asking in the name of a key. */
export const SESSION_KEYS = keyTable(
  [
    { ...state, schema: uuid, pattern: "session", help: "the session" },
    { ...state, schema: uuid, pattern: "key", help: "the key that it is of, and ends with" },
    { ...time, pattern: "created", help: "when it was begun" },
    { ...time, pattern: "used", help: "when it was used last, to some minutes" },
    { ...time, pattern: "expires", help: "when it ends where nobody uses it until then" },
    { ...state, pattern: "address", help: "where it was begun from" },
    { ...state, schema: z.enum(["true"]), pattern: "current", help: "true of the one that asks" },
  ],
  "profile/sessions",
);
