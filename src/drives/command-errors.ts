/** The codes of errors that are each drive command's own. */
import type { ErrorCode } from "../base/error-codes.ts";

/** Of a drive that the path names. */
const NAMED = ["no_such_drive", "record_damaged"] as const;

/** An answer has what servers do with the drive, which their hosts say. */
const COUNTED = ["host_failed", "host_unavailable", "record_damaged"] as const;

/** An operation on the drive, which waits for those before it. */
const QUEUED = ["command_overtaken", "in_progress"] as const;

/** What the rules of `can.ts` forbid while somebody uses the drive. */
const USED = ["drive_imaged", "drive_imaged_from", "drive_in_use"] as const;

/** Of the host that has the drive's file. */
const READ = ["host_interrupted", "host_unavailable", "storage_failed", "storage_unavailable"] as const;
const WRITTEN = ["disk_full", ...READ] as const;

/** What the account does not cover; its own limits may be damaged. */
const COVERED = [
  "account_closed",
  "account_suspended",
  "funds_short",
  "limit_reached",
  "record_damaged",
] as const;

export const DRIVE_ERRORS = {
  list: [],
  info: [...NAMED, ...COUNTED],
  infoOfAll: COUNTED,
  create: [
    ...["idempotency_key_reused", "repeated_object_gone", "no_such_drive", "no_such_reference", ...COVERED],
    ...["avoid_unmet", "no_disk_space", "no_host", ...QUEUED, ...WRITTEN, ...COUNTED],
  ],
  destroy: [...NAMED, "drive_read_only", ...USED, ...QUEUED, ...WRITTEN],
  set: [
    ...[...NAMED, "drive_read_only", ...USED, "drive_written", "no_disk_space", ...COVERED],
    ...[...QUEUED, ...WRITTEN, ...COUNTED],
  ],
  image: [
    ...[...NAMED, "drive_read_only", "malformed_parameter", "imaging_onto_itself", "target_too_small"],
    ...[...USED, "drive_resizing", "in_progress", "too_many_imagings"],
  ],
  fetch: [...[...NAMED, "drive_read_only", "fetch_not_offered", ...USED, "in_progress", "too_many_imagings"]],
  read: [...NAMED, "malformed_parameter", "offset_past_end", "read_too_long", "answer_not_taken", ...READ],
  download: [...NAMED, "malformed_parameter", "offset_past_end", "answer_not_taken", ...READ],
  write: [
    ...[...NAMED, "drive_read_only", "malformed_parameter", "write_past_end"],
    ...[...USED, "drive_resizing", "command_overtaken", "no_scratch_room", ...WRITTEN],
  ],
} as const satisfies Readonly<Record<string, readonly ErrorCode[]>>;
