/**
 * Which codes of errors a command can end in: those of its own, which its row of the table lists, and those that follow
 * from what it is.
 */
import type { ErrorCode } from "../base/error-codes.ts";
import type { Declared } from "./command.ts";

/** Of every command: whatever can be amiss before it is begun, and with the cloud itself. */
export const ERRORS_OF_ALL: readonly ErrorCode[] = [
  "credentials_malformed",
  "credentials_missing",
  "credentials_wrong",
  "headers_timeout",
  "headers_too_large",
  "malformed_http",
  "malformed_idempotency_key",
  "malformed_path",
  "no_such_command",
  "no_such_user",
  "outcome_unknown",
  "outside_scope",
  "rate_exceeded",
  "stopping",
  "store_full",
  "store_unavailable",
  "system",
  "too_many_anonymous",
  "too_many_connections",
  "too_many_failed_logins",
  "too_much_in_flight",
  "unknown_method",
  "wrong_method",
];

const OF_BODIES = ["body_cut_off", "body_timeout", "malformed_body", "unsupported_content_encoding"] as const;

/** Of every command that takes so. */
export const ERRORS_OF_BODIES: Readonly<Record<Declared<never>["takes"], readonly ErrorCode[]>> = {
  nothing: ["body_not_empty", "body_too_large", ...OF_BODIES],
  properties: [
    "attributes_too_large",
    "body_too_large",
    "conflicting_keys",
    "key_not_settable",
    "key_required",
    "malformed_key",
    "malformed_value",
    "too_many_keys",
    "too_many_words",
    "unknown_key",
    "unsupported_content_type",
    ...OF_BODIES,
  ],
  bytes: ["chunked_body", ...OF_BODIES],
};

/** All codes that a command can end in. */
export function errorsOfCommand({
  takes,
  errors,
}: Pick<Declared<never>, "takes" | "errors">): ReadonlySet<ErrorCode> {
  return new Set([...ERRORS_OF_ALL, ...ERRORS_OF_BODIES[takes], ...errors]);
}
