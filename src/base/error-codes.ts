/**
 * The table of errors: the types that the specification has, and the codes that tell more (spec: the error table). An
 * error is made in `errors.ts`.
 */

/** What each `X-Elastic-Error` type means (spec: the error table). */
export const ERROR_TYPES = {
  usage: "The input is wrong; nothing was changed.",
  auth: "Credentials are missing or wrong.",
  billing: "The account's balance or subscriptions do not cover the command.",
  missing:
    "The command, the object or one that it names is not there, or is not the caller's to see or change.",
  method: "A changing command came by another method than POST.",
  busy: "The object, or one that it needs, is in use.",
  failed: "The command was right, and failed.",
  system: "Something went wrong in the cloud itself.",
  full: "There is no room left on the drive or in the cloud.",
} as const;

export type ErrorType = keyof typeof ERROR_TYPES;

type CodeRow = { readonly type: ErrorType; readonly means: string };

/**
 * Every code that an error can bear besides its type, and what it means. A code is stable: a sentence may be worded
 * anew, a code keeps its meaning. An error that has no code of its own bears the name of its type.
 */
export const ERROR_CODES = {
  unknown_key: { type: "usage", means: "The command knows no such key." },
  key_not_settable: { type: "usage", means: "The key cannot be given to this command." },
  key_required: { type: "usage", means: "A required key is missing, or would be unset." },
  malformed_key: {
    type: "usage",
    means: "The name of a key is empty, or has a space, a control character or a separator of lines.",
  },
  malformed_value: { type: "usage", means: "A value is not what its key takes." },
  conflicting_keys: { type: "usage", means: "One key came under two names with different values." },
  attributes_too_large: { type: "usage", means: "The object would keep more than it may." },
  too_many_keys: { type: "usage", means: "The body has more keys than a body of properties may have." },
  too_many_words: { type: "usage", means: "A list has more words than a list may have." },
  malformed_body: { type: "usage", means: "The body is not what its Content-Type or Content-Encoding says." },
  body_too_large: { type: "usage", means: "The properties are longer than a body of them may be." },
  body_not_empty: { type: "usage", means: "The command takes no properties, and some came." },
  body_cut_off: { type: "usage", means: "The connection ended before the whole body had come." },
  body_timeout: { type: "usage", means: "The body came too slowly, or stopped coming." },
  answer_not_taken: { type: "usage", means: "The connection ended before the whole answer was taken." },
  unsupported_content_type: { type: "usage", means: "Properties came in neither content type." },
  unsupported_content_encoding: {
    type: "usage",
    means: "The body is coded as the command does not take it.",
  },
  chunked_body: { type: "usage", means: "A write came with Transfer-Encoding: chunked." },
  malformed_path: { type: "usage", means: "The path of the URL cannot be decoded." },
  malformed_idempotency_key: {
    type: "usage",
    means: "The header Idempotency-Key is not 1 to 255 characters.",
  },
  malformed_http: { type: "usage", means: "What came is not HTTP/1.1." },
  headers_too_large: { type: "usage", means: "The URL and the headers are too long." },
  headers_timeout: { type: "usage", means: "The headers took too long to come." },
  credentials_missing: { type: "auth", means: "The header Authorization is missing." },
  credentials_malformed: { type: "auth", means: "The header Authorization is not HTTP Basic." },
  credentials_wrong: { type: "auth", means: "No user has this uuid with this secret API key." },
  limit_reached: { type: "billing", means: "The account would use more of it than it may." },
  account_suspended: {
    type: "billing",
    means: "The account is suspended: it reads, stops and destroys what it has, and makes nothing.",
  },
  account_closed: { type: "billing", means: "The account is closed." },
  funds_short: {
    type: "billing",
    means: "The account's balance and credit do not hold what that would cost.",
  },
  account_over: { type: "busy", means: "The account is closed, and stays so." },
  account_in_use: { type: "busy", means: "The account has servers, drives or resources." },
  last_admin: { type: "busy", means: "The account is the last whose role is admin." },
  last_key: { type: "busy", means: "The key is the account's last that opens everything." },
  too_many_api_keys: { type: "busy", means: "The account has as many keys as it may have." },
  no_such_user: { type: "missing", means: "There is no such account, or it is not the caller's to see." },
  no_such_invoice: { type: "missing", means: "The account has no invoice of that month." },
  no_such_webhook: { type: "missing", means: "There is no such webhook." },
  too_many_webhooks: { type: "busy", means: "The cloud has as many webhooks as it may have." },
  no_prices: { type: "usage", means: "The cloud has no price list, and so knows no money." },
  no_price: { type: "usage", means: "There are no subscriptions to the resource: it has no price." },
  price_list_refused: {
    type: "usage",
    means: "The price list is of another currency than those before it, or of a time that it cannot be of.",
  },
  too_many_subscriptions: { type: "busy", means: "The account has as many subscriptions as it may have." },
  subscription_over: { type: "busy", means: "The subscription has ended." },
  no_such_subscription: { type: "missing", means: "The account has no such subscription." },
  no_such_key: { type: "missing", means: "The account has no such key." },
  too_many_viewers: { type: "busy", means: "As many look at the server as may at once." },
  too_many_streams: { type: "busy", means: "As many streams of changes are open as may be." },
  no_such_session: { type: "missing", means: "The account has no such session." },
  outside_scope: { type: "missing", means: "The key that the caller has does not open that." },
  no_such_command: { type: "missing", means: "There is no command of this path." },
  no_such_drive: { type: "missing", means: "There is no such drive, or the caller may not read it." },
  no_such_server: { type: "missing", means: "There is no such server, or it is not the caller's." },
  no_such_host: { type: "missing", means: "The cloud has no such host." },
  no_such_image: { type: "missing", means: "The cloud has no such standard image." },
  image_unfinished: {
    type: "busy",
    means: "The standard image is being made or removed.",
  },
  image_present: { type: "busy", means: "The standard image is there already." },
  no_such_pool: { type: "missing", means: "The cloud has no such pool." },
  pool_refused: { type: "usage", means: "The addresses cannot be a pool's." },
  pool_meets_network: {
    type: "busy",
    means: "The pool shares addresses with another, or with a network that a host has or reaches.",
  },
  pool_in_use: { type: "busy", means: "An account holds an address of the pool, or it is a host's own." },
  no_such_resource: { type: "missing", means: "There is no such resource, or it is not the caller's." },
  drive_read_only: { type: "missing", means: "The caller may read the drive but not change it." },
  wrong_method: { type: "method", means: "The command takes another method; the header Allow names those." },
  unknown_method: { type: "method", means: "No command takes the method." },
  rate_exceeded: {
    type: "busy",
    means:
      "The account asks for more than it may in a minute; the header Retry-After says when to come again.",
  },
  too_many_anonymous: {
    type: "busy",
    means: "More requests without credentials came from the address than may in a minute.",
  },
  too_many_failed_logins: {
    type: "busy",
    means: "More logins failed from the address, or with the account's name, than may in a minute.",
  },
  server_not_stopped: { type: "busy", means: "The key can only be changed while the server is stopped." },
  no_such_reference: {
    type: "missing",
    means: "A key names something that is not there, or not the caller's to use so.",
  },
  no_such_resource_type: { type: "missing", means: "There is no such type of resource." },
  malformed_parameter: { type: "usage", means: "A word in the path is not what the command takes there." },
  idempotency_key_reused: {
    type: "usage",
    means: "The Idempotency-Key was used for another request.",
  },
  repeated_object_gone: {
    type: "missing",
    means: "What was made with the Idempotency-Key is gone; it is not made a second time.",
  },
  command_overtaken: {
    type: "busy",
    means: "Another command on the object came in between, and this one came to nothing.",
  },
  in_progress: {
    type: "busy",
    means: "Something is still under way on the object, or fails and is tried again.",
  },
  read_too_long: { type: "usage", means: "One read takes fewer bytes." },
  offset_past_end: { type: "usage", means: "The read begins behind the drive's end." },
  write_past_end: { type: "full", means: "The write passes the drive's end." },
  imaging_onto_itself: { type: "usage", means: "The source of the imaging is its target." },
  target_too_small: {
    type: "full",
    means: "The drive is smaller than the one that it is to be imaged from.",
  },
  fetch_not_offered: {
    type: "missing",
    means: "The cloud's operator does not have drives filled from URLs.",
  },
  drive_in_use: { type: "busy", means: "A server has the drive." },
  drive_written: { type: "busy", means: "Bytes are being written to the drive." },
  drive_resizing: { type: "busy", means: "The drive's size is being changed." },
  drive_imaged: { type: "busy", means: "The drive is being imaged, or an imaging onto it is being ended." },
  too_many_imagings: { type: "busy", means: "The account has as many imagings waiting as it may have." },
  drive_imaged_from: { type: "busy", means: "Another drive is being imaged from the drive." },
  inconsistent_configuration: { type: "usage", means: "Keys of the server do not go together." },
  user_data_lost: {
    type: "busy",
    means: "The server's user data was left out of the backup that the cloud was restored from.",
  },
  server_dead: { type: "busy", means: "The server's guest runs no more, and the server is not stopped." },
  server_not_active: { type: "busy", means: "The server is stopped." },
  server_dumping: { type: "busy", means: "The server's memory is being written out." },
  server_unrecorded: {
    type: "busy",
    means: "The server runs as the cloud's records do not know it: its operator decides about it.",
  },
  too_many_connections: { type: "busy", means: "So many connections are open that no more are taken." },
  too_much_in_flight: {
    type: "busy",
    means: "So many bytes of requests are under way that this one found no room for its own in time.",
  },
  resource_in_use: { type: "busy", means: "An active server uses the resource." },
  address_in_use: { type: "busy", means: "Another server uses the address." },
  mac_in_use: { type: "busy", means: "Another server has the MAC address on the VLAN." },
  no_free_address: { type: "full", means: "All addresses are taken." },
  address_share_taken: {
    type: "full",
    means: "The addresses that are left are kept for accounts that have fewer.",
  },
  exceeds_hosts: { type: "usage", means: "No host could hold the server if it were empty." },
  no_host: { type: "full", means: "There is no host." },
  host_too_small: { type: "full", means: "The host that has the server's drives could never hold it." },
  drives_on_other_hosts: { type: "full", means: "The server's drives are on different hosts." },
  avoid_unmet: { type: "full", means: "Every host has something that is to be avoided." },
  no_memory_left: { type: "full", means: "There is not that much memory left on any host that would do." },
  no_cpu_left: { type: "full", means: "There are not that many core MHz left on any host that would do." },
  no_disk_space: {
    type: "full",
    means: "There are not that many bytes left for drives on any host that would do.",
  },
  no_uid_left: { type: "full", means: "All uids of the host (LODGE_UIDS) are in use." },
  no_vnc_port: { type: "full", means: "All VNC ports of the host are in use." },
  no_scratch_room: {
    type: "full",
    means: "There is no room to keep the gzipped body while it is inflated.",
  },
  disk_full: { type: "full", means: "The disk of the host is full." },
  launch_failed: { type: "failed", means: "The server could not be started on its host." },
  server_not_answering: { type: "failed", means: "The server's QEMU does not answer; it can be stopped." },
  server_not_here: { type: "missing", means: "The server does not run on its host any more." },
  storage_failed: { type: "failed", means: "The host could not do it with the drive's file." },
  storage_unavailable: { type: "failed", means: "The storage of the host does not come up." },
  address_without_network: { type: "failed", means: "The address is in no network of the cloud now." },
  address_routed_elsewhere: {
    type: "failed",
    means: "The host's machine leads the address elsewhere, which is its operator's to mend.",
  },
  no_vlans_here: { type: "failed", means: "The host's network has no VLANs." },
  vnc_tls_unavailable: {
    type: "failed",
    means: "The cloud's certificate for VNC is of no use, which is its operator's to mend.",
  },
  host_failed: { type: "failed", means: "The host failed with it." },
  host_interrupted: {
    type: "failed",
    means: "A process of the host that the command needed ended in the middle of it: it can be tried again.",
  },
  host_unavailable: { type: "failed", means: "The host is not there, or cannot be reached." },
  record_damaged: { type: "failed", means: "What the cloud's store says of the object is damaged." },
  stopping: { type: "system", means: "The cloud is being stopped; nothing was begun." },
  store_unavailable: {
    type: "system",
    means: "The cloud's store does not answer now; what was begun is finished or undone once it does.",
  },
  store_full: {
    type: "full",
    means: "The disk of the cloud's records is full: what ends and destroys things is still done.",
  },
  outcome_unknown: {
    type: "failed",
    means: "The cloud's store was lost at the end of the command: it may have come about or not.",
  },
} as const satisfies Readonly<Record<string, CodeRow>>;

/** The codes that errors of a type bear. */
export type CodeOf<Type extends ErrorType> =
  | Type
  | {
      [Code in keyof typeof ERROR_CODES]: (typeof ERROR_CODES)[Code]["type"] extends Type ? Code : never;
    }[keyof typeof ERROR_CODES];

export type ErrorCode = CodeOf<ErrorType>;
