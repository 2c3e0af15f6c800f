/**
 * An event of the audit trail: who did what, with which key, from where (accounts: the operator, `events`). One that is
 * under way is known to all that is done in its name, so that the transaction in which a command changes something records
 * the event, too: neither is there without the other.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { statement } from "../store/statement.ts";
import type { Tx } from "../store/store.ts";
import type { EventsTable } from "../store/tables.ts";

/** What is known of it as it begins. */
export type Asked = Pick<EventsTable, "user" | "actor" | "key" | "address" | "command" | "object">;

/** What a change is while it is under way. */
export type Change = {
  readonly asked: Asked;
  /** What it made. */
  made: string | null;
  /** Whether it left something for a host to do, which may yet fail. */
  hasBegun: boolean;
  isRecorded: boolean;
  /** Whether what is done in its name is of it still. */
  isOpen: boolean;
};

const underWay = new AsyncLocalStorage<Change | null>();

/** Lets `work` be what the change does. */
export const inChange = <T>(change: Change, work: () => T): T => underWay.run(change, work);

/** Lets `work` be nobody's change: what many bring about together, or what another process left. */
export const outsideChange = <T>(work: () => T): T => underWay.run(null, work);

/** The change in whose name this is done, null where there is none. */
export function changeUnderWay(): Change | null {
  const change = underWay.getStore();
  return change?.isOpen === true ? change : null;
}

/** Says what object the change under way has made. */
export function noteMade(object: string): void {
  const change = changeUnderWay();
  if (change !== null) change.made = object;
}

/** Says that the change under way has recorded what a host is to do. */
export function noteBegun(): void {
  const change = changeUnderWay();
  if (change !== null) change.hasBegun = true;
}

/**
 * Records the event of a change: what became of it as far as is known now, `done`, `begun` where a host has something to do
 * yet, or the code of an error.
 */
export async function recordChange(tx: Tx, change: Change, outcome?: string): Promise<void> {
  const { asked, made, hasBegun } = change;
  await recordEvent(tx, { ...asked, object: made ?? asked.object }, outcome ?? (hasBegun ? "begun" : "done"));
}

/** The area of commands that are about an account, which is what they name or make. */
const ACCOUNTS = "accounts/";

export async function recordEvent(tx: Tx, asked: Asked, outcome: string): Promise<void> {
  const { user, actor, key, address, command, object } = asked;
  const about = command.startsWith(ACCOUNTS) && object !== "" ? object : user;
  const time = Math.floor(Date.now() / 1000);
  const row = { time, user: about, actor, key, address, command, object, outcome };
  await insert(tx, row);
}

const insert = statement<Omit<EventsTable, "serial">, unknown>((db, param) =>
  db.insertInto("events").values({
    ...{ time: param("time"), user: param("user"), actor: param("actor"), key: param("key") },
    ...{ address: param("address"), command: param("command"), object: param("object") },
    outcome: param("outcome"),
  }),
);
