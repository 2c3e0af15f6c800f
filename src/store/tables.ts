/**
 * The tables, as the typed query builder sees them. `migrations/` makes them.
 *
 * Every row that stands for something on a host bears a `phase`, what it is to callers now, and a `generation`, which
 * grows with each intent; what is being done about it is its row in `operations`.
 */
import type { Generated } from "kysely";
import type { BillingTables } from "./billing-tables.ts";
import type { ChangeTables } from "./change-tables.ts";
import type { EventLists } from "./event-lists.ts";
import type { FundsTables } from "./funds-tables.ts";
import type { MeteringTables } from "./metering-tables.ts";
import type { SampleTables } from "./sample-tables.ts";
import type { WebhookTables } from "./webhook-tables.ts";

export type UsersTable = {
  uuid: string;
  name: string;
  /** Empty: nobody said it. */
  email: Generated<string>;
  status: Generated<"active" | "suspended" | "closed">;
  /** Why it is suspended, empty where nobody said it. */
  reason: Generated<string>;
  role: Generated<"user" | "admin">;
  /** The account's own limits, as a JSON object of amounts by resource; of what it does not name the daemon's hold. */
  limits: Generated<string>;
  /** How far below zero its balance may go: a whole number of the smallest unit of money. */
  credit: Generated<string>;
  created: number;
  /** Grows with every intent that is recorded of it. */
  generation: Generated<number>;
};

/** The secrets that open an account; each is random, and kept nowhere. */
export type ApiKeysTable = {
  serial: Generated<number>;
  uuid: string;
  user: string;
  name: string;
  /** `all`, `read`, or words with spaces between (`Scope` in api/). */
  scope: string;
  /** Seconds since the epoch from which on it opens nothing; null: it does not end by itself. */
  expires: number | null;
  created: number;
  /** The hour in which it was used last, by the second in which that began; null: it was not. */
  used: number | null;
  /** The last characters of the secret; empty where it was made before they were kept. */
  hint: string;
  /** SHA-256 of the secret, in hex. */
  sha256: string;
};

/** Browsers that go on asking in the name of a key. */
export type SessionsTable = {
  serial: Generated<number>;
  uuid: string;
  user: string;
  /** The uuid of the key that it is of; it ends with that. */
  key: string;
  created: number;
  /** When it was used last, to some minutes. */
  used: number;
  /** Where it was begun from. */
  address: string;
  /** SHA-256 of what the browser keeps, in hex. */
  sha256: string;
};

/** Codes that begin a session each. */
export type SessionCodesTable = {
  serial: Generated<number>;
  user: string;
  /** The uuid of the key that the session will be of. */
  key: string;
  /** Seconds since the epoch from which on it begins none. */
  expires: number;
  /** SHA-256 of the code, in hex. */
  sha256: string;
};

/** What was done, by whom; a row is never changed. */
export type EventsTable = {
  serial: Generated<number>;
  time: number;
  /** The account that it was about. */
  user: string;
  /** The account that did it. */
  actor: string;
  /** The uuid of the key that it was done with. */
  key: string;
  /** Where it was asked from. */
  address: string;
  command: string;
  /** What the command named or made; empty where it was nothing. */
  object: string;
  /** `done`, `begun`, or the code of an error. */
  outcome: string;
};

export type DrivesTable = {
  uuid: string;
  user: string;
  phase: "creating" | "ready" | "destroying";
  size_bytes: number;
  cipher: "none" | "aes-xts-plain";
  /** The drive's secret, wrapped by the master key; null with cipher `none` and once it is being destroyed. */
  wrapped_secret: string | null;
  claim_type: "exclusive" | "shared";
  /** The keys that users set and that nothing else looks at, as a JSON object. */
  properties: string;
  /** What a standard image is (`StandardColumn` in drives/), as JSON; null for the drives of users. */
  standard: string | null;
  read_bytes: Generated<number>;
  read_requests: Generated<number>;
  write_bytes: Generated<number>;
  write_requests: Generated<number>;
  /** Grows with every intent that is recorded of it. */
  generation: Generated<number>;
  /** Grows with every change of the row: who keeps something made of it knows by this whether it is still so. */
  revision: Generated<number>;
  /** The name of the host that it is on. */
  host: Generated<string>;
  /** The order in which objects are listed. */
  serial: Generated<number>;
};

export type ServersTable = {
  uuid: string;
  user: string;
  /** `creating` is a first start whose caller knows nothing of the server yet. */
  phase: "creating" | "stopped" | "starting" | "active" | "destroying";
  /** The configuration, as a JSON object of keys in no particular order. */
  config: string;
  /** Of the configuration what lists answer: so they need not read all of it. */
  cpu_mhz: number;
  mem_mib: number;
  /** Of the configuration the VLAN that NIC 1 is in, and its MAC address there; null where it is in none. */
  vlan: string | null;
  vlan_mac: string | null;
  /** What the start gave it (`Run` in servers/), as JSON; null while it is stopped. */
  run: string | null;
  /** What its QEMU was seen to be since the start, where that is not `active`. */
  run_state: "paused" | "dumped" | "dead" | null;
  /** The address that `auto` gave it last. */
  last_address: string | null;
  /** `user-data`, wrapped by the master key; null where it has none, or a backup left it out. */
  wrapped_secret: string | null;
  /** How long that is, unwrapped; null where it has none. */
  user_data_bytes: number | null;
  /** Grows with every intent that is recorded of it. */
  generation: Generated<number>;
  /** Grows with every change of the row: who keeps something made of it knows by this whether it is still so. */
  revision: Generated<number>;
  /** The name of the host that it runs on, or ran on last. */
  host: Generated<string>;
  serial: Generated<number>;
};

export type ClaimsTable = {
  drive: string;
  server: string;
  exclusive: 0 | 1;
};

/** What is to become of a target, and why it did not come about. */
export type ImagingsTable = {
  /** The order in which they were asked for. */
  serial: Generated<number>;
  target: string;
  /** The uuid of a drive; empty where the source is a URL. */
  source: string;
  /** The URL, which may bear secrets, wrapped by the master key; null where a drive is the source, and once it is done with. */
  wrapped_url: string | null;
  /** The checksum that a URL's content must have; null: whatever it has. */
  sha256: string | null;
  conversion: "gzip" | "gunzip" | null;
  state: "queued" | "running" | "failed";
  error: string | null;
  /** When its turn is among those that wait: the lowest first, then the order in which they were asked for. */
  turn: Generated<number>;
};

/** Which server uses an address now, a temporary or a static one. */
export type AddressesTable = {
  address: string;
  server: string;
};

/** What users hold: there is nothing of it on a host, so it has no phase. */
export type ResourcesTable = {
  type: "ip" | "vlan";
  /** An address, or the uuid of a VLAN. */
  resource: string;
  user: string;
  /** The keys that users set, as a JSON object. */
  properties: string;
  serial: Generated<number>;
};

/** Where static addresses come from. */
export type PoolsTable = {
  /** Such as `203.0.113.0/28`. */
  network: string;
  /** Who brought it: the operator, or the host as a part of its own subnet. */
  origin: "operator" | "host";
  /** The name of the host whose own it is, empty for an operator's. */
  host: string;
  /** The addresses that are given, but for the gateway and the name servers. */
  first: string;
  last: string;
  gateway: string;
  /** Addresses with spaces between. */
  nameservers: string;
  serial: Generated<number>;
};

/** The network interfaces that are in a VLAN now. */
export type VlanNicsTable = {
  vlan: string;
  mac: string;
  server: string;
};

/** A machine of the cloud: what it has, and what of it is allocated. */
export type HostsTable = {
  name: string;
  /** `HostFacts` as JSON, as the host answered them last; empty before it did. */
  facts: string;
  /** What tells the machine from all others that could bear its name: the id of its home; empty before it said. */
  identity: Generated<string>;
  /** What drives may take of its disk, full or empty, as the host answered last. */
  disk_bytes: number;
  /** The sizes of all drives that are on it, and what servers that start or run there were given: sums, kept as counters. */
  allocated_disk_bytes: number;
  allocated_mem_mib: number;
  allocated_mhz: number;
};

/** What is wanted of an object and not settled yet, and who works on it (`operations/operation.ts`). */
export type OperationsTable = {
  object: string;
  noun: "drive" | "server" | "account";
  /** The name of the host that it concerns; empty: of none alone. */
  host: string;
  action: string;
  /** What the action needs besides the object's row, as JSON; no secrets. */
  params: string;
  generation: number;
  /** The process that works on it, for as long as its lease holds; null when nobody does. */
  owner: string | null;
  lease_until_ms: number | null;
  attempts: number;
  /** Not before this time. */
  next_try_ms: number;
  last_error: string | null;
  /** The id of the request that asked for it. */
  request: string | null;
  recorded_ms: number;
};

/** Which object a create made that came with an `Idempotency-Key`. */
export type IdempotencyKeysTable = {
  user: string;
  key: string;
  /** SHA-256 of what was asked, in hex. */
  fingerprint: string;
  object: string;
  recorded_ms: number;
};

export type Tables = MeteringTables &
  BillingTables &
  WebhookTables &
  ChangeTables &
  EventLists &
  FundsTables &
  SampleTables & {
    users: UsersTable;
    api_keys: ApiKeysTable;
    sessions: SessionsTable;
    session_codes: SessionCodesTable;
    events: EventsTable;
    drives: DrivesTable;
    servers: ServersTable;
    claims: ClaimsTable;
    imagings: ImagingsTable;
    addresses: AddressesTable;
    resources: ResourcesTable;
    pools: PoolsTable;
    vlan_nics: VlanNicsTable;
    hosts: HostsTable;
    operations: OperationsTable;
    idempotency_keys: IdempotencyKeysTable;
  };
