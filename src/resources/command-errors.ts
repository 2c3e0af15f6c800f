/** The codes of errors that are each resource command's own. */
import type { ErrorCode } from "../base/error-codes.ts";

/** Of a resource that the path names. */
const NAMED = ["no_such_resource", "no_such_resource_type"] as const;

export const RESOURCE_ERRORS = {
  list: ["no_such_resource_type"],
  info: [...NAMED, "record_damaged"],
  infoOfAll: ["record_damaged"],
  // What an Idempotency-Key has made may be gone by now.
  create: [
    ...[...NAMED, "missing", "record_damaged"],
    ...["command_overtaken", "idempotency_key_reused", "no_free_address"],
  ],
  set: [...NAMED, "record_damaged"],
  destroy: [...NAMED, "resource_in_use"],
} as const satisfies Readonly<Record<string, readonly ErrorCode[]>>;
