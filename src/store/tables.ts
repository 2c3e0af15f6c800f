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
  /** SHA-256 of the secret API key, in hex; the key itself is random and kept nowhere. */
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

export type AddressesTable = {
  address: string;
  server: string;
};

export type Tables = {
  users: UsersTable;
  drives: DrivesTable;
  servers: ServersTable;
  claims: ClaimsTable;
  addresses: AddressesTable;
};
