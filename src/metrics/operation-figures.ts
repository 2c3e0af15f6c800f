/** Operations that are not settled yet: how many, and since when the oldest of them is wanted. */
import type { Tx } from "../store/store.ts";

/** How many of them are looked at: what is beyond is not counted. More than come about on a machine that is well. */
const MOST_OPERATIONS = 10_000;

export const OPERATION_STATES = ["under_way", "waiting", "retried"] as const;

/** `waiting`: for its turn, as imagings do; `retried`: it failed, and is tried again. */
export type OperationState = (typeof OPERATION_STATES)[number];

export type OpenOperations = {
  readonly noun: string;
  /** Such as `start`, out of the table of operations. */
  readonly action: string;
  readonly state: OperationState;
  readonly count: number;
  /** Since when the oldest is wanted, milliseconds since the epoch. */
  readonly sinceMs: number;
};

export async function openOperations(tx: Tx): Promise<readonly OpenOperations[]> {
  const rows = await tx
    .selectFrom((from) =>
      from
        .selectFrom("operations")
        .select((row) => [
          "noun",
          "action",
          "recorded_ms",
          row
            .case()
            .when("last_error", "is not", null)
            .then("retried" as const)
            .when("owner", "is", null)
            .then("waiting" as const)
            .else("under_way" as const)
            .end()
            .as("state"),
        ])
        .limit(MOST_OPERATIONS)
        .as("open"),
    )
    .select(({ fn }) => [
      "noun",
      "action",
      "state",
      fn.countAll().as("count"),
      fn.min("recorded_ms").as("since"),
    ])
    .groupBy(["noun", "action", "state"])
    .execute();
  return rows.map(({ noun, action, state, count, since }) => ({
    ...{ noun, action, state, count: Number(count), sinceMs: Number(since) },
  }));
}
