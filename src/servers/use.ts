/** What a server counts as (accounts: what is counted): one as long as it is there, its speed and memory while it runs. */
import type { Clock } from "../base/clock.ts";
import type { Instance } from "../host/host.ts";
import { beginUse, changeUse, endUse, useBegins } from "../metering/spans.ts";
import { statement } from "../store/statement.ts";
import type { Tx } from "../store/store.ts";
import type { Phase } from "./server.ts";

const RUNNING = ["cpu", "mem"] as const;

/** Begins the use of one that its user sees from now on. */
export async function beginServerUse(tx: Tx, uuid: string, at: number): Promise<void> {
  const { user } = await rowOf(tx, uuid);
  await beginUse(tx, { user, resource: "servers", object: uuid, amount: 1 }, at);
}

/**
 * Begins the use of its speed and memory, none of which is counted yet; of one that is being created, which its user sees
 * once it runs, that of itself, too.
 */
export async function beginRunUse(tx: Tx, uuid: string, at: number): Promise<void> {
  const { user, phase, cpu_mhz: mhz, mem_mib: mib } = await rowOf(tx, uuid);
  if (phase === "creating") await beginServerUse(tx, uuid, at);
  await beginUse(tx, { user, resource: "cpu", object: uuid, amount: mhz }, at);
  await beginUse(tx, { user, resource: "mem", object: uuid, amount: mib }, at);
}

/** Brings the use of its speed to what its configuration says, where it runs. */
export async function changeRunUse(tx: Tx, uuid: string, at: number): Promise<void> {
  const { cpu_mhz: amount } = await rowOf(tx, uuid);
  await changeUse(tx, { object: uuid, resource: "cpu", amount }, at);
}

/** Begins the use of its speed and memory anew, whatever of it was counted: it runs from now on as its row says. */
export async function renewRunUse(tx: Tx, uuid: string, at: number): Promise<void> {
  await endRunUse(tx, uuid, at);
  await beginRunUse(tx, uuid, at);
}

/** Ends the use of its speed and memory. */
export const endRunUse = (tx: Tx, uuid: string, at: number): Promise<void> => endUse(tx, uuid, at, RUNNING);

/**
 * When the run of a server ended: when its QEMU did, as far as its host knows, and now where it does not. One of which
 * nothing is left, and that began before the machine's boot, ran for as long as a daemon was there to know of it.
 *
 * @param instance the run that has ended; null where its host knows of none
 */
export async function runEnd(tx: Tx, uuid: string, instance: Instance | null, clock: Clock): Promise<number> {
  const now = clock.now();
  if (instance?.state === "ended") {
    return now - (instance.endedAgoS ?? 0);
  }
  const { offSince } = clock;
  if (instance !== null || offSince === undefined) return now;
  const begins = await useBegins(tx, uuid, "cpu");
  return begins !== null && begins <= offSince ? offSince : now;
}

async function rowOf(tx: Tx, uuid: string): Promise<Row> {
  const { rows } = await columnsOf(tx, { uuid });
  const [row] = rows;
  if (row === undefined) throw new Error(`server ${uuid} is not there, and counts as used`);
  return row;
}

type Row = {
  readonly user: string;
  readonly phase: Phase;
  readonly cpu_mhz: number;
  readonly mem_mib: number;
};

const columnsOf = statement<{ uuid: string }, Row>((db, param) =>
  db.selectFrom("servers").select(["user", "phase", "cpu_mhz", "mem_mib"]).where("uuid", "=", param("uuid")),
);
