/**
 * An operation: what is wanted of an object and not settled yet. It is recorded in the transaction that checks the
 * command, with the object's new generation, and goes in the transaction that records what came of it. There is one an
 * object; a later intent takes the place of an earlier one, whose worker finds that out when it comes to settle it.
 */
import type { ExpressionBuilder, Selectable } from "kysely";
import { z } from "zod";
import { isColumnDamaged } from "../base/column.ts";
import type { Tx } from "../store/store.ts";
import type { OperationsTable, Tables } from "../store/tables.ts";

export type Noun = OperationsTable["noun"];

/** What is wanted, as the command that wants it says it. */
export type Intent = {
  readonly object: string;
  readonly noun: Noun;
  /** The name of the host that it concerns; empty: of none alone. */
  readonly host: string;
  readonly action: string;
  /** What the action needs besides the object's row; no secrets but those of a row as it was, so they are never shown. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly generation: number;
  /** The id of the request that asks for it. */
  readonly request?: string | null;
};

export type Operation = Required<Intent> & {
  /** How often it was tried before. */
  readonly attempts: number;
  readonly lastError: string | null;
  /** Since when it is wanted, milliseconds since the epoch. */
  readonly recordedMs: number;
};

/** A process that works on operations, and until when it may without saying so again. */
export type Lease = { readonly owner: string; readonly untilMs: number };

/** A later intent has taken the operation's place, or somebody else has settled it. */
export class Overtaken extends Error {
  constructor(
    { object, action, generation }: Pick<Operation, "object" | "action" | "generation">,
    options?: ErrorOptions,
  ) {
    super(`${action} of ${object} at generation ${generation} was overtaken`, options);
    this.name = "Overtaken";
  }
}

/** What is being done with an object by each action, in the words of whoever has the object. */
const DOING: Readonly<Record<string, string>> = {
  create: "is being created",
  start: "is being started",
  apply: "is being changed",
  stop: "is being stopped",
  destroy: "is being destroyed",
  resize: "is being resized",
  copy: "is being imaged",
  "end copy": "is the target of an imaging that is being ended",
  suspend: "is being suspended",
  close: "is being closed",
};

/** What is being done, as a sentence without its full stop, such as `server UUID is being stopped`. */
export function describeOperation({
  noun,
  object,
  action,
}: Pick<Operation, "noun" | "object" | "action">): string {
  return `${noun} ${object} ${DOING[action] ?? "is being changed"}`;
}

/** Something is under way on the object, which the message says; `failing` says why where it is tried again and again. */
export class InProgress extends Error {
  readonly object: string;
  readonly failing: string | null;

  constructor(operation: Operation) {
    super(describeOperation(operation));
    this.name = "InProgress";
    this.object = operation.object;
    this.failing = operation.lastError;
  }
}

/** What a handler throws whose next step is not due before some time: neither a failure nor the end of the operation. */
export class Later extends Error {
  readonly afterMs: number;

  constructor(afterMs: number) {
    super(`its next step is due in ${afterMs} ms`);
    this.name = "Later";
    this.afterMs = afterMs;
  }
}

/**
 * Records the intent in place of whatever was wanted of the object before. Its owner is who holds the lease; null: it is
 * left to whoever takes it up first.
 */
export async function recordOperation(
  tx: Tx,
  intent: Intent,
  lease: Lease | null,
  nowMs: number,
): Promise<void> {
  const { object, noun, host, action, params = {}, generation, request = null } = intent;
  const values = {
    ...{ noun, host, action, generation, request, owner: lease?.owner ?? null },
    params: JSON.stringify(params),
    lease_until_ms: lease?.untilMs ?? null,
    attempts: 0,
    next_try_ms: nowMs,
    last_error: null,
    recorded_ms: nowMs,
  };
  await tx
    .insertInto("operations")
    .values({ object, ...values })
    .onConflict((conflict) => conflict.column("object").doUpdateSet(values))
    .execute();
}

type Attempt = Pick<Operation, "object" | "action" | "generation" | "attempts">;

/** The operation's row as long as no later intent and no later attempt have changed it. */
const isAttempt =
  ({ object, generation, action, attempts }: Attempt) =>
  (row: ExpressionBuilder<Tables, "operations">) =>
    row.and({ object, generation, action, attempts });

/**
 * Records what a later attempt at the operation is to know, in place of what it was recorded with. Only the latest attempt
 * at it can. Errors: Overtaken.
 */
export async function noteProgress(tx: Tx, operation: Attempt, params: Operation["params"]): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable("operations")
    .set({ params: JSON.stringify(params) })
    .where(isAttempt(operation))
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new Overtaken(operation);
}

/**
 * Settles the operation, in the transaction that records what came of it. Only the latest attempt at it can: an earlier
 * one whose lease ran out may still be at work. Errors: Overtaken; then nothing is to be recorded.
 */
export async function settleOperation(tx: Tx, operation: Attempt): Promise<void> {
  const { numDeletedRows } = await tx.deleteFrom("operations").where(isAttempt(operation)).executeTakeFirst();
  if (numDeletedRows === 0n) throw new Overtaken(operation);
}

/**
 * Gives the operation a higher generation, since its host has seen one already. Errors: Overtaken.
 */
export async function raiseOperation(tx: Tx, operation: Operation, generation: number): Promise<Operation> {
  const { numUpdatedRows } = await tx
    .updateTable("operations")
    .set({ generation })
    .where("object", "=", operation.object)
    .where("generation", "=", operation.generation)
    .where("attempts", "=", operation.attempts)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new Overtaken(operation);
  return { ...operation, generation };
}

/** Whether the attempt is the latest at what is wanted of its object now. */
export async function isLatest(
  tx: Tx,
  { object, generation, attempts }: Pick<Operation, "object" | "generation" | "attempts">,
): Promise<boolean> {
  const now = await operationOn(tx, object);
  return now?.generation === generation && now.attempts === attempts;
}

/** What is wanted of the object, null when nothing is. */
export async function operationOn(tx: Tx, object: string): Promise<Operation | null> {
  const row = await tx.selectFrom("operations").selectAll().where("object", "=", object).executeTakeFirst();
  return row === undefined ? null : operationFrom(row);
}

/**
 * Errors: InProgress while anything is wanted of the object.
 *
 * @param beside actions that do not count: whoever asks has rules of their own for them
 */
export async function ensureQuiet(tx: Tx, object: string, beside: readonly string[] = []): Promise<void> {
  const operation = await operationOn(tx, object);
  if (operation === null || beside.includes(operation.action)) return;
  throw new InProgress(operation);
}

const PARAMS = z.record(z.string(), z.unknown());

/** A row whose parameters are damaged is an operation without any: what it is about can still be found and ended. */
function paramsFrom(text: string): Operation["params"] {
  try {
    return PARAMS.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

/** The columns that are damaged. */
export const damagedOperationColumns = ({
  params,
}: Pick<Selectable<OperationsTable>, "params">): readonly string[] =>
  isColumnDamaged(PARAMS, params) ? ["params"] : [];

export function operationFrom(row: Selectable<OperationsTable>): Operation {
  return {
    object: row.object,
    noun: row.noun,
    host: row.host,
    action: row.action,
    params: paramsFrom(row.params),
    generation: row.generation,
    request: row.request,
    attempts: row.attempts,
    lastError: row.last_error,
    recordedMs: row.recorded_ms,
  };
}
