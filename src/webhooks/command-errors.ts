/** The codes of errors that are each webhook command's own. */
import type { ErrorCode } from "../base/error-codes.ts";

const NAMED = ["no_such_webhook"] as const;

export const WEBHOOK_ERRORS = {
  list: [],
  info: NAMED,
  create: [
    ...["command_overtaken", "idempotency_key_reused", "in_progress", "no_such_webhook"],
    ...["repeated_object_gone", "too_many_webhooks"],
  ],
  act: NAMED,
} as const satisfies Readonly<Record<string, readonly ErrorCode[]>>;
