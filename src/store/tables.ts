/**
 * The tables, as the typed query builder sees them. `migrations/` makes them.
 *
 * Every row that stands for something on a host bears a `phase`: the intent, recorded before the host is touched. A
 * phase that is not at rest (`creating`, `starting`, …) after a crash is what the reconciler finishes or undoes.
 */
import type { Generated } from "kysely";

export type UsersTable = {
  uuid: string;
  name: string;
  /** SHA-256 of the secret API key, in hex; the key itself is random and kept nowhere. Empty: there is no key. */
  key_sha256: string;
  created: number;
};

export type DrivesTable = {
  uuid: string;
  user: string;
  phase: "creating" | "ready" | "destroying";
  size_bytes: number;
  /** The size that a resize under way leads to, null when there is none. */
  wanted_size_bytes: number | null;
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
  /** What the start gave it (`Run` in servers/), as JSON; null while it is stopped. */
  run: string | null;
  /** The address that `auto` gave it last. */
  last_address: string | null;
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
  source: string;
  conversion: "gzip" | "gunzip" | null;
  state: "queued" | "running" | "failed";
  error: string | null;
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

export type Tables = {
  users: UsersTable;
  drives: DrivesTable;
  servers: ServersTable;
  claims: ClaimsTable;
  imagings: ImagingsTable;
  addresses: AddressesTable;
  resources: ResourcesTable;
  pools: PoolsTable;
  vlan_nics: VlanNicsTable;
};
