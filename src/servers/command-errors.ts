/** The codes of errors that are each server command's own. */
import type { ErrorCode } from "../base/error-codes.ts";

/** Of the host that runs the server. */
const HOST = ["host_failed", "host_unavailable"] as const;

/** An answer has what its host says of the server. */
const ANSWERED = [...HOST, "record_damaged"] as const;

/** An operation on the server, which waits for those before it; the host may know more than the store. */
const QUEUED = ["command_overtaken", "in_progress", "server_unrecorded"] as const;

/** Of a configuration, as it comes. */
const CONFIGURED = [
  "exceeds_hosts",
  "inconsistent_configuration",
  "mac_in_use",
  "no_such_reference",
] as const;

/** What a start claims of drives, of a host and of the network. */
const CLAIMED = [
  ...["drive_imaged", "drive_imaged_from", "drive_in_use", "drive_resizing", "no_such_reference"],
  ...["avoid_unmet", "drives_on_other_hosts", "exceeds_hosts", "host_too_small", "no_host"],
  ...["no_cpu_left", "no_memory_left"],
  ...["address_in_use", "address_without_network", "mac_in_use", "no_free_address"],
  "address_share_taken",
] as const;

/** What a launch can fail with on the host. */
const LAUNCHED = [
  ...[
    "host_interrupted",
    "launch_failed",
    "disk_full",
    "drive_written",
    "storage_failed",
    "storage_unavailable",
  ],
  ...[
    "address_routed_elsewhere",
    "no_uid_left",
    "no_vlans_here",
    "no_vnc_port",
    "vnc_tls_unavailable",
    ...HOST,
  ],
] as const;

const STARTED = [...CLAIMED, ...LAUNCHED, ...QUEUED, "record_damaged"] as const;

/** What the account does not cover; its own limits may be damaged. */
const COVERED = [
  "account_closed",
  "account_suspended",
  "funds_short",
  "limit_reached",
  "record_damaged",
] as const;

const CREATED = [
  ...[...CONFIGURED, ...ANSWERED, "no_such_server"],
  ...["idempotency_key_reused", "repeated_object_gone", ...COVERED],
] as const;

export const SERVER_ERRORS = {
  list: [],
  info: ["no_such_server", ...ANSWERED],
  infoOfAll: ANSWERED,
  create: [...CREATED, ...STARTED],
  createStopped: [...CREATED, "command_overtaken", "in_progress"],
  start: ["no_such_server", "server_dead", "user_data_lost", ...COVERED, ...STARTED],
  set: [
    ...["no_such_server", "server_not_stopped", ...CONFIGURED, "no_cpu_left", ...QUEUED, ...ANSWERED],
    ...["host_interrupted", "server_not_here", "storage_failed", "storage_unavailable", ...COVERED],
  ],
  stop: ["no_such_server", ...QUEUED, ...HOST],
  destroy: ["no_such_server", "command_overtaken", "server_unrecorded", ...HOST],
  shutdown: ["no_such_server", "server_not_answering", ...HOST],
  screen: ["no_such_server", "record_damaged", "server_not_active", "too_many_viewers", ...HOST],
  serial: ["no_such_server", "record_damaged", "too_many_viewers"],
  reset: ["no_such_server", "server_dumping", "server_not_active", "server_not_answering", ...HOST],
} as const satisfies Readonly<Record<string, readonly ErrorCode[]>>;
