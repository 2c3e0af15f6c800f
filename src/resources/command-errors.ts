/** The codes of errors that are each resource command's own. */
import type { ErrorCode } from "../base/error-codes.ts";

/** Of a resource that the path names. */
const NAMED = ["no_such_resource", "no_such_resource_type"] as const;

export const RESOURCE_ERRORS = {
  list: ["no_such_resource_type"],
  info: [...NAMED, "record_damaged"],
  infoOfAll: ["record_damaged"],
  create: [
    ...[...NAMED, "record_damaged", "command_overtaken", "no_free_address"],
    ...["address_share_taken", "limit_reached", "funds_short", "account_closed", "account_suspended"],
    ...["idempotency_key_reused", "repeated_object_gone"],
  ],
  set: [...NAMED, "record_damaged"],
  destroy: [...NAMED, "resource_in_use"],
} as const satisfies Readonly<Record<string, readonly ErrorCode[]>>;
