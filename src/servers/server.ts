/**
 * A server: what the cloud knows of it, as it is read out of the store. Columns of JSON are checked as they are read.
 */
import type { Selectable } from "kysely";
import { z } from "zod";
import { type AccessedObject, noSuchObject } from "../api/authorize.ts";
import { isColumnDamaged } from "../base/column.ts";
import { failed } from "../base/errors.ts";
import { parseUuid, type UserId } from "../base/ids.ts";
import type { ServersTable } from "../store/tables.ts";
import { type Config, type Configuration, configurationOf } from "./configuration.ts";

/** A configuration as it is stored. */
export const CONFIG = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
  .refine(({ name, cpu, mem }) => [name, cpu, mem].every((value) => value !== undefined));

const RUN = z.object({
  // An earlier version did not write it down.
  generation: z.int().default(0),
  started: z.number(),
  cores: z.int(),
  sockets: z.int(),
  nicAddress: z.string().nullable(),
  vncAddress: z.string().nullable(),
});

/**
 * What a start gave a server; it stands in `info` as long as it runs: `started` in seconds since the epoch, the
 * processors, `nic:0:dhcp:ip` and `vnc:ip`. `generation` is the start's: a run of a lower one is an earlier one.
 */
export type Run = Readonly<z.infer<typeof RUN>>;

export type Phase = ServersTable["phase"];

export type Server = {
  readonly uuid: string;
  readonly user: UserId;
  readonly phase: Phase;
  readonly config: Config;
  /** What the configuration says. */
  readonly configuration: Configuration;
  /** Of the start that is under way or of the run that goes on; null when it is stopped. */
  readonly run: Run | null;
  /** How long its user data is; null where it has none. */
  readonly userDataBytes: number | null;
  /** The address that `auto` gave it last, which it prefers the next time. */
  readonly lastAddress: string | null;
  readonly generation: number;
  readonly revision: number;
  /** The name of the host that it runs on, or ran on last. */
  readonly host: string;
};

export const SERVER_COLUMNS = [
  ...(["uuid", "user", "phase", "config", "run"] as const),
  ...(["last_address", "user_data_bytes", "generation", "revision", "host"] as const),
] as const;

export type ServerRow = Pick<Selectable<ServersTable>, (typeof SERVER_COLUMNS)[number]>;

/** Errors: `failed`, naming the server, when its row is damaged. */
export function serverOf(row: ServerRow): Server {
  try {
    const config = CONFIG.parse(JSON.parse(row.config));
    return {
      uuid: row.uuid,
      user: row.user as UserId,
      phase: row.phase,
      config,
      configuration: configurationOf(config),
      run: row.run === null ? null : RUN.parse(JSON.parse(row.run)),
      userDataBytes: row.user_data_bytes,
      lastAddress: row.last_address,
      generation: row.generation,
      revision: row.revision,
      host: row.host,
    };
  } catch (cause) {
    throw failed("record_damaged", `what the store says of server ${row.uuid} is damaged`, { cause });
  }
}

/** The columns that are damaged. */
export function damagedServerColumns({ config, run }: Pick<ServerRow, "config" | "run">): readonly string[] {
  return [
    ...(configurationIn(config) === null ? ["config"] : []),
    ...(run !== null && isColumnDamaged(RUN, run) ? ["run"] : []),
  ];
}

/** What a column says; null where it is damaged. */
function configurationIn(config: string): Configuration | null {
  try {
    return configurationOf(CONFIG.parse(JSON.parse(config)));
  } catch {
    return null;
  }
}

/** What is read of a server to end it: also of one whose configuration or run is damaged. */
export type EndingServer = Pick<Server, "uuid" | "user" | "phase" | "generation" | "host"> & {
  readonly hasRun: boolean;
  /** The generation of the start that its run is of; 0 where nobody knows. */
  readonly startGeneration: number;
  /** Null where it is damaged. */
  readonly configuration: Configuration | null;
};

export function endingServerOf(row: ServerRow): EndingServer {
  const { uuid, phase, generation, host } = row;
  return {
    ...{ uuid, user: row.user as UserId, phase, generation, host },
    ...{ hasRun: row.run !== null, startGeneration: startGenerationOf(row) },
    configuration: configurationIn(row.config),
  };
}

function startGenerationOf({ run }: ServerRow): number {
  try {
    return run === null ? 0 : RUN.parse(JSON.parse(run)).generation;
  } catch {
    return 0;
  }
}

/** The uuid in a word of the URL. Errors: `missing`, in the same words for a malformed, foreign and unknown one. */
export function serverWord(word: string | undefined): string {
  const uuid = parseUuid(word ?? "");
  if (uuid === null) throw noSuchServer(word ?? "");
  return uuid;
}

export const noSuchServer = (uuid: string) => noSuchObject({ kind: "server", uuid });

/** The server as `authorize` sees it. */
export const accessedServer = ({ uuid, user }: Pick<ServerRow, "uuid" | "user">): AccessedObject => ({
  kind: "server",
  uuid,
  owner: user as UserId,
});
