/** The codes of errors that are each account command's own. */
import type { ErrorCode } from "../base/error-codes.ts";

/** Of what a create that is repeated can end in. */
const REPEATED = [
  ...["command_overtaken", "idempotency_key_reused", "in_progress", "repeated_object_gone"],
] as const;

/** Of an account that the path names. */
const NAMED = ["no_such_user", "record_damaged"] as const;

export const ACCOUNT_ERRORS = {
  list: [],
  info: NAMED,
  infoOfAll: ["record_damaged"],
  create: [...NAMED, "no_prices", ...REPEATED],
  set: [...NAMED, "account_over", "last_admin", "no_prices"],
  suspend: [...NAMED, "account_over", "last_admin"],
  resume: [...NAMED, "account_over"],
  close: [...NAMED, "account_in_use", "last_admin"],
  profile: NAMED,
  keys: [],
  keyInfo: ["no_such_key"],
  keyCreate: [
    "account_over",
    "no_such_key",
    "no_such_user",
    "outside_scope",
    "too_many_api_keys",
    ...REPEATED,
  ],
  keySet: ["last_key", "no_such_key", "outside_scope"],
  keyDestroy: ["last_key", "no_such_key", "outside_scope"],
} as const satisfies Readonly<Record<string, readonly ErrorCode[]>>;
