/** Servers within a transaction: found, and changed so that their generation and revision say so. */
import type { Updateable } from "kysely";
import { attributesText } from "../api/attributes.ts";
import type { Intent } from "../operations/operation.ts";
import type { Tx } from "../store/store.ts";
import type { ServersTable } from "../store/tables.ts";
import { type Config, configurationOf } from "./configuration.ts";
import { vlanMac } from "./nics.ts";
import {
  type EndingServer,
  endingServerOf,
  noSuchServer,
  SERVER_COLUMNS,
  type Server,
  serverOf,
} from "./server.ts";

/** What may be changed of a row besides its generation and revision. */
export type Change = Pick<
  Updateable<ServersTable>,
  "phase" | "run" | "last_address" | "host" | "wrapped_secret" | "user_data_bytes"
> & {
  readonly config?: Config;
};

/** The columns of a configuration: the text of it, and what is looked for or listed without reading that. */
export function configColumns(
  uuid: string,
  config: Config,
): Pick<ServersTable, "config" | "cpu_mhz" | "mem_mib" | "vlan" | "vlan_mac"> {
  const configuration = configurationOf(config);
  const vlan = configuration.vlanNic?.vlan ?? null;
  return {
    ...{ config: attributesText(config), cpu_mhz: configuration.cpuMhz, mem_mib: configuration.memMib },
    ...{ vlan, vlan_mac: vlan === null ? null : vlanMac(uuid, configuration) },
  };
}

/** What is done with servers. `start` is also the first start of one that is being created. */
export type ServerAction = "start" | "apply" | "stop" | "destroy";

/** Errors: `failed` when its row is damaged. */
export async function findServer(tx: Tx, uuid: string): Promise<Server | null> {
  const row = await rowOf(tx, uuid);
  return row === undefined ? null : serverOf(row);
}

/** The server as far as whoever ends it needs it: its row may be damaged. */
export async function findEndingServer(tx: Tx, uuid: string): Promise<EndingServer | null> {
  const row = await rowOf(tx, uuid);
  return row === undefined ? null : endingServerOf(row);
}

const rowOf = (tx: Tx, uuid: string) =>
  tx.selectFrom("servers").select(SERVER_COLUMNS).where("uuid", "=", uuid).executeTakeFirst();

/** Errors: `missing`, for a server that was destroyed while the command waited too; as `findServer`. */
export async function presentServer(tx: Tx, uuid: string): Promise<Server> {
  return present(uuid, await findServer(tx, uuid));
}

/** As `presentServer`, of a server that is to end. Errors: `missing`. */
export async function presentEndingServer(tx: Tx, uuid: string): Promise<EndingServer> {
  return present(uuid, await findEndingServer(tx, uuid));
}

function present<Found extends Pick<Server, "phase">>(uuid: string, server: Found | null): Found {
  if (server === null || server.phase === "destroying") throw noSuchServer(uuid);
  return server;
}

/** Changes what is answered of a server. */
export async function changeServer(tx: Tx, uuid: string, { config, ...change }: Change): Promise<void> {
  const columns = config === undefined ? {} : configColumns(uuid, config);
  // What was seen of a QEMU is of the phase in which it was.
  const seen = change.phase === undefined ? {} : { run_state: null };
  await tx
    .updateTable("servers")
    .set((row) => ({ ...change, ...columns, ...seen, revision: row("revision", "+", 1) }))
    .where("uuid", "=", uuid)
    .execute();
}

/** Raises the server's generation, where it is lower; a host has seen that one. */
export async function raiseGeneration(tx: Tx, uuid: string, generation: number): Promise<void> {
  await tx
    .updateTable("servers")
    .set((row) => ({ generation, revision: row("revision", "+", 1) }))
    .where("uuid", "=", uuid)
    .where("generation", "<", generation)
    .execute();
}

/** What is to be recorded of an intent on the server, whose next generation it is. */
export async function intend(
  tx: Tx,
  { uuid, host, generation }: Pick<Server, "uuid" | "host" | "generation">,
  action: ServerAction,
  request: string | null = null,
): Promise<Intent> {
  await raiseGeneration(tx, uuid, generation + 1);
  return { object: uuid, noun: "server", host, action, generation: generation + 1, request };
}
