/** A server: what the cloud knows of it, as it is read out of the store. */
import type { Selectable } from "kysely";
import type { Value } from "../api/properties.ts";
import { missing } from "../base/errors.ts";
import { parseUuid, type UserId } from "../base/ids.ts";
import type { ServersTable } from "../store/tables.ts";

/** The configuration: the keys that are set, in no particular order. */
export type Config = Readonly<Record<string, Value>>;

/** What a start gave a server; it stands in `info` as long as it runs. */
export type Run = {
  /** Seconds since the epoch. */
  readonly started: number;
  readonly cores: number;
  readonly sockets: number;
  /** `nic:0:dhcp:ip` */
  readonly nicAddress: string | null;
  /** `vnc:ip` */
  readonly vncAddress: string | null;
};

export type Server = {
  readonly uuid: string;
  readonly user: UserId;
  readonly phase: ServersTable["phase"];
  readonly config: Config;
  /** Of the start that is under way or of the run that goes on; null when it is stopped. */
  readonly run: Run | null;
  /** The address that `auto` gave it last, which it prefers the next time. */
  readonly lastAddress: string | null;
};

export type ServerRow = Pick<
  Selectable<ServersTable>,
  "uuid" | "user" | "phase" | "config" | "run" | "last_address"
>;

/** Rows are not changed, and the store answers the same one as long as it holds: what was read from it holds, too. */
const servers = new WeakMap<ServerRow, Server>();

export function serverOf(row: ServerRow): Server {
  let server = servers.get(row);
  if (server === undefined) {
    server = read(row);
    servers.set(row, server);
  }
  return server;
}

function read(row: ServerRow): Server {
  return {
    uuid: row.uuid,
    user: row.user as UserId,
    phase: row.phase,
    config: JSON.parse(row.config) as Config,
    run: row.run === null ? null : (JSON.parse(row.run) as Run),
    lastAddress: row.last_address,
  };
}

/** The uuid in a word of the URL. Errors: `missing`, in the same words for a malformed, foreign and unknown one. */
export function serverWord(word: string | undefined): string {
  const uuid = parseUuid(word ?? "");
  if (uuid === null) throw noSuchServer(word ?? "");
  return uuid;
}

export const noSuchServer = (uuid: string) => missing(`there is no server ${uuid.slice(0, 60)}`);
